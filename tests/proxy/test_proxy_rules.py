"""What the proxy does with the n-th receive or delete: no network, no clock."""

from __future__ import annotations

import pytest
from proxy_consumer import Consumer, content

from sqs_contract.history import DeleteRequested, Delivery, Received, Released, Struck
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.proxy.book import VISIBILITY_DEFAULT_MS
from sqs_contract.proxy.plans import NoFaults
from sqs_contract.proxy.rules import HOLD_MS, Done, Forward, Wait
from sqs_contract.scenario import Fault, FaultKind, ScenarioMessage


def fault(kind, name="m1", nth=1):
    return Fault(kind=kind, message=name, nth=nth)


def test_without_faults_everything_passes_as_it_is():
    consumer = Consumer(plan=NoFaults())
    there = [content(1), content(2)]
    given = consumer.receive(*there)
    assert given == there
    assert [consumer.delete(message) for message in given] == [
        Forward("handle-1-1"),
        Forward("handle-2-1"),
    ]
    assert consumer.receive() == []
    assert consumer.rules.is_quiet(consumer.now_ms)
    assert [type(event) for event in consumer.rules.events] == [
        Received,
        DeleteRequested,
        DeleteRequested,
    ]


def test_events_are_a_millisecond_apart_whatever_time_it_is():
    consumer = Consumer(plan=NoFaults())
    (message,) = consumer.receive(content(1))
    consumer.now_ms = 123_456
    consumer.delete(message)
    first, second = consumer.rules.events
    assert second.at_ms - first.at_ms == 1


def test_a_duplicate_comes_by_itself_with_a_handle_of_its_own_and_is_never_asked_for_upstream():
    consumer = Consumer(fault(FaultKind.DUPLICATE_LATER))
    first, other = consumer.receive(content(1), content(2))
    assert consumer.delete(first) == Forward("handle-1-1")
    assert isinstance(consumer.receive(content(3)), Wait)  # m2 is still under way
    consumer.delete(other)
    (again,) = consumer.receive(content(3))
    assert again["Body"] == first["Body"]
    assert again["ReceiptHandle"] not in {"handle-1-1", "handle-2-1"}
    assert again["ReceiptHandle"].startswith("AQEB")
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert consumer.delete(again) == Done()
    assert consumer.receive(content(3)) == [content(3)]


def test_a_duplicate_does_not_wait_for_ever():
    consumer = Consumer(fault(FaultKind.DUPLICATE_LATER))
    first, _stuck = consumer.receive(content(1), content(2))
    consumer.delete(first)
    assert consumer.receive() == Wait(HOLD_MS)
    consumer.now_ms = HOLD_MS
    assert len(consumer.receive()) == 1


def test_nothing_is_handed_out_beside_a_message_that_came_again():
    consumer = Consumer(fault(FaultKind.DUPLICATE_LATER))
    (first,) = consumer.receive(content(1))
    consumer.delete(first)
    (again,) = consumer.receive()
    assert consumer.receive(content(2)) == Wait(HOLD_MS)
    consumer.delete(again)
    assert consumer.receive(content(2)) == [content(2)]


def test_a_lost_delete_is_answered_and_the_message_is_still_the_endpoints():
    consumer = Consumer(fault(FaultKind.LOST_DELETE))
    (first,) = consumer.receive(content(1))
    assert consumer.delete(first) == Done()
    (again,) = consumer.receive()
    assert consumer.delete(again) == Forward("handle-1-1")
    lost, done = consumer.events(DeleteRequested)
    assert (lost.done, lost.answer) == (False, None)
    assert (done.done, done.receive_count) == (True, 2)
    assert consumer.events(Struck) == [Struck(lost.at_ms - 1, FaultKind.LOST_DELETE, message="m1")]


def test_an_expired_handle_strikes_fifo_queues_only():
    """S39: a standard queue takes a handle after the visibility timeout."""
    faults = fault(FaultKind.EXPIRED_HANDLE)
    consumer = Consumer(faults, queue="orders.fifo")
    (first,) = consumer.receive(content(1, group="g"))
    refusal = consumer.delete(first)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "InvalidParameterValue"
    assert consumer.events(DeleteRequested)[0].answer == "InvalidParameterValue"
    (again,) = consumer.receive()
    assert consumer.delete(again) == Forward("handle-1-1")
    standard = Consumer(faults)
    (first,) = standard.receive(content(1))
    assert standard.delete(first) == Forward("handle-1-1")


@pytest.mark.parametrize(
    "kind", [FaultKind.DUPLICATE_LATER, FaultKind.DUPLICATE_IN_BATCH, FaultKind.OVERTAKEN]
)
def test_a_fifo_queue_does_not_do_what_only_a_standard_one_does(kind):
    """S42, S45."""
    consumer = Consumer(fault(kind), queue="orders.fifo")
    (first,) = consumer.receive(content(1, group="g"))
    consumer.delete(first)
    assert consumer.receive() == []
    assert consumer.events(Struck) == []


def test_a_message_is_overtaken_by_those_that_come_after_it():
    consumer = Consumer(fault(FaultKind.OVERTAKEN))
    assert consumer.receive(content(1), content(2)) == [content(2)]
    assert consumer.receive(content(3)) == [content(3), content(1)]
    assert [event.records for event in consumer.events(Received)] == [
        (Delivery("m2", 1),),
        (Delivery("m3", 1), Delivery("m1", 1)),
    ]


def test_a_message_nothing_can_overtake_comes_after_all():
    consumer = Consumer(fault(FaultKind.OVERTAKEN))
    assert consumer.receive(content(1)) == [content(1)]


def test_a_batch_holds_a_message_twice_if_there_is_room():
    plan = fault(FaultKind.DUPLICATE_IN_BATCH)
    one, other = Consumer(plan).receive(content(1))
    assert one["MessageId"] == other["MessageId"]
    assert one["ReceiptHandle"] != other["ReceiptHandle"]
    assert Consumer(plan).receive(content(1), maximum=1) == [content(1)]


def test_with_effects_every_other_batch_is_one_message():
    """So that what it changes can be told from what its neighbours do."""
    consumer = Consumer(plan=NoFaults(), alone=True)
    there = [content(number) for number in range(1, 7)]
    sizes = []
    while there:
        given = consumer.receive(*there, maximum=3)
        sizes.append(len(given))
        del there[: len(given)]
    assert sizes == [1, 3, 1, 1]


def test_receive_counts_go_on_from_what_the_endpoint_counts():
    """A message of which we made a copy is not handed out with the same count again."""
    consumer = Consumer(fault(FaultKind.LOST_DELETE))
    (first,) = consumer.receive(content(1))
    consumer.delete(first)
    consumer.receive()
    consumer.now_ms = VISIBILITY_DEFAULT_MS
    (third,) = consumer.receive(content(1, receive=2))
    assert third["Attributes"]["ApproximateReceiveCount"] == "3"
    assert [event.records for event in consumer.events(Received)] == [
        (Delivery("m1", count),) for count in (1, 2, 3)
    ]


def test_a_message_is_never_handed_out_more_often_than_its_redrive_policy_allows():
    """S57: the next receive would move it to the dead-letter queue."""
    consumer = Consumer(fault(FaultKind.LOST_DELETE))
    consumer.rules.book.queue("orders").max_receive_count = 1
    (first,) = consumer.receive(content(1))
    consumer.delete(first)
    assert consumer.receive() == []


def test_visibility_timeout_zero_gives_a_message_back():
    consumer = Consumer(plan=NoFaults())
    (first,) = consumer.receive(content(1))
    handle = first["ReceiptHandle"]
    assert consumer.rules.change_visibility("orders", handle, 0, 0) == Forward(handle)
    (event,) = consumer.events(Released)
    assert (event.message, event.receive_count) == ("m1", 1)
    assert not consumer.rules.under_way(consumer.now_ms)


def test_the_visibility_of_a_copy_of_a_deleted_message_is_no_business_of_the_endpoints():
    consumer = Consumer(fault(FaultKind.DUPLICATE_LATER))
    (first,) = consumer.receive(content(1))
    consumer.delete(first)
    (again,) = consumer.receive()
    assert consumer.rules.change_visibility("orders", again["ReceiptHandle"], 30, 0) == Done()
    assert consumer.rules.change_visibility("orders", again["ReceiptHandle"], "0", 0) == Done()
    assert len(consumer.receive()) == 1


def test_what_is_not_deleted_is_no_longer_under_way_after_its_visibility_timeout():
    consumer = Consumer(plan=NoFaults())
    consumer.receive(content(1))
    consumer.receive()
    assert not consumer.rules.is_quiet(VISIBILITY_DEFAULT_MS - 1)
    assert consumer.rules.is_quiet(VISIBILITY_DEFAULT_MS)


def test_a_consumer_that_extends_the_visibility_timeout_is_still_at_work():
    consumer = Consumer(plan=NoFaults())
    (message,) = consumer.receive(content(1))
    consumer.rules.change_visibility("orders", message["ReceiptHandle"], 60, 20_000)
    assert consumer.rules.under_way(79_999)
    assert not consumer.rules.under_way(80_000)


def test_a_message_that_is_never_deleted_circulates():
    consumer = Consumer(plan=NoFaults())
    found = []
    for receive in range(1, 8):
        consumer.receive(content(1, receive=receive))
        found.append(consumer.rules.circulates())
    assert found == [False] * 5 + [True] * 2


def test_handles_of_others_pass():
    assert Consumer(plan=NoFaults()).delete({"ReceiptHandle": "?"}) == Forward("?")
    rules = Consumer(plan=NoFaults()).rules
    assert rules.change_visibility("orders", "?", 0, 0) == Forward("?")
    rules.delete_struck("orders", "?", "InternalError")
    assert rules.events == []


def test_messages_are_called_as_the_scenario_calls_them_else_by_their_number():
    scenario = [
        ScenarioMessage(name="late", body="body 2"),
        ScenarioMessage(name="m1", body="body 9"),
    ]
    consumer = Consumer(plan=NoFaults(), scenario=scenario)
    consumer.receive(content(1), content(2), content(3))
    (event,) = consumer.events(Received)
    assert [record.message for record in event.records] == ["m2", "late", "m3"]


def test_a_delete_that_never_arrived_brings_the_message_back_unless_it_is_tried_again():
    consumer = Consumer(plan=NoFaults())
    for retried in (False, True):
        (message,) = consumer.receive(content(1 + retried))
        consumer.rules.delete_struck("orders", message["ReceiptHandle"], "no answer")
        if retried:
            consumer.delete(message)
        assert len(consumer.receive()) == (0 if retried else 1)
        consumer.now_ms += VISIBILITY_DEFAULT_MS


def test_messages_lost_on_the_way_were_never_delivered():
    consumer = Consumer(plan=NoFaults())
    consumer.rules.lost_on_the_way("orders", [content(1)])
    assert consumer.events(Received) == []
    (message,) = consumer.receive()
    assert message["Body"] == "body 1"
