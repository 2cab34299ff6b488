"""The event source mapping: how batches are gathered and what is deleted."""

from __future__ import annotations

import pytest

from sqs_contract.model.fifo import FifoQueue
from sqs_contract.model.filters import compile_filters
from sqs_contract.model.invocation import Returned
from sqs_contract.model.limits import MESSAGE_MAX_BYTES, PAYLOAD_MAX_BYTES
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.message import Message, MessageAttribute
from sqs_contract.model.queue import QueueSettings, StandardQueue
from sqs_contract.model.response import read_outcome


def make(count: int = 0, *, body: str = "x", queue: dict | None = None, **settings):
    source = StandardQueue(QueueSettings(**(queue or {})))
    for number in range(count):
        source.send(Message(message_id=str(number), body=body, sent_ms=0))
    return source, EventSourceMapping(source, MappingSettings(**settings))


def ids(batch) -> list[str]:
    return [item.entry.message.message_id for item in batch]


def settle(mapping, batch, payload, **kwargs):
    reading = read_outcome(Returned(payload), set(ids(batch)), reporting=True)
    deleted, kept = mapping.settle(batch, reading, **kwargs)
    return ids(deleted), ids(kept)


def test_an_empty_poll_invokes_nothing():
    """S1: an event is never empty."""
    _, mapping = make()
    assert mapping.poll(0).batch == []
    assert mapping.next_poll_ms() is None


def test_without_a_window_a_batch_is_what_one_receive_returns():
    _, mapping = make(12, batch_size=10)
    assert len(mapping.poll(0).batch) == 10
    assert len(mapping.poll(0).batch) == 2


def test_a_smaller_batch_size_is_kept():
    _, mapping = make(5, batch_size=2)
    assert [len(mapping.poll(0).batch) for _ in range(3)] == [2, 2, 1]


def test_a_window_ends_the_batch_that_is_not_full():
    """S69: when the window ends, or the batch is full."""
    source, mapping = make(3, batch_size=100, window_ms=5_000)
    assert mapping.poll(0).batch == []
    assert mapping.next_poll_ms() == 5_000
    source.send(Message(message_id="late", body="x", sent_ms=2_000))
    assert mapping.next_poll_ms() == 2_000
    assert mapping.poll(2_000).batch == []
    assert len(mapping.poll(5_000).batch) == 4


def test_a_full_batch_does_not_wait_for_the_window():
    """S69; larger batches are built from several receives (S71)."""
    _, mapping = make(30, batch_size=25, window_ms=60_000)
    assert len(mapping.poll(0).batch) == 25


def test_a_window_without_messages_waits_for_one():
    source, mapping = make(0, window_ms=1_000)
    mapping.poll(0)
    source.send(Message(message_id="a", body="x", sent_ms=7_000))
    assert mapping.next_poll_ms() == 7_000
    assert mapping.poll(7_000).batch == []
    assert ids(mapping.poll(8_000).batch) == ["a"]


def test_a_batch_stays_under_the_payload_limit_and_the_rest_comes_next():
    """S69: 6 MB, metadata counted; what is over is in flight already and opens the next batch."""
    source, mapping = make(10, body="x" * (MESSAGE_MAX_BYTES - 10))
    first = mapping.poll(0)
    size = sum(len(item.entry.message.body) for item in first.batch)
    assert len(first.batch) == 5
    assert size < PAYLOAD_MAX_BYTES < 6 * (MESSAGE_MAX_BYTES - 10 + 1_000)
    assert mapping.next_poll_ms() == 0
    assert len(mapping.poll(0).batch) == 5
    assert source.next_available_ms() == 30_000


@pytest.mark.parametrize(
    ("body", "fitting"),
    [("x" * 1_000_000, 6), ("é" * 500_000, 6), ("\n" * 1_000_000, 3), ('"' * 1_000_000, 3)],
    ids=["ascii", "two bytes each", "line ends", "quotes"],
)
def test_a_body_weighs_what_it_is_in_the_event(body, fitting):
    """S69: bytes, and JSON escapes what is text in the message."""
    _, mapping = make(10, body=body)
    assert len(mapping.poll(0).batch) == fitting


@pytest.mark.parametrize(
    ("attribute", "fitting"),
    [
        (MessageAttribute(data_type="Binary", binary_value=b"x" * 900_000), 5),  # base64: S7
        (MessageAttribute(data_type="String", string_value="x" * 1_000_000), 6),
    ],
    ids=["binary", "text"],
)
def test_attributes_weigh_too(attribute, fitting):
    """S69: so does the rest of a record."""
    source, mapping = make()
    for number in range(8):
        source.send(
            Message(message_id=str(number), body="x", sent_ms=0, attributes={"a": attribute})
        )
    assert len(mapping.poll(0).batch) == fitting


def test_ids_and_trace_headers_weigh_too():
    """S69: seven bodies fill the event to less than what a plain record is taken to weigh."""
    spare = 7 * (1_200 + 2)
    body = "x" * ((PAYLOAD_MAX_BYTES - spare) // 7)
    for extra in ({}, {"group_id": "g" * 100}, {"trace_header": "Root=1"}):
        source, mapping = make()
        for number in range(7):
            source.send(Message(message_id=str(number), body=body, sent_ms=0, **extra))
        assert len(mapping.poll(0).batch) == (6 if extra else 7)


def fifo(body: str, *groups: str, **settings):
    source = FifoQueue(QueueSettings(name="orders.fifo", fifo=True, **settings))
    for number, group in enumerate(groups):
        name = str(number)
        source.send(
            Message(message_id=name, body=body, sent_ms=0, group_id=group, deduplication_id=name)
        )
    return source


def test_a_group_waits_for_its_batch_also_where_the_payload_cut_it():
    """S73: one group is never in two invocations at once."""
    mapping = EventSourceMapping(fifo("x" * 1_000_000, *"aaaaaaaa"), MappingSettings())
    first = mapping.poll(0).batch
    assert ids(first) == ["0", "1", "2", "3", "4", "5"]
    assert mapping.poll(0).batch == []
    assert mapping.next_poll_ms() is None
    settle(mapping, first, "null")
    assert mapping.next_poll_ms() == 0
    assert ids(mapping.poll(0).batch) == ["6", "7"]


def test_another_group_does_not_wait_for_it():
    """S73."""
    mapping = EventSourceMapping(fifo("x" * 1_000_000, *"aaaaaabb"), MappingSettings())
    assert ids(mapping.poll(0).batch) == ["0", "1", "2", "3", "4", "5"]
    assert ids(mapping.poll(0).batch) == ["6", "7"]


def test_what_could_not_be_deleted_was_not_filtered_away():
    """S50, S108: with no visibility timeout no handle is good on a FIFO queue."""
    source = fifo("x", "a", visibility_timeout_ms=0)
    filters = compile_filters(['{"body": {"kind": ["wanted"]}}'])
    poll = EventSourceMapping(source, MappingSettings(filters=filters)).poll(0)
    assert (poll.batch, poll.filtered, len(source)) == ([], [], 1)


def test_a_late_delete_does_not_reach_what_retention_removed():
    """S32, S106: nothing special; the message expired, it was not deleted."""
    source, mapping = make(1, queue={"retention_ms": 60_000, "visibility_timeout_ms": 90_000})
    settle(mapping, mapping.poll(0).batch, "null", now_ms=60_000)
    assert source.deleted_count == 0
    assert [message.message_id for message in source.expire(60_000)] == ["0"]


def test_a_report_deletes_the_others_and_keeps_those_it_names():
    """S90: kept messages stay invisible until their own timeout ends."""
    source, mapping = make(3)
    batch = mapping.poll(0).batch
    outcome = settle(mapping, batch, '{"batchItemFailures": [{"itemIdentifier": "1"}]}')
    assert outcome == (["0", "2"], ["1"])
    assert mapping.poll(29_999).batch == []
    assert ids(mapping.poll(30_000).batch) == ["1"]
    assert len(source) == 1


def test_a_failure_keeps_the_whole_batch():
    source, mapping = make(2)
    assert settle(mapping, mapping.poll(0).batch, "nonsense") == ([], ["0", "1"])
    assert len(source) == 2


def test_a_delete_that_does_not_arrive_leaves_the_message():
    """S96."""
    source, mapping = make(2)
    batch = mapping.poll(0).batch
    assert settle(mapping, batch, "null", undeleted=["0"]) == (["1"], ["0"])
    assert [message.message_id for message in source.messages()] == ["0"]


def test_polls_tell_what_was_redriven_and_what_expired():
    dlq = StandardQueue(QueueSettings(name="dlq"))
    source = StandardQueue(
        QueueSettings(max_receive_count=1, visibility_timeout_ms=1_000, retention_ms=60_000),
        dead_letter_queue=dlq,
    )
    mapping = EventSourceMapping(source, MappingSettings())
    source.send(Message(message_id="a", body="x", sent_ms=0))
    assert ids(mapping.poll(0).batch) == ["a"]
    poll = mapping.poll(1_000)
    assert [message.message_id for message in poll.redriven] == ["a"]
    source.send(Message(message_id="b", body="x", sent_ms=1_000))
    poll = mapping.poll(100_000)
    assert [message.message_id for message in poll.expired] == ["b"]
