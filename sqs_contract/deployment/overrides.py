"""Settings given one by one, over those of a template or AWS's defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqs_contract.deployment.settings import Deployment
from sqs_contract.errors import UsageError

_PLACES: Mapping[str, tuple[str, str]] = {
    "visibility_timeout": ("queue", "VisibilityTimeout"),
    "retention": ("queue", "MessageRetentionPeriod"),
    "delay": ("queue", "DelaySeconds"),
    "max_receive_count": ("queue", "maxReceiveCount"),
    "batch_size": ("mapping", "BatchSize"),
    "batch_window": ("mapping", "MaximumBatchingWindowInSeconds"),
    "fifo": ("queue", "FifoQueue"),
    "filters": ("mapping", "Filters"),
    "maximum_concurrency": ("mapping", "MaximumConcurrency"),
    "report_batch_item_failures": ("mapping", "ReportBatchItemFailures"),
    "function_timeout": ("function", "Timeout"),
    "memory_size": ("function", "MemorySize"),
}


def override(
    base: Deployment,
    *,
    environment: Mapping[str, str],
    assumptions: Mapping[str, str],
    **given: Any,
) -> Deployment:
    """The deployment with every setting that is not `None` in the place of its own.

    Raises:
        UsageError: AWS would not accept the result.
    """
    data = base.to_json()
    for name, value in given.items():
        if value is not None:
            part, key = _PLACES[name]
            data[part][key] = value
    data["function"]["Environment"].update(environment)
    data["assumptions"] = {**data.get("assumptions", {}), **assumptions}
    return Deployment.from_json(data)


def parse_environment(items: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` pairs of `--env`.

    Raises:
        UsageError: one is not of that form.
    """
    return parse_pairs("--env", items)


def parse_pairs(flag: str, items: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` pairs of a flag. A name may itself hold none of `=`.

    Raises:
        UsageError: one is not of that form.
    """
    pairs: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise UsageError(f"{flag} must be given as NAME=VALUE, not {item!r}")
        pairs[name] = value
    return pairs
