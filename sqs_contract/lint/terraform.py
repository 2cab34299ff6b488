"""CloudFormation's names of the settings that fixes touch, by the names Terraform has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ATTRIBUTES: Final[Mapping[str, str]] = {
    "VisibilityTimeout": "visibility_timeout_seconds",
    "MessageRetentionPeriod": "message_retention_seconds",
    "DelaySeconds": "delay_seconds",
    "RedrivePolicy": "redrive_policy",
    "FifoQueue": "fifo_queue",
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "maximum_batching_window_in_seconds",
    "FunctionResponseTypes": "function_response_types",
    "ScalingConfig": "scaling_config",
    "FilterCriteria": "filter_criteria",
    "DestinationConfig": "destination_config",
    "Timeout": "timeout",
    "ReservedConcurrentExecutions": "reserved_concurrent_executions",
}
_KINDS: Final[Mapping[str, str]] = {"AWS::SQS::Queue": "aws_sqs_queue"}


def attribute(name: str) -> str:
    """Terraform's name of a property."""
    return _ATTRIBUTES[name]


def kind_of(type_: str) -> str:
    """Terraform's name of a type."""
    return _KINDS[type_]
