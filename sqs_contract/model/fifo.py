"""A FIFO queue: message groups, their order, what blocks them, deduplication.

Theory of operation. Each message group is a line of its own, in the order of
sending. A receive goes through the groups in turn and takes each from its head:
it stops in a group at the first message that is not available, whether in
flight or delayed, and takes up the group behind it (S45, S46). So a message in
flight holds back what stands after it, and nothing that stands before it. A
group that gave something goes behind the others (S49).

The states of a message are those of the standard queue, with one difference: a
receipt handle is good only until its visibility timeout is over (S50).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.deduplication import DeduplicationMemory, content_hash
from sqs_contract.model.entry import Counts, Entry, Receive, Received, State, counts_of
from sqs_contract.model.groups import Group, Groups, moment
from sqs_contract.model.limits import (
    ATTRIBUTE_PROPAGATION_S,
    IN_FLIGHT_MAX,
    RECEIVE_ATTEMPT_INTERVAL_S,
    RECEIVE_MAX_MESSAGES,
    SECOND_MS,
)
from sqs_contract.model.message import Message
from sqs_contract.model.places import NOWHERE, Places, Tickets
from sqs_contract.model.queue import VISIBILITY_TOTAL_MAX_MS, StandardQueue, VisibilityBeyondLimit
from sqs_contract.model.receipt_handles import ReceiptHandleExpired, handle_stem, read_handle
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import NO_DEDUPLICATION_ID, Refused, missing

_FIRST_SEQUENCE_NUMBER: Final = 18_849_496_460_467_696_128
_SEQUENCE_NUMBER_STEP: Final = 256
"""Twenty digits, increasing, not consecutive (S53); the first is AWS's documented example."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A receive that named a ReceiveRequestAttemptId (S55)."""

    at_ms: int
    received: tuple[Received, ...]
    available_ms: int


class FifoQueue:
    """A FIFO queue with an optional dead-letter queue, which is FIFO too (S61)."""

    def __init__(
        self,
        settings: QueueSettings,
        *,
        dead_letter_queue: FifoQueue | None = None,
        salt: int = 0,
        assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    ) -> None:
        assert (settings.max_receive_count is None) == (dead_letter_queue is None), (
            "a redrive policy needs a dead-letter queue, and the other way round"
        )
        self.settings = settings
        self.dead_letter_queue = dead_letter_queue
        self.assumptions = assumptions
        self._groups = Groups()
        self._in_flight: Places[Entry] = Places(Tickets())
        self._entries: dict[int, Entry] = {}
        self._memory = DeduplicationMemory()
        self._attempts: dict[str, _Attempt] = {}
        self._scope = settings.deduplication_scope
        self._scope_changes_ms: int | None = None
        self._next_sequence = 0
        # Two queues do not give the same numbers: nobody can rely on them.
        self._first_number = _FIRST_SEQUENCE_NUMBER + _SEQUENCE_NUMBER_STEP * 2**32 * salt
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
        self, settings: QueueSettings, dead_letter_queue: FifoQueue | None, now_ms: int
    ) -> None:
        """Change the settings. A new deduplication scope takes its time to take effect (S34, S52)."""
        if settings.deduplication_scope is not self.settings.deduplication_scope:
            self._settle_scope(now_ms)
            self._scope_changes_ms = now_ms + ATTRIBUTE_PROPAGATION_S * SECOND_MS
        self.settings = settings
        self.dead_letter_queue = dead_letter_queue

    def send(self, message: Message) -> Entry:
        """Accept a message at `message.sent_ms`.

        A duplicate is acknowledged and not delivered (S51): the entry of the
        first is returned. The queue's delay holds whatever the message says (S31).

        Raises:
            Refused: no group, or nothing to deduplicate by (S26).
        """
        group_id, deduplication_id = message.group_id, message.deduplication_id
        if group_id is None:
            raise Refused(missing("MessageGroupId"))
        if deduplication_id is None and self.settings.content_based_deduplication:
            deduplication_id = content_hash(message.body)
        if deduplication_id is None:
            raise Refused(NO_DEDUPLICATION_ID)
        now_ms = message.sent_ms
        self._settle_scope(now_ms)
        first = self._memory.first(self._scope, group_id, deduplication_id, now_ms)
        if first is not None:
            return first
        return self._add(message, deduplication_id, now_ms + self.settings.delay_ms)

    def receive(
        self,
        now_ms: int,
        *,
        max_messages: int = RECEIVE_MAX_MESSAGES,
        visibility_ms: int | None = None,
        attempt_id: str | None = None,
    ) -> Receive:
        """Hand out up to `max_messages` messages, as many of one group as can be (S45).

        A message that has already been received maxReceiveCount times is moved
        to the dead-letter queue, which lets its followers go on (S57, S62).
        `attempt_id` repeats a receive whose answer was lost (S55).
        """
        if visibility_ms is None:
            visibility_ms = self.settings.visibility_timeout_ms
        if attempt_id is None:
            return self._receive(now_ms, max_messages, visibility_ms)
        again = self._receive_again(attempt_id, now_ms, visibility_ms)
        if again is not None:
            return again
        result = self._receive(now_ms, max_messages, visibility_ms)
        received = tuple(result.messages)
        self._attempts[attempt_id] = _Attempt(now_ms, received, now_ms + visibility_ms)
        return result

    def delete(self, receipt_handle: str, now_ms: int) -> bool:
        """Delete the message a handle was given out for; deleting twice succeeds (S41).

        Raises:
            ReceiptHandleExpired: its visibility timeout is over (S50), or the
                message was received again since.
        """
        sequence, receive = read_handle(self._handle_stem, receipt_handle)
        entry = self._entries.get(sequence)
        if entry is None or entry.expires_ms <= now_ms:
            return False
        if not _good(entry, receive, now_ms):
            raise ReceiptHandleExpired(receipt_handle)
        self._leave(entry, State.DELETED)
        self.deleted_count += 1
        return True

    def delete_received(self, received: Received, now_ms: int) -> bool:
        """Delete with the handle of a receive, as `delete` does."""
        return self.delete(received.receipt_handle, now_ms)

    def change_visibility(self, receipt_handle: str, visibility_ms: int, now_ms: int) -> bool:
        """Restart the visibility timeout from now; the handle stays good as long (S37, S50).

        False: no such message any more (S41), or its visibility timeout is over.
        Assumption: the latter is refused as the former is.
        """
        sequence, receive = read_handle(self._handle_stem, receipt_handle)
        entry = self._entries.get(sequence)
        if entry is None or not _good(entry, receive, now_ms):
            return False
        if now_ms + visibility_ms > entry.received_ms + VISIBILITY_TOTAL_MAX_MS:
            raise VisibilityBeyondLimit(visibility_ms)
        self._hide(entry, now_ms + visibility_ms)
        return True

    def gave_out(self, receipt_handle: str) -> bool:
        """Whether a receipt handle looks like one of this queue's."""
        return receipt_handle.startswith(self._handle_stem)

    def expire(self, now_ms: int) -> list[Message]:
        """Drop every message whose retention is over, in flight or not (S32)."""
        over = [entry for entry in self._entries.values() if entry.expires_ms <= now_ms]
        for entry in over:
            self._leave(entry, State.EXPIRED)
        self.expired_count += len(over)
        return [entry.message for entry in over]

    def next_available_ms(self) -> int | None:
        """When a receive may next find something, or `None` if the queue is empty.

        The heads of the groups decide: what stands behind one waits for it, or
        for its retention to end.
        """
        return self._groups.next_ms()

    def messages(self) -> list[Message]:
        """The messages still in the queue, in sending order."""
        return [entry.message for entry in self._entries.values()]

    def visible_count(self, now_ms: int) -> int:
        """How many messages count as visible, those held back too (S56)."""
        return self.counts(now_ms).visible

    def counts(self, now_ms: int) -> Counts:
        """How many messages are visible, in flight and delayed."""
        return counts_of(list(self._entries.values()), now_ms)

    def purge(self) -> int:
        """Remove every message and forget every deduplication id (S44). Returns how many."""
        entries = list(self._entries.values())
        self._remove_all(State.PURGED, entries)
        self._memory.clear()
        return len(entries)

    def visible(self, now_ms: int) -> list[Entry]:
        """The visible messages in sending order, which is how a move task takes them (S64)."""
        self.expire(now_ms)
        return [entry for entry in self._entries.values() if entry.available_ms <= now_ms]

    def take(self, entry: Entry) -> None:
        """Let a message leave the queue for another."""
        self._remove_all(State.MOVED, [entry])

    def put_redriven(self, entry: Entry, source: str, now_ms: int) -> None:
        """Take in a message that another queue gives up (S59-S61).

        Its enqueue time begins anew, and its own id becomes its deduplication
        id. Assumption (N10): it gets a sequence number of this queue. Whether it
        keeps the time of its first receive is a setting.
        """
        message = replace(entry.message, sent_ms=now_ms)
        moved = self._add(message, message.message_id, now_ms)
        moved.receive_count = entry.receive_count
        if self.assumptions.first_receive_kept:
            moved.first_received_ms = entry.first_received_ms
        moved.dead_letter_source = source

    def _add(self, message: Message, deduplication_id: str, available_ms: int) -> Entry:
        assert message.group_id is not None
        expires_ms = message.sent_ms + self.settings.retention_ms
        entry = Entry(message, self._next_sequence, available_ms, expires_ms)
        number = self._first_number + _SEQUENCE_NUMBER_STEP * self._next_sequence
        entry.sequence_number = str(number)
        entry.deduplication_id = deduplication_id
        self._next_sequence += 1
        self._entries[entry.sequence] = entry
        self._groups.append(message.group_id, entry)
        self._memory.accept(entry)
        self.sent_count += 1
        return entry

    def _receive(self, now_ms: int, max_messages: int, visibility_ms: int) -> Receive:
        result = Receive()
        room = min(max_messages, self._room_in_flight(now_ms))
        limit = self.settings.max_receive_count
        messages = result.messages
        had_turns: list[tuple[Group, bool]] = []
        for group in self._groups.take_turns(now_ms) if room > 0 else ():
            given = len(messages)
            for entry in group:
                if entry.expires_ms <= now_ms:
                    self._leave(entry, State.EXPIRED)
                    self.expired_count += 1
                    result.expired.append(entry.message)
                elif entry.available_ms > now_ms:
                    break  # in flight or delayed: holds back what stands after it (S46-S48)
                elif limit is not None and entry.receive_count >= limit:
                    self.redrive(entry, now_ms)
                    result.redriven.append(entry.message)
                else:
                    messages.append(self._hand_out(entry, now_ms, visibility_ms))
                    if len(messages) >= room:
                        break
            had_turns.append((group, len(messages) > given))
            if len(messages) >= room:
                break
        for group, gave in had_turns:
            self._groups.again(group, gave=gave)
        return result

    def _hand_out(self, entry: Entry, now_ms: int, visibility_ms: int) -> Received:
        count = entry.receive_count = entry.receive_count + 1
        entry.received_ms = now_ms
        first_ms = entry.first_received_ms
        if first_ms is None:
            first_ms = entry.first_received_ms = now_ms
        entry.available_ms = now_ms + visibility_ms
        self._in_flight.put(entry, moment(entry))
        handle = f"{self._handle_stem}{entry.sequence:012X}{count:08X}"
        return Received(entry, handle, count, first_ms)

    def _receive_again(self, attempt_id: str, now_ms: int, visibility_ms: int) -> Receive | None:
        """The same messages and handles, if nothing became of them since (S55).

        Assumption: such a repetition is no receive more, and none is possible
        once a message of it is visible again.
        """
        attempt = self._attempts.pop(attempt_id, None)
        if attempt is None or not attempt.received:
            return None
        if now_ms >= attempt.at_ms + RECEIVE_ATTEMPT_INTERVAL_S * SECOND_MS:
            return None
        for item in attempt.received:
            entry = item.entry
            if entry.state is not State.WAITING or entry.available_ms != attempt.available_ms:
                return None
            if not _good(entry, item.receive_count, now_ms):
                return None
        for item in attempt.received:
            self._hide(item.entry, now_ms + visibility_ms)
        self._attempts[attempt_id] = replace(attempt, available_ms=now_ms + visibility_ms)
        return Receive(messages=list(attempt.received))

    def redrive(self, entry: Entry, now_ms: int) -> None:
        """Move a message to the dead-letter queue."""
        assert self.dead_letter_queue is not None
        self._leave(entry, State.DEAD_LETTERED)
        self.redriven_count += 1
        self.dead_letter_queue.put_redriven(entry, self.settings.name, now_ms)

    def _remove_all(self, state: State, entries: list[Entry]) -> None:
        for entry in entries:
            self._leave(entry, state)
        self.removed_count += len(entries)

    def _leave(self, entry: Entry, state: State) -> None:
        entry.state = state
        del self._entries[entry.sequence]
        if entry.ticket != NOWHERE:
            self._in_flight.drop(entry)
        self._groups.changed(entry)

    def _hide(self, entry: Entry, until_ms: int) -> None:
        """Keep a received message invisible until then."""
        entry.available_ms = until_ms
        self._in_flight.put(entry, moment(entry))
        self._groups.changed(entry)

    def _settle_scope(self, now_ms: int) -> None:
        if self._scope_changes_ms is not None and self._scope_changes_ms <= now_ms:
            self._scope = self.settings.deduplication_scope
            self._scope_changes_ms = None

    def _room_in_flight(self, now_ms: int) -> int:
        """How many more messages may be in flight; beyond it there is just nothing (S43)."""
        for _ in self._in_flight.until(now_ms):
            pass
        return IN_FLIGHT_MAX - self._in_flight.count


def _good(entry: Entry, receive: int, now_ms: int) -> bool:
    """Whether the handle of a receive is good: the last one, and still in flight (S32, S50)."""
    return entry.receive_count == receive and now_ms < moment(entry)


Queue = StandardQueue | FifoQueue


def make_queue(
    settings: QueueSettings,
    *,
    dead_letter_queue: Queue | None = None,
    salt: int = 0,
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
) -> Queue:
    """A queue of the type its settings say; its dead-letter queue is of the same (S61)."""
    if settings.fifo:
        assert not isinstance(dead_letter_queue, StandardQueue), "the DLQ of FIFO must be FIFO"
        return FifoQueue(
            settings, dead_letter_queue=dead_letter_queue, salt=salt, assumptions=assumptions
        )
    assert not isinstance(dead_letter_queue, FifoQueue), "the DLQ of standard must be standard"
    return StandardQueue(
        settings, dead_letter_queue=dead_letter_queue, salt=salt, assumptions=assumptions
    )
