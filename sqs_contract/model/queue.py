"""A standard queue: visibility, receive counts, redrive, retention, delay.

Theory of operation. A message is in one of these states, and the methods of
`StandardQueue` are the only transitions:

    send -> DELAYED -> VISIBLE -> receive -> IN_FLIGHT -> delete -> DELETED
                          ^                      |
                          +--- visibility ended --+
    a receive attempt beyond maxReceiveCount -> DEAD_LETTERED (S57, S58)
    retention over, in whatever state         -> EXPIRED (S32)

DELAYED, VISIBLE and IN_FLIGHT differ only in whether `available_ms` lies in
the future and whether the message was received. What is visible stands in a
line, in the order in which it became so. What is not waits for a timer: in a
second line where timers run out in the order they were set, as visibility
timeouts mostly do, else in a heap. Leaving any of them is lazy: an entry whose
message moved on is skipped when it comes up.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqs_contract.model.limits import (
    RECEIVE_MAX_MESSAGES,
    RETENTION_DEFAULT_S,
    SECOND_MS,
    VISIBILITY_TIMEOUT_DEFAULT_S,
)
from sqs_contract.model.message import Message

_HANDLE_PREFIX: Final = "AQEB"
_HANDLE_SEQUENCE_DIGITS: Final = 12
_HANDLE_RECEIVE_DIGITS: Final = 8


class State(enum.Enum):
    """Where a message stands. Waiting covers delayed, visible and in flight."""

    WAITING = "waiting"
    DELETED = "deleted"
    DEAD_LETTERED = "dead-lettered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """Settings of a queue, times in milliseconds.

    `max_receive_count` is `None` where the queue has no redrive policy.
    """

    name: str = "orders"
    visibility_timeout_ms: int = VISIBILITY_TIMEOUT_DEFAULT_S * SECOND_MS
    retention_ms: int = RETENTION_DEFAULT_S * SECOND_MS
    delay_ms: int = 0
    max_receive_count: int | None = None


_WAITING: Final = State.WAITING


class Entry:
    """A message in a queue, with what deliveries have made of it."""

    __slots__ = (
        "available_ms",
        "dead_letter_source",
        "expires_ms",
        "first_received_ms",
        "md5_of_attributes",
        "md5_of_body",
        "message",
        "receive_count",
        "sequence",
        "state",
    )

    def __init__(self, message: Message, sequence: int, available_ms: int, expires_ms: int) -> None:
        self.message = message
        self.sequence = sequence
        self.available_ms = available_ms
        self.expires_ms = expires_ms
        self.state = State.WAITING
        self.receive_count = 0
        self.first_received_ms: int | None = None
        self.dead_letter_source: str | None = None
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


class StandardQueue:
    """A standard queue with an optional dead-letter queue.

    The queue hands messages out in the order in which they became available:
    one of the orders best effort allows (S42).
    """

    def __init__(
        self,
        settings: QueueSettings,
        *,
        dead_letter_queue: StandardQueue | None = None,
        salt: int = 0,
    ) -> None:
        assert (settings.max_receive_count is None) == (dead_letter_queue is None), (
            "a redrive policy needs a dead-letter queue, and the other way round"
        )
        self.settings = settings
        self.dead_letter_queue = dead_letter_queue
        self._line: deque[tuple[int, Entry]] = deque()
        self._in_flight: deque[tuple[int, int, Entry]] = deque()
        self._timers: list[tuple[int, int, Entry]] = []
        self._entries: dict[int, Entry] = {}
        self._next_sequence = 0
        self._next_ticket = 0
        self._handle_stem = _HANDLE_PREFIX + _handle_filler(settings.name, salt)
        self.sent_count = 0
        self.deleted_count = 0
        self.redriven_count = 0
        self.expired_count = 0

    def __len__(self) -> int:
        """Messages still in the queue: delayed, visible or in flight."""
        return len(self._entries)

    def send(self, message: Message) -> Entry:
        """Accept a message at `message.sent_ms`; it is delayed as it or the queue says (S31)."""
        delay_ms = self.settings.delay_ms if message.delay_ms is None else message.delay_ms
        return self._add(message, available_ms=message.sent_ms + delay_ms)

    def receive(
        self,
        now_ms: int,
        *,
        max_messages: int = RECEIVE_MAX_MESSAGES,
        visibility_ms: int | None = None,
    ) -> Receive:
        """Hand out up to `max_messages` visible messages; each becomes invisible (S36-S38).

        A message that has already been received maxReceiveCount times is moved
        to the dead-letter queue instead of being handed out (S57).
        """
        result = Receive()
        messages = result.messages
        limit = self.settings.max_receive_count
        if visibility_ms is None:
            visibility_ms = self.settings.visibility_timeout_ms
        self._let_in(now_ms)
        line = self._line
        while line and len(messages) < max_messages:
            since_ms, entry = line.popleft()
            if entry.state is not _WAITING or entry.available_ms != since_ms:
                continue  # deleted, or its visibility was changed since it got in line
            if entry.expires_ms <= now_ms:
                self._expire(entry)
                result.expired.append(entry.message)
            elif limit is not None and entry.receive_count >= limit:
                self._redrive(entry, now_ms)
                result.redriven.append(entry.message)
            else:
                messages.append(self._hand_out(entry, now_ms, visibility_ms))
        return result

    def delete(self, receipt_handle: str) -> bool:
        """Delete the message a handle was given out for.

        A standard queue accepts a handle whose visibility timeout has run out
        (S39), and deleting twice succeeds (S41). A handle of an earlier receive
        is answered with success but "might not" delete (S40); here it does not,
        the harder case for a consumer. Returns whether the message was deleted.
        """
        sequence, receive = self._parse_handle(receipt_handle)
        entry = self._entries.get(sequence)
        return entry is not None and self._delete(entry, receive)

    def delete_received(self, received: Received) -> bool:
        """Delete with the handle of a receive, as `delete` does."""
        return self._delete(received.entry, received.receive_count)

    def change_visibility(self, receipt_handle: str, visibility_ms: int, now_ms: int) -> bool:
        """Restart the visibility timeout from now (S37). False: no such message any more (S41)."""
        sequence, _ = self._parse_handle(receipt_handle)
        entry = self._entries.get(sequence)
        if entry is None:
            return False
        self._make_available(entry, now_ms + visibility_ms)
        return True

    def gave_out(self, receipt_handle: str) -> bool:
        """Whether a receipt handle looks like one of this queue's."""
        return receipt_handle.startswith(self._handle_stem)

    def duplicate(self, entry: Entry, now_ms: int) -> Entry:
        """Let a stray copy of a message surface, in flight or already deleted (S42).

        The copy goes on with the receive count of the message it is a copy of.
        Returns the entry under which the message is now in the queue.
        """
        if entry.state is State.WAITING:
            self._make_available(entry, now_ms)
            return entry
        copy = self._add(entry.message, available_ms=now_ms, sent=False)
        copy.receive_count = entry.receive_count
        copy.first_received_ms = entry.first_received_ms
        self.deleted_count -= 1
        return copy

    def receive_again(self, entry: Entry, now_ms: int) -> Received:
        """Hand out a message a second time while it is in flight (S42): a new
        handle, one receive more, the visibility timeout restarted."""
        return self._hand_out(entry, now_ms, self.settings.visibility_timeout_ms)

    def expire(self, now_ms: int) -> list[Message]:
        """Drop every message whose retention is over, in flight or not (S32)."""
        over = [entry for entry in self._entries.values() if entry.expires_ms <= now_ms]
        for entry in over:
            self._expire(entry)
        return [entry.message for entry in over]

    def next_available_ms(self) -> int | None:
        """When the next message becomes visible, or `None` if the queue is empty."""
        line = self._line
        while line:
            since_ms, entry = line[0]
            if entry.state is _WAITING and entry.available_ms == since_ms:
                return since_ms
            line.popleft()
        timer = self._next_timer()
        return None if timer is None else timer[0]

    def messages(self) -> list[Message]:
        """The messages still in the queue, in sending order."""
        return [entry.message for entry in self._entries.values()]

    def visible_count(self, now_ms: int) -> int:
        """How many messages a receive could return now."""
        return sum(entry.available_ms <= now_ms for entry in self._entries.values())

    def _add(self, message: Message, *, available_ms: int, sent: bool = True) -> Entry:
        entry = Entry(
            message,
            self._next_sequence,
            available_ms,
            message.sent_ms + self.settings.retention_ms,
        )
        self._next_sequence += 1
        self._entries[entry.sequence] = entry
        if available_ms <= message.sent_ms:
            self._let_in(available_ms)
            self._line.append((available_ms, entry))
        else:
            self._make_available(entry, available_ms)
        self.sent_count += sent
        return entry

    def _let_in(self, now_ms: int) -> None:
        """Put everything whose timer has run out in line."""
        while True:
            timer = self._next_timer()
            if timer is None or timer[0] > now_ms:
                return
            if self._in_flight and self._in_flight[0] is timer:
                self._in_flight.popleft()
            else:
                heapq.heappop(self._timers)
            self._line.append((timer[0], timer[2]))

    def _next_timer(self) -> tuple[int, int, Entry] | None:
        """The timer that runs out next; those that mean nothing any more are dropped."""
        in_flight, timers = self._in_flight, self._timers
        while in_flight:
            due_ms, _, entry = in_flight[0]
            if entry.state is _WAITING and entry.available_ms == due_ms:
                break
            in_flight.popleft()
        while timers:
            due_ms, _, entry = timers[0]
            if entry.state is _WAITING and entry.available_ms == due_ms:
                break
            heapq.heappop(timers)
        if in_flight and timers:
            return min(in_flight[0], timers[0])
        if in_flight:
            return in_flight[0]
        return timers[0] if timers else None

    def _make_available(self, entry: Entry, at_ms: int) -> None:
        entry.available_ms = at_ms
        timer = (at_ms, self._next_ticket, entry)
        self._next_ticket += 1
        in_flight = self._in_flight
        if not in_flight or at_ms >= in_flight[-1][0]:
            in_flight.append(timer)
        else:
            heapq.heappush(self._timers, timer)

    def _delete(self, entry: Entry, receive: int) -> bool:
        if entry.state is not _WAITING or entry.receive_count != receive:
            return False
        entry.state = State.DELETED
        del self._entries[entry.sequence]
        self.deleted_count += 1
        return True

    def _hand_out(self, entry: Entry, now_ms: int, visibility_ms: int) -> Received:
        count = entry.receive_count = entry.receive_count + 1
        first_ms = entry.first_received_ms
        if first_ms is None:
            first_ms = entry.first_received_ms = now_ms
        self._make_available(entry, now_ms + visibility_ms)
        # A new handle for every receive (S14), readable only by this queue.
        handle = f"{self._handle_stem}{entry.sequence:012X}{count:08X}"
        return Received(entry, handle, count, first_ms)

    def _redrive(self, entry: Entry, now_ms: int) -> None:
        assert self.dead_letter_queue is not None
        entry.state = State.DEAD_LETTERED
        del self._entries[entry.sequence]
        self.redriven_count += 1
        # Id, body, attributes and enqueue time stay, and the count goes on (S59, S60).
        moved = self.dead_letter_queue._add(entry.message, available_ms=now_ms)
        moved.receive_count = entry.receive_count
        moved.first_received_ms = entry.first_received_ms
        moved.dead_letter_source = self.settings.name

    def _expire(self, entry: Entry) -> None:
        entry.state = State.EXPIRED
        del self._entries[entry.sequence]
        self.expired_count += 1

    def _parse_handle(self, receipt_handle: str) -> tuple[int, int]:
        tail = receipt_handle[len(self._handle_stem) :]
        if not receipt_handle.startswith(self._handle_stem) or len(tail) != (
            _HANDLE_SEQUENCE_DIGITS + _HANDLE_RECEIVE_DIGITS
        ):
            raise ReceiptHandleIsInvalid(receipt_handle)
        try:
            return int(tail[:_HANDLE_SEQUENCE_DIGITS], 16), int(tail[_HANDLE_SEQUENCE_DIGITS:], 16)
        except ValueError:
            raise ReceiptHandleIsInvalid(receipt_handle) from None


class ReceiptHandleIsInvalid(ValueError):
    """The handle was not given out by this queue (S41)."""

    def __init__(self, receipt_handle: str) -> None:
        super().__init__(f"The input receipt handle {receipt_handle!r} is invalid.")


def receipt_handle(sequence: int, receive: int, *, name: str = "orders", salt: int = 0) -> str:
    """A receipt handle as a queue gives out, for records made without one (S14)."""
    return f"{_HANDLE_PREFIX}{_handle_filler(name, salt)}{sequence:012X}{receive:08X}"


@functools.lru_cache
def _handle_filler(name: str, salt: int) -> str:
    """Filler that gives a handle the length AWS's have, about 390 characters (S14)."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    digest = hashlib.shake_128(f"{name} {salt}".encode()).digest(368)
    return "".join(alphabet[byte & 63] for byte in digest)
