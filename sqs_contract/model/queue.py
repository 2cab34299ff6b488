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
timeouts mostly do, else in a heap. Leaving any of them is lazy: each place has a
ticket, and one whose message left, or holds a later ticket, is skipped when it
comes up.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Final

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.entry import Counts, Entry, Receive, Received, State, counts_of
from sqs_contract.model.limits import RECEIVE_MAX_MESSAGES, SECOND_MS, VISIBILITY_TIMEOUT_MAX_S
from sqs_contract.model.message import Message
from sqs_contract.model.receipt_handles import (
    ReceiptHandleIsInvalid,
    handle_stem,
    read_handle,
    receipt_handle,
)
from sqs_contract.model.settings import QueueSettings

__all__ = [
    "Entry",
    "QueueSettings",
    "ReceiptHandleIsInvalid",
    "Receive",
    "Received",
    "StandardQueue",
    "State",
    "VisibilityBeyondLimit",
    "receipt_handle",
]

_WAITING: Final = State.WAITING
VISIBILITY_TOTAL_MAX_MS: Final = VISIBILITY_TIMEOUT_MAX_S * SECOND_MS
"""Twelve hours from the receive, extensions included (S37)."""


class VisibilityBeyondLimit(ValueError):
    """The visibility timeout would end more than twelve hours after the receive (S37)."""

    def __init__(self, visibility_ms: int) -> None:
        super().__init__(f"A visibility timeout of {visibility_ms} ms would end beyond 12 hours.")


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
        assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    ) -> None:
        assert (settings.max_receive_count is None) == (dead_letter_queue is None), (
            "a redrive policy needs a dead-letter queue, and the other way round"
        )
        self.settings = settings
        self.dead_letter_queue = dead_letter_queue
        self.assumptions = assumptions
        self._line: deque[tuple[int, int, Entry]] = deque()
        self._in_flight: deque[tuple[int, int, Entry]] = deque()
        self._timers: list[tuple[int, int, Entry]] = []
        self._entries: dict[int, Entry] = {}
        self._next_sequence = 0
        self._next_ticket = 0
        self._handle_stem = handle_stem(settings.name, salt)
        self.sent_count = 0
        self.deleted_count = 0
        self.redriven_count = 0
        self.expired_count = 0
        self.removed_count = 0

    def __len__(self) -> int:
        """Messages still in the queue: delayed, visible or in flight."""
        return len(self._entries)

    def configure(
        self, settings: QueueSettings, dead_letter_queue: StandardQueue | None, _now_ms: int
    ) -> None:
        """Change the settings, for what happens from now on."""
        self.settings = settings
        self.dead_letter_queue = dead_letter_queue

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
            _, ticket, entry = line.popleft()
            if entry.state is not _WAITING or entry.ticket != ticket:
                continue  # deleted, or its visibility was changed since it got in line
            if entry.expires_ms <= now_ms:
                self._expire(entry)
                result.expired.append(entry.message)
            elif limit is not None and entry.receive_count >= limit:
                self.redrive(entry, now_ms)
                result.redriven.append(entry.message)
            else:
                messages.append(self._hand_out(entry, now_ms, visibility_ms))
        return result

    def delete(self, receipt_handle: str, now_ms: int = 0) -> bool:
        """Delete the message a handle was given out for.

        A standard queue accepts a handle whose visibility timeout has run out
        (S39), and deleting twice succeeds (S41), and so does deleting what its
        retention removed (S32, S106). A handle of an earlier receive is answered with
        success but "might not" delete (S40); here it does not, the harder case for
        a consumer. Returns whether the message was deleted.
        """
        sequence, receive = read_handle(self._handle_stem, receipt_handle)
        entry = self._entries.get(sequence)
        return entry is not None and self._delete(entry, receive, now_ms)

    def delete_received(self, received: Received, now_ms: int = 0) -> bool:
        """Delete with the handle of a receive, as `delete` does."""
        return self._delete(received.entry, received.receive_count, now_ms)

    def change_visibility(self, receipt_handle: str, visibility_ms: int, now_ms: int) -> bool:
        """Restart the visibility timeout from now (S37). False: no such message any more (S41)."""
        sequence, _ = read_handle(self._handle_stem, receipt_handle)
        entry = self._entries.get(sequence)
        if entry is None or entry.expires_ms <= now_ms:
            return False
        if visibility_ms and now_ms + visibility_ms > (entry.received_ms + VISIBILITY_TOTAL_MAX_MS):
            raise VisibilityBeyondLimit(visibility_ms)
        self._make_available(entry, now_ms + visibility_ms)
        return True

    def gave_out(self, receipt_handle: str) -> bool:
        """Whether a receipt handle looks like one of this queue's."""
        return receipt_handle.startswith(self._handle_stem)

    def duplicate(self, entry: Entry, now_ms: int) -> Entry:
        """Let a stray copy of a message surface, in flight or already deleted (S42, S82).

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
            since_ms, ticket, entry = line[0]
            if entry.state is _WAITING and entry.ticket == ticket:
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

    def counts(self, now_ms: int) -> Counts:
        """How many messages are visible, in flight and delayed."""
        return counts_of(list(self._entries.values()), now_ms)

    def purge(self) -> int:
        """Remove every message, visible, delayed or in flight (S44). Returns how many."""
        return self._remove_all(State.PURGED, list(self._entries.values()))

    def visible(self, now_ms: int) -> list[Entry]:
        """The visible messages in sending order, which is how a move task takes them (S64)."""
        self.expire(now_ms)
        return [entry for entry in self._entries.values() if entry.available_ms <= now_ms]

    def take(self, entry: Entry) -> None:
        """Let a message leave the queue for another."""
        self._remove_all(State.MOVED, [entry])

    def put_redriven(self, entry: Entry, source: str, now_ms: int) -> None:
        """Take in a message that another queue gives up (S59, S60).

        Id, body, attributes and enqueue time stay, and the count goes on.
        """
        moved = self._add(entry.message, available_ms=now_ms)
        moved.receive_count = entry.receive_count
        if self.assumptions.first_receive_kept:  # N10
            moved.first_received_ms = entry.first_received_ms
        moved.dead_letter_source = source

    def _remove_all(self, state: State, entries: list[Entry]) -> int:
        for entry in entries:
            entry.state = state
            del self._entries[entry.sequence]
        self.removed_count += len(entries)
        return len(entries)

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
            self._line.append(self._ticket(entry, available_ms))
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
            self._line.append(timer)

    def _next_timer(self) -> tuple[int, int, Entry] | None:
        """The timer that runs out next; those that mean nothing any more are dropped."""
        in_flight, timers = self._in_flight, self._timers
        while in_flight:
            _, ticket, entry = in_flight[0]
            if entry.state is _WAITING and entry.ticket == ticket:
                break
            in_flight.popleft()
        while timers:
            _, ticket, entry = timers[0]
            if entry.state is _WAITING and entry.ticket == ticket:
                break
            heapq.heappop(timers)
        if in_flight and timers:
            return min(in_flight[0], timers[0])
        if in_flight:
            return in_flight[0]
        return timers[0] if timers else None

    def _make_available(self, entry: Entry, at_ms: int) -> None:
        entry.available_ms = at_ms
        ticket = entry.ticket = self._next_ticket  # as `_ticket`, which costs a call
        self._next_ticket = ticket + 1
        timer = (at_ms, ticket, entry)
        in_flight = self._in_flight
        if not in_flight or at_ms >= in_flight[-1][0]:
            in_flight.append(timer)
        else:
            heapq.heappush(self._timers, timer)

    def _ticket(self, entry: Entry, at_ms: int) -> tuple[int, int, Entry]:
        """A place for the message, the only one that counts from now on."""
        ticket = entry.ticket = self._next_ticket
        self._next_ticket = ticket + 1
        return (at_ms, ticket, entry)

    def _delete(self, entry: Entry, receive: int, now_ms: int) -> bool:
        if entry.state is not _WAITING or entry.receive_count != receive:
            return False
        if entry.expires_ms <= now_ms:
            return False
        entry.state = State.DELETED
        del self._entries[entry.sequence]
        self.deleted_count += 1
        return True

    def _hand_out(self, entry: Entry, now_ms: int, visibility_ms: int) -> Received:
        count = entry.receive_count = entry.receive_count + 1
        entry.received_ms = now_ms
        first_ms = entry.first_received_ms
        if first_ms is None:
            first_ms = entry.first_received_ms = now_ms
        self._make_available(entry, now_ms + visibility_ms)
        # A new handle for every receive (S14), readable only by this queue.
        handle = f"{self._handle_stem}{entry.sequence:012X}{count:08X}"
        return Received(entry, handle, count, first_ms)

    def redrive(self, entry: Entry, now_ms: int) -> None:
        """Move a message to the dead-letter queue."""
        assert self.dead_letter_queue is not None
        entry.state = State.DEAD_LETTERED
        del self._entries[entry.sequence]
        self.redriven_count += 1
        self.dead_letter_queue.put_redriven(entry, self.settings.name, now_ms)

    def _expire(self, entry: Entry) -> None:
        entry.state = State.EXPIRED
        del self._entries[entry.sequence]
        self.expired_count += 1
