"""How many invocations of a mapping run at once (S72, S74, S75), and what throttles do (S99)."""

from __future__ import annotations

import pytest

from sqs_contract.model.assumptions import Pauses
from sqs_contract.model.entry import Entry, Received
from sqs_contract.model.fifo import FifoQueue
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.mapping_request import read_request
from sqs_contract.model.message import Message
from sqs_contract.model.queue import QueueSettings, StandardQueue
from sqs_contract.model.scaling import ON_DEMAND, ScalingSettings, provisioned
from sqs_contract.model.throttling import ThrottledBatch

MINUTE = 60_000


def mapping_on(count, **settings):
    """A mapping on a queue with so many messages, one in a batch."""
    queue = StandardQueue(QueueSettings(visibility_timeout_ms=12 * 60 * MINUTE))
    for number in range(count):
        queue.send(Message(message_id=str(number), body="a", sent_ms=0))
    return EventSourceMapping(queue, MappingSettings(batch_size=1, **settings))


def start_all(mapping, now_ms):
    started = 0
    while mapping.poll(now_ms).batch:
        started += 1
    return started


def test_polling_starts_with_five_and_grows_by_300_a_minute():
    """S72."""
    mapping = mapping_on(2_000)
    assert start_all(mapping, 0) == 5
    assert mapping.next_poll_ms() == 200
    assert start_all(mapping, 199) == 0
    assert start_all(mapping, 200) == 1
    assert start_all(mapping, MINUTE) == 299


def test_it_stops_to_grow_at_1250():
    """S72."""
    mapping = mapping_on(2_000)
    start_all(mapping, 0)
    assert start_all(mapping, 60 * MINUTE) == 1_245
    assert mapping.next_poll_ms() is None


def test_an_idle_mapping_starts_anew():
    mapping = mapping_on(1_000)
    mapping.forget(mapping.poll(0).batch)
    assert start_all(mapping, 10 * MINUTE) == 5


def test_the_maximum_concurrency_holds_whatever_scaling_allows():
    """S74: nothing is received in vain."""
    mapping = mapping_on(10, maximum_concurrency=2)
    assert start_all(mapping, 0) == 2
    assert mapping.next_poll_ms() is None
    assert start_all(mapping, 60 * MINUTE) == 0


def test_provisioned_pollers_have_numbers_of_their_own():
    """S75: ten invocations each, and a thousand more in a minute."""
    assert provisioned() == ScalingSettings(start=20, per_minute=1_000, most=2_000)
    mapping = mapping_on(100, scaling=provisioned(3, 5))
    assert start_all(mapping, 0) == 30
    assert start_all(mapping, 60 * MINUTE) == 20


@pytest.mark.parametrize(
    ("config", "scaling"),
    [
        ({}, ON_DEMAND),
        ({"MinimumPollers": 3}, provisioned(3, 200)),
        ({"MinimumPollers": 2, "MaximumPollers": 9}, provisioned(2, 9)),
    ],
)
def test_a_mapping_is_created_with_provisioned_pollers(config, scaling):
    request = read_request({"ProvisionedPollerConfig": config}, fifo=False)
    assert request.settings.scaling == scaling


def test_provisioned_pollers_exclude_a_maximum_concurrency():
    """S75."""
    with pytest.raises(MappingRefused, match="cannot be used together"):
        read_request(
            {
                "ProvisionedPollerConfig": {"MinimumPollers": 2},
                "ScalingConfig": {"MaximumConcurrency": 2},
            },
            fifo=False,
        )


def test_pauses_between_attempts_grow_to_a_bound():
    """S99; the numbers are an assumption (N6)."""
    pauses = Pauses(first_ms=100, factor=3, most_ms=1_000)
    assert [pauses.after(attempts) for attempts in (1, 2, 3, 4, 99)] == [
        100,
        300,
        900,
        1_000,
        1_000,
    ]


def received(available_ms):
    entry = Entry(Message(message_id="m", body="a", sent_ms=0), 0, available_ms, 10 * MINUTE)
    return Received(entry, "handle", 1, 0)


def test_a_throttled_batch_is_over_when_its_first_message_is_visible_again():
    """S99."""
    waiting = ThrottledBatch([received(9_000), received(5_000)])
    waiting.refused(0)
    assert (waiting.attempts, waiting.next_ms) == (1, 1_000)
    waiting.refused(1_000)
    assert (waiting.attempts, waiting.next_ms) == (2, 3_000)
    waiting.refused(3_000)
    assert waiting.next_ms == 5_000
    assert not waiting.is_over(4_999)
    assert waiting.is_over(5_000)


def test_a_forgotten_batch_lets_its_groups_go_on():
    """S73, S99: what did not fit beside it is handed over."""
    queue = FifoQueue(QueueSettings(name="q.fifo", fifo=True, visibility_timeout_ms=MINUTE))
    for number in range(2):
        queue.send(
            Message(
                message_id=str(number),
                body="x" * 4_000_000,
                sent_ms=0,
                group_id="g",
                deduplication_id=str(number),
            )
        )
    mapping = EventSourceMapping(queue, MappingSettings())
    first = mapping.poll(0).batch
    assert [item.entry.message.message_id for item in first] == ["0"]
    assert mapping.poll(0).batch == []
    mapping.forget(first)
    assert [item.entry.message.message_id for item in mapping.poll(0).batch] == ["1"]
