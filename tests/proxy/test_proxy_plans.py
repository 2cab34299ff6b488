"""Which calls and messages the faults of a plan strike, and what the proxy cannot do."""

from __future__ import annotations

import pytest
from proxy_consumer import Consumer, content
from proxying import listed

from sqs_contract.errors import UsageError
from sqs_contract.history import Called
from sqs_contract.proxy.plans import CALL_KINDS, MESSAGE_KINDS, DrawnPlan
from sqs_contract.scenario import Fault, FaultKind

# Calls


def test_a_call_is_counted_once_however_often_the_sdk_tries():
    site = Fault(kind=FaultKind.CALL_FAILS, site="sqs.DeleteMessage orders", nth=2)
    rules = Consumer(site).rules
    kinds = [
        rules.call("DeleteMessage", "orders", attempt).kind
        for attempt in ("one", "one", "two", "two", "three")
    ]
    assert kinds == [None, None, FaultKind.CALL_FAILS, FaultKind.CALL_FAILS, None]
    (event,) = [event for event in rules.events if isinstance(event, Called)]
    assert (event.site, event.nth, event.error) == ("sqs.DeleteMessage orders", 2, "InternalError")


def test_a_fault_that_strikes_once_spares_the_retry():
    site = Fault(kind=FaultKind.ANSWER_LOST_ONCE, site="sqs.DeleteMessage orders")
    rules = Consumer(site).rules
    first, retry = (rules.call("DeleteMessage", "orders", "one") for _ in range(2))
    assert (first.kind, first.again) == (FaultKind.ANSWER_LOST_ONCE, False)
    assert (retry.kind, retry.again) == (None, True)


def test_empty_receives_are_not_counted():
    """How many there are depends on how long the consumer waits."""
    site = Fault(kind=FaultKind.EMPTY_RECEIVE, site="sqs.ReceiveMessage orders", nth=2)
    consumer = Consumer(site)
    kinds = []
    for there in ([], [], [content(1)], [], [content(2)]):
        kinds.append(consumer.rules.call("ReceiveMessage", "orders", None).kind)
        consumer.receive(*there)
    assert kinds == [None, None, None, FaultKind.EMPTY_RECEIVE, None]


# Plans


def test_a_drawn_plan_depends_on_the_seed_and_on_what_it_strikes_alone():
    def told(seed):
        plan = DrawnPlan(seed)
        names = [f"m{number}" for number in range(1, 60)]
        return {
            **{name: tuple(plan.on_message(name, 1, fifo=False)) for name in names},
            **{
                (operation, nth): plan.on_call(f"sqs.{operation} orders", nth)
                for operation in ("ReceiveMessage", "DeleteMessage", "DeleteMessageBatch")
                for nth in range(1, 60)
            },
        }

    assert told(7) == told(7)
    assert told(7) != told(8)


def test_every_fault_of_a_queue_is_drawn_and_they_come_to_an_end():
    def drawn(fifo):
        return {
            kind
            for seed in range(30)
            for number in range(1, 20)
            for kind in DrawnPlan(seed).on_message(f"m{number}", 1, fifo=fifo)
        }

    assert drawn(fifo=False) == set(MESSAGE_KINDS) - {FaultKind.EXPIRED_HANDLE}
    assert drawn(fifo=True) == {FaultKind.LOST_DELETE, FaultKind.EXPIRED_HANDLE}
    for seed in range(20):
        plan = DrawnPlan(seed)
        assert plan.on_message("m1", 1, fifo=False)  # the first comes again in any case
        assert not plan.on_message("m1", 2, fifo=False)
        assert plan.on_call("sqs.ReceiveMessage orders", 13) is None
        assert plan.on_call("sqs.SendMessage orders", 1) is None
    kinds = {
        DrawnPlan(seed).on_call(f"sqs.{operation} orders", nth)
        for seed in range(40)
        for nth in range(1, 13)
        for operation in ("ReceiveMessage", "DeleteMessageBatch")
    }
    assert kinds >= {FaultKind.EMPTY_RECEIVE, FaultKind.PARTLY_FAILS_ONCE, FaultKind.SLOW, None}
    assert kinds <= {*CALL_KINDS, None}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": FaultKind.CRASH_BEFORE, "invocation": 1}, "cannot bring about 'crash-before'"),
        ({"kind": FaultKind.TIMEOUT_AFTER, "site": "sqs.DeleteMessage q"}, "'timeout-after'"),
        ({"kind": FaultKind.CALL_FAILS, "site": "dynamodb.PutItem q"}, "sqs.DeleteMessage QUEUE"),
        ({"kind": FaultKind.CALL_FAILS, "site": "sqs.Delete q"}, "sqs.DeleteMessage QUEUE"),
        ({"kind": FaultKind.CALL_FAILS, "site": "sqs.DeleteMessage"}, "sqs.DeleteMessage QUEUE"),
        ({"kind": FaultKind.EMPTY_RECEIVE, "site": "sqs.DeleteMessage q"}, "strikes sqs.Receive"),
        ({"kind": FaultKind.PARTLY_FAILS, "site": "sqs.DeleteMessage q"}, "DeleteMessageBatch"),
    ],
)
def test_a_plan_says_what_the_proxy_cannot_do(given, said):
    with pytest.raises(UsageError, match=said):
        listed(Fault(**given))
