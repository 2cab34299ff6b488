"""The attributes of a queue as SQS spells them, read into settings and rendered again.

All values are strings (S34, S37). Attributes that change nothing here, such as
those of encryption and policy, are kept as they are given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from sqs_contract.model import sqs_errors as errors
from sqs_contract.model.limits import (
    DELAY_MAX_S,
    MAX_RECEIVE_COUNT_MAX,
    MESSAGE_MAX_BYTES,
    MESSAGE_MIN_BYTES,
    RECEIVE_WAIT_MAX_S,
    RETENTION_MAX_S,
    RETENTION_MIN_S,
    SECOND_MS,
    VISIBILITY_TIMEOUT_MAX_S,
)
from sqs_contract.model.settings import DeduplicationScope, FifoThroughputLimit, QueueSettings
from sqs_contract.model.sqs_errors import Refused

_Choice = TypeVar("_Choice", DeduplicationScope, FifoThroughputLimit)

FIFO_SUFFIX: Final = ".fifo"

NUMBERS: Final[Mapping[str, tuple[str, int, int, int]]] = {
    # attribute: field, unit in the field's, lowest, highest
    "VisibilityTimeout": ("visibility_timeout_ms", SECOND_MS, 0, VISIBILITY_TIMEOUT_MAX_S),
    "MessageRetentionPeriod": ("retention_ms", SECOND_MS, RETENTION_MIN_S, RETENTION_MAX_S),
    "DelaySeconds": ("delay_ms", SECOND_MS, 0, DELAY_MAX_S),
    "ReceiveMessageWaitTimeSeconds": ("receive_wait_ms", SECOND_MS, 0, RECEIVE_WAIT_MAX_S),
    "MaximumMessageSize": ("max_message_bytes", 1, MESSAGE_MIN_BYTES, MESSAGE_MAX_BYTES),
}
_FIFO_ONLY: Final = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
KEPT: Final = (
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
)
"""Attributes with no effect on what is modelled."""

KNOWN: Final = frozenset({*NUMBERS, *_FIFO_ONLY, *KEPT, "FifoQueue", "RedrivePolicy"})


@dataclass(frozen=True, slots=True)
class RedrivePolicy:
    """To which queue messages go, and after how many receives (S57)."""

    dead_letter_target_arn: str
    max_receive_count: int


def read_settings(
    attributes: Mapping[str, str], settings: QueueSettings
) -> tuple[QueueSettings, RedrivePolicy | None]:
    """Settings changed by attributes, and the redrive policy if one is given.

    Raises:
        Refused: an attribute there is none of, or a value AWS does not take.
    """
    for name in attributes:
        if name not in KNOWN or (name in _FIFO_ONLY and not settings.fifo):
            raise Refused(errors.unknown_queue_attribute(name))
    changes: dict[str, Any] = {
        field: _number(name, attributes[name], low, high) * unit
        for name, (field, unit, low, high) in NUMBERS.items()
        if name in attributes
    }
    if "ContentBasedDeduplication" in attributes:
        changes["content_based_deduplication"] = truth("ContentBasedDeduplication", attributes)
    if "DeduplicationScope" in attributes:
        changes["deduplication_scope"] = _choice(
            "DeduplicationScope", attributes["DeduplicationScope"], DeduplicationScope
        )
    if "FifoThroughputLimit" in attributes:
        changes["throughput_limit"] = _choice(
            "FifoThroughputLimit", attributes["FifoThroughputLimit"], FifoThroughputLimit
        )
    changed = replace(settings, **changes)
    if (
        changed.throughput_limit is FifoThroughputLimit.PER_MESSAGE_GROUP_ID
        and not changed.high_throughput
    ):
        raise Refused(errors.bad_queue_attribute("FifoThroughputLimit"))  # S54
    policy = attributes.get("RedrivePolicy")
    return changed, _redrive_policy(policy) if policy else None


def render_settings(settings: QueueSettings, policy: RedrivePolicy | None) -> dict[str, str]:
    """The attributes GetQueueAttributes answers with, as far as settings say them."""
    rendered = {
        name: str(getattr(settings, field) // unit) for name, (field, unit, _, _) in NUMBERS.items()
    }
    if settings.fifo:
        rendered["FifoQueue"] = "true"
        rendered["ContentBasedDeduplication"] = str(settings.content_based_deduplication).lower()
        rendered["DeduplicationScope"] = settings.deduplication_scope.value
        rendered["FifoThroughputLimit"] = settings.throughput_limit.value
    if policy is not None:
        rendered["RedrivePolicy"] = json.dumps(
            {
                "deadLetterTargetArn": policy.dead_letter_target_arn,
                "maxReceiveCount": policy.max_receive_count,
            }
        )
    return rendered


def truth(name: str, attributes: Mapping[str, str]) -> bool:
    """A boolean attribute; `false` where it is not given."""
    value = attributes.get(name, "false")
    if value not in {"true", "false"}:
        raise Refused(errors.bad_queue_attribute(name))
    return value == "true"


def _number(name: str, text: str, low: int, high: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise Refused(errors.bad_queue_attribute(name)) from None
    if not low <= number <= high:
        raise Refused(errors.bad_queue_attribute(name))
    return number


def _choice(name: str, text: str, choices: type[_Choice]) -> _Choice:
    try:
        return choices(text)
    except ValueError:
        raise Refused(errors.bad_queue_attribute(name)) from None


def _redrive_policy(text: str) -> RedrivePolicy:
    try:
        policy = json.loads(text)
        target = policy["deadLetterTargetArn"]
        count = int(policy["maxReceiveCount"])
    except (ValueError, TypeError, KeyError):
        raise Refused(errors.bad_queue_attribute("RedrivePolicy")) from None
    if not isinstance(target, str) or not 1 <= count <= MAX_RECEIVE_COUNT_MAX:  # S63
        raise Refused(errors.bad_queue_attribute("RedrivePolicy"))
    return RedrivePolicy(target, count)
