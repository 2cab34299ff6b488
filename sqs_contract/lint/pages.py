"""AWS's pages the rules point at, each once."""

from __future__ import annotations

from typing import Final

_LAMBDA: Final = "https://docs.aws.amazon.com/lambda/latest/dg"
_SQS: Final = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide"

SOURCE: Final = f"{_LAMBDA}/with-sqs.html"
CONFIGURING: Final = f"{_LAMBDA}/services-sqs-configure.html"
SCALING: Final = f"{_LAMBDA}/services-sqs-scaling.html"
ERRORS: Final = f"{_LAMBDA}/services-sqs-errorhandling.html"
FILTERING: Final = f"{_LAMBDA}/with-sqs-filtering.html"
BATCHING: Final = f"{_LAMBDA}/invocation-eventsourcemapping.html"
DEAD_LETTERS: Final = f"{_SQS}/sqs-dead-letter-queues.html"
DEAD_LETTER_RETENTION: Final = f"{_SQS}/setting-up-dead-letter-queue-retention.html"
KEYS: Final = f"{_SQS}/sqs-key-management.html"
