"""One record from its plan: which features it has, and who it says it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.arns import queue_arn
from sqs_contract.model.digests import md5_of_attributes, md5_of_body
from sqs_contract.model.event import assemble_record, render_attributes
from sqs_contract.model.limits import MESSAGE_MAX_BYTES, SECOND_MS
from sqs_contract.model.message import DEFAULT_SENDER_ID, MessageAttribute
from sqs_contract.model.receipt_handles import handle_stem
from sqs_contract.plan import Plan
from sqs_contract.strategies.arguments import (
    check_max_receive_count,
    check_place,
    check_queue,
    check_source,
)
from sqs_contract.strategies.attributes import expand_attributes
from sqs_contract.strategies.bodies import expand_body
from sqs_contract.strategies.sent import S3_SENDER, SNS_SENDER, Sent, attributes_bytes

_BODY_AT: Final = 4
RECORD_BYTES: Final = 16
"""Length of a record's plan: four bytes for its features, and the body's plan. Attributes are
read from its back."""
_SIMPLEST: Final = bytes(_BODY_AT)

WINDOW_MS: Final = SECOND_MS
"""A batching window, however long (S3)."""

_SENT_MS: Final = 1_767_603_600_000
"""2026-01-05 09:00 UTC."""
_STEP_MS: Final = 257

_PRODUCER: Final = "AROAIOSFODNN7EXAMPLE1:orders-producer"
_ROOT_USER: Final = ""
"""Stands for the account itself: its 12 digits."""
_SENDERS: Final = (
    DEFAULT_SENDER_ID, _PRODUCER, SNS_SENDER, S3_SENDER,
    _ROOT_USER, "AROAIOSFODNN7EXAMPLE3:ann@example.com", SNS_SENDER, S3_SENDER,
)  # fmt: skip
"""A user, a Lambda function's role, SNS, S3; the account's root user, a person's role (S15)."""
_RARER_SENDER: Final = 192
"""Of 256: ages from here on mean the second half of the senders."""

REDELIVERED_MAX: Final = 5
"""Receive counts of redeliveries: 2 to 6, where the queue allows it."""
_REDELIVERED: Final = 208
"""Of 256: features from here on mean a message that was received before."""
_DIRECT, _WAITED, _TRACED, _GROUPED, _DESCRIBED = 3, 4, 5, 6, 7
"""What is special about a message, of eight; nothing about the others. `_DIRECT`: it was
sent to the dead-letter queue itself."""

_ATTRIBUTES_MAX: Final = 3
_GROUPS: Final = 5
_ROOT: Final = "Root=1-695b7d90-5759e988bd862e3fe1be46a9"
_LINEAGES: Final = (";Lineage=1:037bed70:0", ";Lineage=fafde5d7:0", "")
"""Of messages sent inside a Lambda function, today and before; and of others (S11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The queue that records come from, and the one its messages were moved from, if any.

    `redelivered` is how many receive counts from 2 on there are; 0 where each message is
    received once.
    """

    arn: str
    region: str
    account: str
    dead_letter_arn: str | None = None
    redelivered: int = REDELIVERED_MAX


def source_of(
    queue_name: str,
    region: str,
    account: str,
    dead_letter_source: str | None = None,
    max_receive_count: int | None = None,
    *,
    fifo: bool = False,
) -> Source:
    """The queue of that name, and the one its messages were moved from: in the same region
    and account (S61). No message is received more than `max_receive_count` times (S57).

    Raises:
        InvalidArgument: an argument is not what it should be, or the queue is not of this kind.
    """
    check_queue("queue_name", queue_name, fifo=fifo)
    check_place(region, account)
    check_source(dead_letter_source, queue_name, fifo=fifo)
    check_max_receive_count(max_receive_count)
    moved_from = dead_letter_source and queue_arn(dead_letter_source, region, account)
    return Source(
        arn=queue_arn(queue_name, region, account),
        region=region,
        account=account,
        dead_letter_arn=moved_from,
        redelivered=min(REDELIVERED_MAX, (max_receive_count or REDELIVERED_MAX + 1) - 1),
    )


def expand_record(
    data: bytes, place: int, content: str | Sent | None, source: Source, window_ms: int
) -> dict[str, Any]:
    """The record a plan stands for, at a place in its event; the body too, if it is `None`."""
    features, age, again, wait = data[:_BODY_AT] or _SIMPLEST
    special = features >> 2 & 7
    again_max = source.redelivered
    count = 2 + again % again_max if features >= _REDELIVERED and again_max else 1
    waited_ms = wait * _STEP_MS if special == _WAITED else 0
    sender = _SENDERS[features & 3 | (4 if age >= _RARER_SENDER else 0)] or source.account
    described: dict[str, MessageAttribute] = {}
    if content is None:
        content = expand_body(Plan(data[_BODY_AT:]))
    if isinstance(content, str):
        body = content
        if special == _DESCRIBED and sender is not S3_SENDER:  # S145: S3 sends a body alone
            described = _attributes(data, body)
    else:
        body, described, sender = content.body, dict(content.attributes), content.sender_id
    # Another plan, place or body is another message.
    digits = _md5(b"%d %b%b" % (place, data, body.encode()), usedforsecurity=False).hexdigest()
    sent_ms = _SENT_MS + age * _STEP_MS
    attributes = {
        "ApproximateReceiveCount": str(count),
        "SentTimestamp": str(sent_ms),
        "SenderId": sender,
        "ApproximateFirstReceiveTimestamp": str(sent_ms + waited_ms),
    }
    if special == _TRACED:
        attributes["AWSTraceHeader"] = (
            f"{_ROOT};Parent={digits[:16]};Sampled={age & 1}{_LINEAGES[age % 3]}"
        )
    elif special == _GROUPED:
        attributes["MessageGroupId"] = f"tenant-{1 + age % _GROUPS}"
    if source.dead_letter_arn is not None and special != _DIRECT:
        # S59: the count goes on from the queue it was moved from, where it was received.
        attributes["ApproximateReceiveCount"] = str(count + 1)
        attributes["DeadLetterQueueSourceArn"] = source.dead_letter_arn
    return assemble_record(
        # Version 4, variant 1, as SQS makes them.
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}",
        f"{_STEM}{digits[:8].upper()}{place & 0xFFFF:04X}{count:08X}",
        body,
        attributes,
        render_attributes(described, nulls=window_ms > 0) if described else {},
        md5_of_body(body),
        md5_of_attributes(described) if described else None,
        source.arn,
        source.region,
        window_ms > 0,
    )


_md5: Final = hashlib.md5
_STEM: Final = handle_stem("orders", 0)


def _attributes(data: bytes, body: str) -> dict[str, MessageAttribute]:
    """Attributes read from the back of a plan, so that the body keeps its bytes; none
    where the body leaves them no room (S24)."""
    attributes = expand_attributes(data[::-1], 1, _ATTRIBUTES_MAX)
    size = len(body.encode()) + attributes_bytes(attributes)
    return attributes if size <= MESSAGE_MAX_BYTES else {}
