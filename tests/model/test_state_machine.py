"""The queues of the model beside a naive reference: whatever is called, they agree."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from model.reference import (
    BEYOND_LIMIT,
    CAME_BACK,
    DEAD_LETTERED,
    DELETED,
    EXPIRED,
    HANDLE_EXPIRED,
    MOVED,
    PURGED,
    WAITING,
    ReferenceQueue,
)

from sqs_contract.model.entry import Counts, State
from sqs_contract.model.fifo import make_queue
from sqs_contract.model.message import Message
from sqs_contract.model.move_tasks import MoveTasks
from sqs_contract.model.queue import VisibilityBeyondLimit
from sqs_contract.model.receipt_handles import ReceiptHandleExpired
from sqs_contract.model.settings import DeduplicationScope, QueueSettings

HOUR = 3_600_000
STEPS = settings(max_examples=100, stateful_step_count=40)
MANY_STEPS = settings(STEPS, max_examples=3_000)


class QueueBesideReference(RuleBasedStateMachine):
    """Every call goes to the model and to the reference; then the two are compared."""

    fifo = False
    handles = Bundle("handles")

    @initialize(
        visibility_ms=st.sampled_from([10_000, 0, 11 * HOUR]),
        retention_ms=st.sampled_from([4 * 24 * HOUR, 60_000]),
        delay_ms=st.sampled_from([0, 5_000]),
        limit=st.sampled_from([None, 1, 2, 3]),
        scope=st.sampled_from(DeduplicationScope),
    )
    def make(self, visibility_ms, retention_ms, delay_ms, limit, scope):
        suffix = ".fifo" if self.fifo else ""
        dlq = QueueSettings(name="dlq" + suffix, fifo=self.fifo, retention_ms=2 * retention_ms)
        self.dead_letters = None if limit is None else make_queue(dlq)
        self.queue = make_queue(
            QueueSettings(
                name="orders" + suffix,
                fifo=self.fifo,
                visibility_timeout_ms=visibility_ms,
                retention_ms=retention_ms,
                delay_ms=delay_ms,
                max_receive_count=limit,
                deduplication_scope=scope,
            ),
            dead_letter_queue=self.dead_letters,
        )
        self.reference = ReferenceQueue(
            fifo=self.fifo,
            visibility_ms=visibility_ms,
            retention_ms=retention_ms,
            delay_ms=delay_ms,
            limit=limit,
            per_group=scope is DeduplicationScope.MESSAGE_GROUP,
        )
        self.pairs = {"orders": (self.queue, self.reference)}
        if self.dead_letters is not None:
            self.reference.dead_letters = ReferenceQueue(
                fifo=self.fifo, retention_ms=2 * retention_ms
            )
            self.pairs["dlq"] = (self.dead_letters, self.reference.dead_letters)
        queues = {name: queue for name, (queue, _) in self.pairs.items()}
        self.tasks = MoveTasks({q.settings.name: q for q in queues.values()}, str, self.new_id)
        self.now_ms = 1_000_000
        self.ids: list[str] = []
        self.counted: dict[str, int] = {}

    def new_id(self) -> str:
        self.ids.append(f"m{len(self.ids) + 1}")
        return self.ids[-1]

    @rule(
        group=st.sampled_from("ab"),
        dedup=st.sampled_from(["", "", "d1", "d2"]),
        delay_ms=st.sampled_from([None, 0, 7_000]),
    )
    def send(self, group, dedup, delay_ms):
        name = self.new_id()
        fifo = {"group_id": group, "deduplication_id": dedup or name} if self.fifo else {}
        message = Message(message_id=name, body="x", sent_ms=self.now_ms, delay_ms=delay_ms, **fifo)
        entry = self.queue.send(message)
        new = self.reference.send(self.now_ms, name, group, dedup or name, delay_ms)
        assert (entry.message is message) == new

    @rule(ms=st.sampled_from([1, 999, 4_000, 10_000, 30_000, 299_000, 12 * HOUR]))
    def wait(self, ms):
        self.now_ms += ms

    @rule(
        target=handles,
        which=st.sampled_from(["orders", "orders", "dlq"]),
        most=st.sampled_from([10, 1, 2, 3]),
        visibility_ms=st.sampled_from([None, 0, 4_000]),
    )
    def receive(self, which, most, visibility_ms):
        which = which if which in self.pairs else "orders"
        queue, reference = self.pairs[which]
        result = queue.receive(self.now_ms, max_messages=most, visibility_ms=visibility_ms)
        given = [(item.entry.message.message_id, item.receipt_handle) for item in result.messages]
        redriven = [message.message_id for message in result.redriven]
        taken = reference.receive(self.now_ms, most, visibility_ms, given, redriven)
        for item, one in zip(result.messages, taken, strict=True):
            assert item.entry.state is State.WAITING
            assert (item.receive_count, item.first_received_ms) == (one.receives, one.first_ms)
            assert item.receive_count == self.counted.get(one.name, 0) + 1  # S38, S59
            self.counted[one.name] = item.receive_count
        return multiple(*((which, item) for item in result.messages))

    @rule(which_item=handles, calls=st.integers(1, 2))
    def delete(self, which_item, calls):
        which, item = which_item
        queue, reference = self.pairs[which]
        for _ in range(calls):
            try:
                done: bool | str = queue.delete(item.receipt_handle, self.now_ms)
            except ReceiptHandleExpired:
                done = HANDLE_EXPIRED
            assert done == reference.delete(self.now_ms, item.receipt_handle)

    @rule(
        which_item=handles,
        ms=st.sampled_from([0, 3_000, 20_000, 11 * HOUR]),
        calls=st.integers(1, 2),  # who hears no answer calls again
    )
    def change_visibility(self, which_item, ms, calls):
        which, item = which_item
        queue, reference = self.pairs[which]
        for _ in range(calls):
            try:
                done: bool | str = queue.change_visibility(item.receipt_handle, ms, self.now_ms)
            except VisibilityBeyondLimit:
                done = BEYOND_LIMIT
            assert done == reference.change_visibility(self.now_ms, item.receipt_handle, ms)

    @rule()
    def expire(self):
        before = {one.name for one in self.reference.kept if one.fate == EXPIRED}
        self.reference.waiting(self.now_ms)
        over = {message.message_id for message in self.queue.expire(self.now_ms)}
        assert over <= {one.name for one in self.reference.kept if one.fate == EXPIRED}
        assert over >= {one.name for one in self.reference.kept if one.fate == EXPIRED} - before

    @precondition(lambda self: len(self.queue) > 3)
    @rule()
    def purge(self):
        self.queue.expire(self.now_ms)  # what is over is not purged
        self.queue.purge()
        self.reference.purge(self.now_ms)

    @precondition(lambda self: self.dead_letters is not None and len(self.dead_letters) > 0)
    @rule()
    def redrive(self):
        """S64, S65: the dead letters go back to their queue."""
        assert self.dead_letters is not None
        assert self.reference.dead_letters is not None
        known = len(self.ids)
        source, destination = self.dead_letters.settings.name, self.queue.settings.name
        self.tasks.start(source, destination, None, self.now_ms)
        _task_id, *new_names = self.ids[known:]
        self.reference.dead_letters.move_all(self.now_ms, self.reference, new_names)

    @invariant()
    def the_two_agree(self):
        for queue, reference in self.pairs.values():
            alive = reference.waiting(self.now_ms)
            known = queue.messages()
            retention_ms = queue.settings.retention_ms
            assert [one.name for one in alive] == [
                message.message_id
                for message in known
                if message.sent_ms + retention_ms > self.now_ms
            ]
            assert queue.counts(self.now_ms) == Counts(*reference.counts(self.now_ms))

    @invariant()
    def no_moment_is_missed(self):
        """A poll at the moment the queue tells comes not too late."""
        for queue, reference in self.pairs.values():
            moment = queue.next_available_ms()
            assert (moment is None) == (len(queue) == 0)
            first = reference.next_ms(self.now_ms)
            assert first is None or (moment is not None and moment <= max(first, self.now_ms))

    @invariant()
    def messages_are_conserved(self):
        """Sent = deleted + visible + in flight + delayed + dead-lettered + expired + purged."""
        for queue, reference in self.pairs.values():
            counts = queue.counts(self.now_ms)
            reference.waiting(self.now_ms)
            fates = Counter(one.fate for one in reference.kept if one.fate != CAME_BACK)
            assert fates[WAITING] == counts.visible + counts.not_visible + counts.delayed
            assert fates[DELETED] == queue.deleted_count
            assert fates[DEAD_LETTERED] == queue.redriven_count
            assert fates[PURGED] + fates[MOVED] == queue.removed_count
            noticed = fates[EXPIRED] + fates[WAITING] - len(queue)
            assert 0 <= noticed == queue.expired_count
            assert queue.sent_count == sum(fates.values())


class StandardQueueBesideReference(QueueBesideReference):
    handles = QueueBesideReference.handles

    @rule(which_item=consumes(handles))
    def surface_again(self, which_item):
        """S42: a stray copy, of what is in flight or deleted."""
        which, item = which_item
        queue, reference = self.pairs[which]
        if reference.copy(item.receipt_handle, self.now_ms):
            queue.duplicate(item.entry, self.now_ms)


class FifoQueueBesideReference(QueueBesideReference):
    fifo = True


MACHINES = [StandardQueueBesideReference, FifoQueueBesideReference]


@pytest.mark.parametrize("machine", MACHINES)
def test_the_model_does_what_the_reference_does(machine):
    """S31 to S65, in whatever order things are called."""
    run_state_machine_as_test(machine, settings=STEPS)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("machine", MACHINES)
def test_the_model_does_what_the_reference_does_for_long(machine):
    """The same, in many more orders."""
    run_state_machine_as_test(machine, settings=MANY_STEPS)
