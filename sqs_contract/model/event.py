"""The event a function receives: one record per message, as Lambda renders it (S1-S22)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions, Nulls
from sqs_contract.model.digests import md5_of_attributes, md5_of_body
from sqs_contract.model.entry import Received
from sqs_contract.model.message import MessageAttribute


def render_event(
    received: Sequence[Received],
    *,
    queue_arn: str,
    region: str,
    window_ms: int = 0,
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
) -> dict[str, Any]:
    """The event for one invocation: a non-empty `Records` list and no other key (S1)."""
    nulls = says_null(window_ms, assumptions)
    return {"Records": [render_record(item, queue_arn, region, nulls) for item in received]}


def says_null(window_ms: int, assumptions: Assumptions = DEFAULT_ASSUMPTIONS) -> bool:
    """Whether records of a mapping say null for what they could leave out (S3, N4)."""
    if assumptions is DEFAULT_ASSUMPTIONS or assumptions.nulls is Nulls.WITH_WINDOW:
        return window_ms > 0  # the first comparison is the quicker, and mostly true
    return assumptions.nulls is Nulls.ALWAYS


def render_record(
    received: Received,
    queue_arn: str,
    region: str,
    nulls: bool = False,  # noqa: FBT001, FBT002  called for every record: names cost time
) -> dict[str, Any]:
    """One record: the same keys for each (S2), every value of `attributes` a string (S8).

    A redelivery differs in receipt handle and receive count alone (S22). Without
    message attributes, `md5OfMessageAttributes` is absent, or null (S3) where `nulls`
    says so.
    """
    entry = received.entry
    message = entry.message
    if entry.md5_of_body is None:
        entry.md5_of_body = md5_of_body(message.body)
        entry.md5_of_attributes = md5_of_attributes(message.attributes)
    attributes = {
        "ApproximateReceiveCount": str(received.receive_count),
        "SentTimestamp": str(message.sent_ms),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(received.first_received_ms),
    }
    if message.trace_header is not None:
        attributes["AWSTraceHeader"] = message.trace_header  # S11
    if message.group_id is not None:
        attributes["MessageGroupId"] = message.group_id  # S10
    if entry.sequence_number is not None and entry.deduplication_id is not None:
        attributes["SequenceNumber"] = entry.sequence_number  # S9: FIFO queues, always
        attributes["MessageDeduplicationId"] = entry.deduplication_id
    if entry.dead_letter_source is not None:
        # S12: same account and region as the dead-letter queue (S61).
        here = queue_arn.rpartition(":")[0]
        attributes["DeadLetterQueueSourceArn"] = f"{here}:{entry.dead_letter_source}"
    return assemble_record(
        message.message_id, received.receipt_handle, message.body, attributes,
        render_attributes(message.attributes, nulls=nulls) if message.attributes else {},
        entry.md5_of_body, entry.md5_of_attributes, queue_arn, region, nulls,
    )  # fmt: skip


def assemble_record(
    message_id: str,
    receipt_handle: str,
    body: str,
    attributes: dict[str, str],
    message_attributes: dict[str, dict[str, Any]],
    md5_of_body: str,
    md5_of_attributes: str | None,
    queue_arn: str,
    region: str,
    nulls: bool,  # noqa: FBT001  called for every record: names cost time
) -> dict[str, Any]:
    """A record of its parts, which become parts of it (S2).

    Without message attributes, `md5OfMessageAttributes` is absent, or null where
    absent values are null (S3).
    """
    record: dict[str, Any] = {
        "messageId": message_id,
        "receiptHandle": receipt_handle,
        "body": body,
        "attributes": attributes,
        "messageAttributes": message_attributes,
        "md5OfBody": md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if md5_of_attributes is not None:
        record["md5OfMessageAttributes"] = md5_of_attributes
    elif nulls:
        record["md5OfMessageAttributes"] = None
    return record


def render_attributes(
    attributes: Mapping[str, MessageAttribute], *, nulls: bool
) -> dict[str, dict[str, Any]]:
    """The `messageAttributes` of a record (S4); the value that is not there may be null (S5)."""
    rendered: dict[str, dict[str, Any]] = {}
    for name, attribute in attributes.items():
        value: dict[str, Any] = {}
        if attribute.binary_value is not None:
            value["binaryValue"] = base64.b64encode(attribute.binary_value).decode()  # S7
            if nulls:
                value["stringValue"] = None  # S5
        else:
            value["stringValue"] = attribute.string_value
            if nulls:
                value["binaryValue"] = None  # S5
        value["stringListValues"] = []  # S4: reserved, always there, always empty
        value["binaryListValues"] = []
        value["dataType"] = attribute.data_type
        rendered[name] = value
    return rendered
