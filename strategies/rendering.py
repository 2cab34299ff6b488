"""One record from its plan: which features it has, and who it says it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.event import render_record
from sqs_contract.model.limits import MESSAGE_MAX_BYTES, SECOND_MS
from sqs_contract.model.message import (
    DEFAULT_SENDER_ID,
    NO_ATTRIBUTES,
    Message,
    MessageAttribute,
)
from sqs_contract.model.queue import Entry, Received, receipt_handle
from sqs_contract.plan import Plan
from sqs_contract.strategies.attributes import expand_attributes
from sqs_contract.strategies.bodies import expand_body

RECORD_BYTES: Final = 13
"""Length of a record's plan."""

WINDOW_MS: Final = SECOND_MS
"""A batching window, however long (S3)."""

_SENT_MS: Final = 1_767_603_600_000
"""2026-01-05 09:00 UTC."""
_STEP_MS: Final = 257

_SENDERS: Final = (
    DEFAULT_SENDER_ID,
    "AROAIOSFODNN7EXAMPLE1:orders-producer",
    "AIDAIT2UOQQY3AUEKVGXU",
    "AROAIOSFODNN7EXAMPLE2:S3-PROD-END",
)
"""A user, a Lambda function's role, SNS, S3 (S15). S3 sends no message attributes."""
_S3: Final = 3

_REDELIVERED: Final = 208
"""Of 256: features from here on mean a message that was received before."""
_DIRECT, _WAITED, _TRACED, _GROUPED, _DESCRIBED = 3, 4, 5, 6, 7
"""What is special about a message, of eight; nothing about the others. `_DIRECT`: it was
sent to the dead-letter queue itself."""

_ATTRIBUTES_MAX: Final = 3
_GROUPS: Final = 5
_ROOT: Final = "Root=1-695b7d90-5759e988bd862e3fe1be46a9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The queue that records come from, and the one its messages were moved from, if any."""

    arn: str
    region: str
    dead_letter_source: str | None = None


def expand_record(
    data: bytes, place: int, body: str | None, source: Source, window_ms: int
) -> dict[str, Any]:
    """The record a plan stands for, at a place in its event; the body too, if it is `None`."""
    plan = Plan(data)
    features, age = plan.byte(), plan.byte()
    sender, special = features % 4, features // 4 % 8
    count = 2 + plan.below(5) if features >= _REDELIVERED else 1
    waited_ms = plan.byte() * _STEP_MS if special == _WAITED else 0
    # What the body takes from the plan varies, so it comes last.
    text = expand_body(plan) if body is None else body
    # Another plan, place or body is another message.
    identity = hashlib.md5(
        b"%d %b%b" % (place, data, text.encode()), usedforsecurity=False
    ).hexdigest()
    message = Message(
        message_id=_message_id(identity),
        body=text,
        sent_ms=_SENT_MS + age * _STEP_MS,
        attributes=(
            _attributes(data, text) if special == _DESCRIBED and sender != _S3 else NO_ATTRIBUTES
        ),
        sender_id=_SENDERS[sender],
        trace_header=_trace(identity) if special == _TRACED else None,
        group_id=f"tenant-{1 + age % _GROUPS}" if special == _GROUPED else None,
    )
    entry = Entry(message, place, 0, 0)
    if special != _DIRECT:
        entry.dead_letter_source = source.dead_letter_source
    handle = receipt_handle(int(identity[:8], 16) << 16 | place, count)
    received = Received(entry, handle, count, message.sent_ms + waited_ms)
    return render_record(received, source.arn, source.region, window_ms)


def _attributes(data: bytes, body: str) -> dict[str, MessageAttribute]:
    """Attributes read from the back of a plan, so that the body keeps its bytes; none
    where the body leaves them no room (S24)."""
    attributes = expand_attributes(data[::-1], 1, _ATTRIBUTES_MAX)
    size = len(body.encode())
    for name, attribute in attributes.items():
        value = attribute.binary_value or (attribute.string_value or "").encode()
        size += len(name.encode()) + len(attribute.data_type.encode()) + len(value)
    return attributes if size <= MESSAGE_MAX_BYTES else {}


def _message_id(identity: str) -> str:
    # Version 4, variant 1, as SQS makes them.
    return f"{identity[:8]}-{identity[8:12]}-4{identity[13:16]}-a{identity[17:20]}-{identity[20:]}"


def _trace(identity: str) -> str:
    return f"{_ROOT};Parent={identity[:16]};Sampled=0;Lineage=1:037bed70:0"
