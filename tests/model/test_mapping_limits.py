"""How many invocations a mapping lets run, and what a late delete does on a FIFO queue."""

from __future__ import annotations

from sqs_contract.model.fifo import make_queue
from sqs_contract.model.invocation import Returned
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.message import Message
from sqs_contract.model.queue import QueueSettings, StandardQueue
from sqs_contract.model.response import read_outcome

OK = read_outcome(Returned("null"), set(), reporting=False)


def test_at_the_maximum_concurrency_nothing_is_received():
    """S74: a message that waits keeps its receive count."""
    source = StandardQueue(QueueSettings())
    entries = [
        source.send(Message(message_id=str(number), body="x", sent_ms=0)) for number in range(3)
    ]
    mapping = EventSourceMapping(source, MappingSettings(batch_size=1, maximum_concurrency=2))
    first, second = mapping.poll(0).batch, mapping.poll(0).batch
    assert mapping.running == 2
    assert mapping.poll(0).batch == []
    assert mapping.next_poll_ms() is None
    assert entries[2].receive_count == 0
    mapping.settle(first, OK)
    assert mapping.next_poll_ms() == 0
    assert len(mapping.poll(0).batch) == 1
    mapping.settle(second, OK)


def test_thirty_messages_in_two_invocations():
    """S74, as recorded: batch 20, concurrency 2, a window of a second."""
    source = StandardQueue(QueueSettings())
    for number in range(30):
        source.send(Message(message_id=str(number), body="x", sent_ms=0))
    settings = MappingSettings(batch_size=20, window_ms=1_000, maximum_concurrency=2)
    mapping = EventSourceMapping(source, settings)
    assert [len(mapping.poll(now_ms).batch) for now_ms in (0, 0, 1_000)] == [20, 0, 10]


def test_a_late_delete_fails_on_a_fifo_queue():
    """S103: the batch succeeded, and comes back."""
    source = make_queue(QueueSettings(name="q.fifo", fifo=True, visibility_timeout_ms=1_000))
    source.send(Message(message_id="a", body="x", sent_ms=0, group_id="g", deduplication_id="d"))
    mapping = EventSourceMapping(source, MappingSettings())
    batch = mapping.poll(0).batch
    assert mapping.settle(batch, OK, now_ms=1_000) == ([], batch)
    again = mapping.poll(1_000).batch
    assert mapping.settle(again, OK, now_ms=1_999) == (again, [])
    assert len(source) == 0


def test_a_group_is_never_in_two_invocations_at_once():
    """S73."""
    source = make_queue(QueueSettings(name="q.fifo", fifo=True))
    for number in range(3):
        source.send(
            Message(
                message_id=str(number),
                body="x",
                sent_ms=0,
                group_id="g" if number < 2 else "h",
                deduplication_id=str(number),
            )
        )
    mapping = EventSourceMapping(source, MappingSettings(batch_size=1))
    taken = [mapping.poll(0).batch for _ in range(3)]
    groups = [item.entry.message.group_id for batch in taken for item in batch]
    assert sorted(str(group) for group in groups) == ["g", "h"]


def test_a_window_ends_while_the_next_message_is_still_delayed():
    """S69: the mapping is polled at whichever comes first."""
    source = StandardQueue(QueueSettings())
    source.send(Message(message_id="a", body="x", sent_ms=0))
    source.send(Message(message_id="b", body="x", sent_ms=0, delay_ms=500))
    mapping = EventSourceMapping(source, MappingSettings(batch_size=100, window_ms=1_000))
    assert mapping.poll(0).batch == []
    assert mapping.next_poll_ms() == 500
    assert mapping.poll(500).batch == []
    assert mapping.next_poll_ms() == 1_000


def test_a_message_the_function_deleted_stays_deleted():
    """S95: whatever the function reports."""
    source = StandardQueue(QueueSettings())
    source.send(Message(message_id="a", body="x", sent_ms=0))
    mapping = EventSourceMapping(source, MappingSettings())
    batch = mapping.poll(0).batch
    source.delete(batch[0].receipt_handle)
    reading = read_outcome(Returned("nonsense"), {"a"}, reporting=True)
    assert mapping.settle(batch, reading) == (batch, [])


def test_a_window_ends_though_its_messages_are_gone():
    source = StandardQueue(QueueSettings())
    source.send(Message(message_id="a", body="x", sent_ms=0))
    mapping = EventSourceMapping(source, MappingSettings(window_ms=1_000))
    mapping.poll(0)
    source.purge()
    assert mapping.next_poll_ms() == 1_000
