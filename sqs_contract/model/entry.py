"""A message in a queue, and what a receive hands out of it.

Owns what deliveries make of a message: its state, its receive count, when it
is available. Which transitions there are, the queues say.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple

from sqs_contract.model.message import Message


class State(enum.Enum):
    """Where a message stands. Waiting covers delayed, visible and in flight."""

    WAITING = "waiting"
    DELETED = "deleted"
    DEAD_LETTERED = "dead-lettered"
    EXPIRED = "expired"
    PURGED = "purged"
    MOVED = "moved"


class Entry:
    """A message in a queue, with what deliveries have made of it."""

    __slots__ = (
        "available_ms",
        "dead_letter_source",
        "deduplication_id",
        "expires_ms",
        "first_received_ms",
        "follower",
        "md5_of_attributes",
        "md5_of_body",
        "message",
        "receive_count",
        "received_ms",
        "sequence",
        "sequence_number",
        "state",
        "ticket",
    )

    def __init__(self, message: Message, sequence: int, available_ms: int, expires_ms: int) -> None:
        self.message = message
        self.sequence = sequence
        self.available_ms = available_ms
        self.expires_ms = expires_ms
        self.state = State.WAITING
        # Its place in line, or among the timers: any older one means nothing any more.
        self.ticket = -1
        self.receive_count = 0
        self.first_received_ms: int | None = None
        self.received_ms = 0
        self.dead_letter_source: str | None = None
        # A FIFO queue's alone (S9): what it deduplicates by, its number in line, and its line.
        self.deduplication_id: str | None = None
        self.sequence_number: str | None = None
        self.follower: Entry | None = None  # the next of its message group
        # Digests are computed once, when the message is first rendered.
        self.md5_of_body: str | None = None
        self.md5_of_attributes: str | None = None


class Received(NamedTuple):
    """One message as one receive returned it."""

    entry: Entry
    receipt_handle: str
    receive_count: int
    first_received_ms: int


@dataclass(slots=True)
class Receive:
    """What a receive attempt did: messages handed out, redriven and expired."""

    messages: list[Received] = field(default_factory=list)
    redriven: list[Message] = field(default_factory=list)
    expired: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counts:
    """ApproximateNumberOfMessages and its two companions, exact here (S34)."""

    visible: int
    not_visible: int
    delayed: int


def counts_of(entries: list[Entry], now_ms: int) -> Counts:
    """How many messages are visible, in flight and delayed.

    A message that waits behind one in flight counts as visible (S56); one whose
    retention is over counts no more (S32).
    """
    visible = not_visible = delayed = 0
    for entry in entries:
        if entry.expires_ms <= now_ms:
            continue
        if entry.available_ms <= now_ms:
            visible += 1
        elif entry.receive_count:
            not_visible += 1
        else:
            delayed += 1
    return Counts(visible, not_visible, delayed)
