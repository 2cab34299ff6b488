"""A message as its producer sent it, and the attributes it carries.

Owns nothing that changes on delivery: receive counts and receipt handles
belong to the queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

DEFAULT_SENDER_ID: Final = "AIDAIENQZJOLO23YVJ4VO"
"""The unique id of an IAM user (S15)."""

NO_ATTRIBUTES: Final[Mapping[str, MessageAttribute]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAttribute:
    """One user attribute: a data type (`String`, `Number`, `Binary`, or one of
    these with a custom suffix) and the value of that type (S4, S29)."""

    data_type: str
    string_value: str | None = None
    binary_value: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A sent message.

    Attributes:
        message_id: lower-case UUID text, the same for every delivery (S13).
        body: the exact text that was sent (S17).
        sent_ms: epoch milliseconds at which SQS accepted it.
        sender_id: who sent it (S15).
        delay_ms: delay of this message; `None` means the queue's own (S31).
        trace_header: the `AWSTraceHeader` system attribute, if any (S11).
        group_id: `MessageGroupId`; on a standard queue only where the
            producer set it (S10).
        deduplication_id: `MessageDeduplicationId` as the producer gave it; FIFO
            queues only (S9).
    """

    message_id: str
    body: str
    sent_ms: int
    attributes: Mapping[str, MessageAttribute] = field(default_factory=lambda: NO_ATTRIBUTES)
    sender_id: str = DEFAULT_SENDER_ID
    delay_ms: int | None = None
    trace_header: str | None = None
    group_id: str | None = None
    deduplication_id: str | None = None
