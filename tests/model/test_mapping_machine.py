"""The event source mapping under whatever happens: what it gathers, invokes and deletes."""

from __future__ import annotations

import functools
import json

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
    rule,
    run_state_machine_as_test,
)

from sqs_contract.model.entry import Received, State
from sqs_contract.model.event import render_record
from sqs_contract.model.fifo import make_queue
from sqs_contract.model.filters import compile_filters
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.model.limits import MESSAGE_MAX_BYTES, PAYLOAD_MAX_BYTES
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.message import Message, MessageAttribute
from sqs_contract.model.response import read_outcome
from sqs_contract.model.settings import QueueSettings

STEPS = settings(max_examples=30, stateful_step_count=40)
MANY_STEPS = settings(STEPS, max_examples=1_000)
VISIBILITY_MS = 30_000

WANTED, UNWANTED = '{"kind":"wanted"}', '{"kind":"unwanted"}'
ONLY_WANTED = '{"body": {"kind": ["wanted"]}}'
MIB = MESSAGE_MAX_BYTES - 100
BODIES = {
    "wanted": WANTED,
    "unwanted": UNWANTED,
    "no JSON": "no JSON",
    "large": WANTED.ljust(MIB),
    "two bytes a character": '{"kind":"wanted","text":"' + "é" * (MIB // 2 - 50) + '"}',
    "escaped again in the event": '{"kind":"wanted","text":"' + "\\n" * (MIB // 2 - 50) + '"}',
}
PDF = {"pdf": MessageAttribute(data_type="Binary", binary_value=b"x" * (MIB - 300))}


@functools.cache
def text_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())


@functools.cache
def attributes_bytes(attribute: MessageAttribute) -> int:
    return 4 * len(attribute.binary_value or b"") // 3  # base64 (S7)


def payload_bytes(batch) -> int:
    """Bytes of the event, the big parts by what is known of them."""
    size = 0
    for item in batch:
        record = render_record(item, "arn:aws:sqs:us-east-1:123456789012:orders", "us-east-1")
        size += text_bytes(record.pop("body"))
        size += sum(map(attributes_bytes, item.entry.message.attributes.values()))
        record.pop("messageAttributes")
        size += len(json.dumps(record))
    return size


def is_wanted(message: Message) -> bool:
    return '"kind":"wanted"' in message.body


class MappingUnderWhatever(RuleBasedStateMachine):
    """Polls, invocations and settlements in any order, several invocations at once."""

    fifo = False
    running = Bundle("running")

    @initialize(
        batch_size=st.sampled_from([10, 1, 2, 25]),
        window_ms=st.sampled_from([0, 5_000]),
        filtering=st.booleans(),
        maximum_concurrency=st.sampled_from([None, 2]),
        limit=st.sampled_from([None, 2]),
        retention_ms=st.sampled_from([345_600_000, 60_000]),
    )
    def make(self, batch_size, window_ms, filtering, maximum_concurrency, limit, retention_ms):
        if self.fifo:
            window_ms = 0  # S68
        suffix = ".fifo" if self.fifo else ""
        dlq = QueueSettings(name="dlq" + suffix, fifo=self.fifo)
        self.queue = make_queue(
            QueueSettings(
                name="orders" + suffix,
                fifo=self.fifo,
                visibility_timeout_ms=VISIBILITY_MS,
                retention_ms=retention_ms,
                max_receive_count=limit,
            ),
            dead_letter_queue=None if limit is None else make_queue(dlq),
        )
        self.settings = MappingSettings(
            batch_size=batch_size if window_ms else min(batch_size, 10),  # S68
            window_ms=window_ms,
            report_batch_item_failures=True,
            filters=compile_filters([ONLY_WANTED]) if filtering else None,
            maximum_concurrency=maximum_concurrency,
        )
        self.mapping = EventSourceMapping(self.queue, self.settings)
        self.now_ms = 1_000_000
        self.sent: list[str] = []
        self.filtered: list[str] = []
        self.redriven: list[str] = []
        self.expired: list[str] = []
        self.deleted: set[str] = set()
        self.in_progress: list[list] = []

    @rule(
        body=st.sampled_from(list(BODIES)),
        group=st.sampled_from("ab"),
        count=st.sampled_from([1, 7, 2]),
        with_pdf=st.sampled_from([False, False, True]),
    )
    def send(self, body, group, count, with_pdf):
        text = BODIES[body]
        attributes = PDF if with_pdf and len(text) < 100 else {}
        for _ in range(count):
            name = f"m{len(self.sent) + 1}"
            fifo = {"group_id": group, "deduplication_id": name} if self.fifo else {}
            self.queue.send(
                Message(
                    message_id=name, body=text, sent_ms=self.now_ms, attributes=attributes, **fifo
                )
            )
            self.sent.append(name)

    @rule(ms=st.sampled_from([1_000, 5_000, 29_000, 31_000]))
    def wait(self, ms):
        self.now_ms += ms

    @rule(target=running)
    def poll(self):
        poll = self.mapping.poll(self.now_ms)
        self.redriven += [message.message_id for message in poll.redriven]
        self.expired += [message.message_id for message in poll.expired]
        self.filtered += [message.message_id for message in poll.filtered]
        if self.settings.filters is None:
            assert poll.filtered == []
        else:
            assert not any(map(is_wanted, poll.filtered))
            assert all(is_wanted(item.entry.message) for item in poll.batch)
        if not poll.batch:
            return multiple()  # S1: nothing to invoke with
        self.judge(poll.batch)
        self.in_progress.append(poll.batch)
        return poll.batch

    def judge(self, batch):
        size = payload_bytes(batch)
        assert len(batch) <= self.settings.batch_size
        assert size <= PAYLOAD_MAX_BYTES  # S69
        first = batch[0]
        opened_ms = first.entry.received_ms
        again = first.entry.receive_count > first.receive_count  # received while it was held
        full = len(batch) == self.settings.batch_size
        no_room = size + 3 * MESSAGE_MAX_BYTES > PAYLOAD_MAX_BYTES
        waited = self.now_ms >= opened_ms + self.settings.window_ms
        assert full or no_room or waited or again  # S69

    @rule(
        batch=consumes(running),
        outcome=st.sampled_from(["done", "failed", "first", "last"]),
        lost=st.booleans(),
        ms=st.sampled_from([0, 1_000, 29_000, 31_000]),
    )
    def settle(self, batch, outcome, lost, ms):
        self.now_ms += ms
        names = [item.entry.message.message_id for item in batch]
        answers = {
            "done": Returned("null"),
            "failed": FunctionError(kind=ErrorKind.RAISED, error_type="X", message=""),
            "first": Returned(json.dumps({"batchItemFailures": [{"itemIdentifier": names[0]}]})),
            "last": Returned(json.dumps({"batchItemFailures": [{"itemIdentifier": names[-1]}]})),
        }
        reading = read_outcome(answers[outcome], set(names), reporting=True)
        undeleted = names[:1] if lost else []
        deleted, kept = self.mapping.settle(batch, reading, undeleted=undeleted, now_ms=self.now_ms)
        self.in_progress.remove(batch)
        assert sorted(map(id, (*deleted, *kept))) == sorted(map(id, batch))
        for item in kept:
            name = item.entry.message.message_id
            late = self.fifo and not self.is_invisible(item)  # S50, S103
            stale = item.entry.receive_count > item.receive_count  # S40
            gone = item.entry.expires_ms <= self.now_ms  # S32
            assert late or stale or gone or reading.keeps(name) or name in undeleted
        self.deleted |= {
            item.entry.message.message_id for item in deleted if item.entry.state is State.DELETED
        }

    def is_invisible(self, item: Received) -> bool:
        """Whether it is still in flight by this receive."""
        entry = item.entry
        return (
            entry.state is State.WAITING
            and entry.receive_count == item.receive_count
            and entry.received_ms + VISIBILITY_MS > self.now_ms
        )

    @invariant()
    def messages_are_conserved(self):
        """Sent = deleted + filtered + dead-lettered + expired + what is still there."""
        there = [message.message_id for message in self.queue.messages()]
        gone = [*self.deleted, *self.filtered, *self.redriven, *self.expired]
        assert sorted(gone + there) == sorted(self.sent)
        assert self.queue.deleted_count == len(self.deleted) + len(self.filtered)

    @invariant()
    def no_more_invocations_than_allowed(self):
        """S74; and each has records (S1)."""
        assert self.mapping.running == len(self.in_progress)
        assert all(self.in_progress)
        most = self.settings.maximum_concurrency
        assert most is None or len(self.in_progress) <= most

    @invariant()
    def a_group_is_in_one_invocation_at_a_time(self):
        """S73, as long as its messages are invisible (S103)."""
        if self.fifo:
            groups = [
                {item.entry.message.group_id for item in batch if self.is_invisible(item)}
                for batch in self.in_progress
            ]
            assert sum(map(len, groups)) == len(set().union(*groups))

    @invariant()
    def who_waits_is_told_when(self):
        """Unless nothing can be done before an invocation ends."""
        if len(self.queue) and self.mapping.next_poll_ms() is None:
            assert self.in_progress


class FifoMappingUnderWhatever(MappingUnderWhatever):
    fifo = True


MACHINES = [MappingUnderWhatever, FifoMappingUnderWhatever]


@pytest.mark.parametrize("machine", MACHINES)
def test_a_mapping_keeps_its_bargain(machine):
    """S1, S69, S73, S74, S90, S108."""
    run_state_machine_as_test(machine, settings=STEPS)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("machine", MACHINES)
def test_a_mapping_keeps_its_bargain_for_long(machine):
    """The same, in many more orders."""
    run_state_machine_as_test(machine, settings=MANY_STEPS)
