"""Whether a message as an endpoint hands it out is the one AWS would hand out.

Told from what the model knows of it. Whether a handler could feel a difference decides
what it means: one it could not is only remarked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.digests import md5_of_attributes, md5_of_body
from sqs_contract.model.entry import Entry
from sqs_contract.model.receiving import attribute_value

_ATTRIBUTE_KEYS: Final = ("DataType", "StringValue", "BinaryValue")


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different, in words; `felt`, where a handler could feel it."""

    what: str
    felt: bool = True


def differences_of(
    raw: Mapping[str, Any], entry: Entry, receive_count: int, deduplication_id: str | None
) -> Iterator[Difference]:
    """How a message of a ReceiveMessage answer differs from what AWS would answer.

    Args:
        raw: as boto3 returned it.
        entry: the message in the model.
        receive_count: what its ApproximateReceiveCount is to be (S8).
        deduplication_id: what it was sent with.
    """
    yield from _content(raw, entry)
    yield from _system(raw.get("Attributes") or {}, entry, receive_count, deduplication_id)


def _content(raw: Mapping[str, Any], entry: Entry) -> Iterator[Difference]:
    """The body and the producer's attributes."""
    message = entry.message
    if raw.get("Body") != message.body:
        yield Difference("with another body than was sent (S17)")
    elif raw.get("MD5OfBody") not in (None, md5_of_body(message.body)):
        yield Difference("gives another MD5 of a body than AWS (S18)", felt=False)
    sent = {name: attribute_value(value) for name, value in message.attributes.items()}
    got = {
        name: {key: part for key, part in value.items() if key in _ATTRIBUTE_KEYS}
        for name, value in (raw.get("MessageAttributes") or {}).items()
    }
    if got != sent:
        yield Difference("with other message attributes than were sent (S4)")
    elif sent and raw.get("MD5OfMessageAttributes") != md5_of_attributes(message.attributes):
        yield Difference("gives another MD5 of message attributes than AWS (S20)", felt=False)


def _system(
    system: Mapping[str, Any], entry: Entry, receive_count: int, deduplication_id: str | None
) -> Iterator[Difference]:
    """What the queue says of the message."""
    count = system.get("ApproximateReceiveCount")
    if count != str(receive_count):
        yield Difference(f"with receive count {count}, where AWS says {receive_count} (S57)")
    if system.get("MessageGroupId") != entry.message.group_id:
        yield Difference("with another message group than it was sent with (S10)")
    if entry.sequence_number is not None:
        if system.get("MessageDeduplicationId") != deduplication_id:
            yield Difference("with another deduplication id than it was sent with (S9)")
        if not str(system.get("SequenceNumber", "")).isdecimal():
            yield Difference("gives no sequence number (S9)", felt=False)
    for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp", "SenderId"):
        if name not in system:
            yield Difference(f"gives no {name} (S8)", felt=False)
