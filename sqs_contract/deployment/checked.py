"""A deployment from JSON data that anybody may have written: each part is checked for its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqs_contract.deployment.settings import Deployment
from sqs_contract.fields import field

_FIELDS: Final[Mapping[str, type]] = {
    "region": str,
    "account": str,
    "assumptions": dict,
    "queue.QueueName": str,
    "queue.maxReceiveCount": int,
    "queue.FifoQueue": bool,
    "queue.ContentBasedDeduplication": bool,
    "queue.DeduplicationScope": str,
    "queue.FifoThroughputLimit": str,
    "mapping.BatchSize": int,
    "mapping.ReportBatchItemFailures": bool,
    "mapping.Filters": list,
    "mapping.MaximumConcurrency": int,
    "function.FunctionName": str,
    "function.MemorySize": int,
    "function.Runtime": str,
    "function.ReservedConcurrentExecutions": int,
    "function.Environment": dict,
}
"""Beside the times, which may have fractions and are checked as AWS's limits are."""


def deployment_from_json(data: dict[str, Any]) -> Deployment:
    """A deployment; its numbers are checked against AWS's limits where it is made.

    Raises:
        UsageError: a part is of another kind than it must be, or AWS would refuse it.
    """
    for name, kind in _FIELDS.items():
        part, _, field_name = name.rpartition(".")
        field(field(data, part, dict, {}) if part else data, field_name, kind)
    environment = data.get("function", {}).get("Environment") or {}
    for name in environment:
        field(environment, name, str, "")
    return Deployment.from_json(data)
