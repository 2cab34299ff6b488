"""The limits AWS sets, each once, with its unit and where it comes from."""

from __future__ import annotations

from typing import Final

SECOND_MS: Final = 1_000

VISIBILITY_TIMEOUT_DEFAULT_S: Final = 30
"""Seconds a received message stays invisible unless the queue says otherwise (S37)."""

VISIBILITY_TIMEOUT_MAX_S: Final = 43_200
"""Twelve hours (S37)."""

RETENTION_DEFAULT_S: Final = 345_600
"""Four days (S32)."""

RETENTION_MIN_S: Final = 60
RETENTION_MAX_S: Final = 1_209_600
"""One minute to fourteen days (S32)."""

DELAY_MAX_S: Final = 900
"""Fifteen minutes (S31)."""

MAX_RECEIVE_COUNT_MAX: Final = 1_000
"""Upper end of a redrive policy's maxReceiveCount (S63)."""

RECEIVE_MAX_MESSAGES: Final = 10
"""Most messages one ReceiveMessage call returns (S36)."""

BATCH_SIZE_DEFAULT: Final = 10
BATCH_SIZE_MAX: Final = 10_000
BATCH_SIZE_MAX_WITHOUT_WINDOW: Final = 10
"""Batch size of an event source mapping; above 10 it needs a window (S67, S68)."""

BATCH_WINDOW_MAX_S: Final = 300
"""MaximumBatchingWindowInSeconds (S68)."""

PAYLOAD_MAX_BYTES: Final = 6_291_556
"""6 MiB + 100: Lambda's hard figure for a synchronous request or response (S69, S115)."""

FUNCTION_TIMEOUT_DEFAULT_S: Final = 3
FUNCTION_TIMEOUT_MAX_S: Final = 900
"""Timeout of a function (S116)."""

FUNCTION_MEMORY_DEFAULT_MB: Final = 128
FUNCTION_MEMORY_MIN_MB: Final = 128
FUNCTION_MEMORY_MAX_MB: Final = 10_240

MESSAGE_MAX_BYTES: Final = 1_048_576
"""1 MiB since 2025-08-04: body plus message attributes (S23, S24)."""

MESSAGE_ATTRIBUTES_MAX: Final = 10
"""Most user attributes a message carries (S29)."""

MESSAGE_MIN_BYTES: Final = 1_024
"""Lower end of MaximumMessageSize (S23)."""

BATCH_REQUEST_MAX_BYTES: Final = 1_048_576
"""Sum of all entries of one SendMessageBatch (S25)."""

BATCH_REQUEST_MAX_ENTRIES: Final = 10
BATCH_ENTRY_ID_MAX: Final = 80
"""Entries of a batch call, and characters of an entry's id (S25)."""

ATTRIBUTE_NAME_MAX: Final = 256
ATTRIBUTE_TYPE_MAX: Final = 256
"""Characters of a user attribute's name and data type (S29)."""

NUMBER_PRECISION_MAX: Final = 38
NUMBER_MIN_EXPONENT: Final = 128
NUMBER_MAX_EXPONENT: Final = 126
"""Digits of a Number attribute; its value lies within -10^128 and 10^126 (S30)."""

GROUP_ID_MAX: Final = 128
"""Characters of MessageGroupId, MessageDeduplicationId and ReceiveRequestAttemptId (S33, S55)."""

RECEIVE_WAIT_MAX_S: Final = 20
"""Longest long poll (S36)."""

IN_FLIGHT_MAX: Final = 120_000
"""Messages in flight, standard and FIFO (S43)."""

DEDUPLICATION_INTERVAL_S: Final = 300
"""Five minutes (S51)."""

RECEIVE_ATTEMPT_INTERVAL_S: Final = 300
"""For how long a ReceiveRequestAttemptId may be used again (S55)."""

PURGE_INTERVAL_S: Final = 60
"""One PurgeQueue in this time (S44)."""

ATTRIBUTE_PROPAGATION_S: Final = 60
"""Longest time until a changed queue attribute takes effect (S34)."""

MOVE_TASK_RATE_MAX: Final = 500
"""Messages a move task moves in a second (S64)."""
