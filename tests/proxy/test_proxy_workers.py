"""Worker loops behind the proxy: correct ones keep their contract, each broken twin is told."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from proxying import Running, asking, client, listed

from sqs_contract.history import Received, event_to_json
from sqs_contract.proxy.plans import DrawnPlan
from sqs_contract.scenario import Fault, FaultKind

ORDERS = [{"id": f"o{number}", "amount": 10 + number} for number in range(5)]
AGAIN = Fault(kind=FaultKind.DUPLICATE_LATER, message="m1")
LOST = Fault(kind=FaultKind.LOST_DELETE, message="m1")


class Shop:
    """The world of the workers, and one worker loop whose parts the broken ones replace."""

    def __init__(self):
        self.orders, self.totals, self.log = {}, {}, []

    def effects(self):
        return {"orders": self.orders, "totals": self.totals, "log": self.log}

    def work(self, message):
        """Once only, whatever comes how often."""
        order = json.loads(message["Body"])
        if order["id"] not in self.orders:
            self.orders[order["id"]] = {"amount": order["amount"], "at": time.time()}
            self.totals["ada"] = self.totals.get("ada", 0) + order["amount"]

    def handle(self, message, delete):
        self.work(message)
        delete()

    def poll(self, consumer, url, empties=2, maximum=10, polls=100):
        """Poll until there was nothing for a while."""
        while empties and polls:
            polls -= 1
            with suppress(ClientError, HTTPClientError):  # it lives on, and polls again
                answer = consumer.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=maximum, AttributeNames=["All"]
                )
                empties -= not answer.get("Messages")
                self.batch(consumer, url, answer.get("Messages", []))

    def batch(self, consumer, url, messages):
        for message in messages:
            self.handle(
                message,
                lambda handle=message["ReceiptHandle"]: consumer.delete_message(
                    QueueUrl=url, ReceiptHandle=handle
                ),
            )


class AddsAgain(Shop):
    def work(self, message):
        order = json.loads(message["Body"])
        self.orders[order["id"]] = {"amount": order["amount"], "at": time.time()}
        self.totals["ada"] = self.totals.get("ada", 0) + order["amount"]


class ChargesAgain(Shop):
    """Writes a row of its own for each delivery."""

    def effects(self):
        return self.log

    def work(self, message):
        self.log.append(json.loads(message["Body"]))


class DeletesFirst(Shop):
    def handle(self, message, delete):
        delete()
        self.work(message)


class DeletesAllFirst(Shop):
    """As fast workers do: acknowledges the batch, then goes to work."""

    def batch(self, consumer, url, messages):
        for message in messages:
            consumer.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        for message in messages:
            self.work(message)


class SkipsWhatItKnows(Shop):
    """Takes a message that comes again for done, and leaves it where it is."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def handle(self, message, delete):
        if message["MessageId"] not in self.seen:
            self.seen.add(message["MessageId"])
            super().handle(message, delete)


class TogglesBack(Shop):
    def effects(self):
        return {"orders": sorted(self.orders)}

    def work(self, message):
        order = json.loads(message["Body"])
        if self.orders.pop(order["id"], None) is None:
            self.orders[order["id"]] = order


class StampsItsVisits(Shop):
    """Correct; notes when it was at work last, under a name of that message."""

    def work(self, message):
        super().work(message)
        self.totals["last seen"] = f"{time.time():.6f}"


class TalliesAfterwards(Shop):
    """Correct; counts what it has deleted."""

    def handle(self, message, delete):
        super().handle(message, delete)
        self.log.append("deleted one")


class CountsItsDuplicates(Shop):
    """Correct, and says so: nobody can tell from outside that this number may rise."""

    def work(self, message):
        known = json.loads(message["Body"])["id"] in self.orders
        super().work(message)
        if known:
            self.totals["duplicates"] = self.totals.get("duplicates", 0) + 1


def session(upstream, shop, *faults, orders=ORDERS, visibility="60", plan=None, **poll):
    """A worker polls at the proxy until the queue is empty."""
    direct = client(upstream)
    url = direct.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": visibility})[
        "QueueUrl"
    ]
    for order in orders:
        direct.send_message(QueueUrl=url, MessageBody=json.dumps(order))
    try:
        plan = plan or listed(*faults)
        with Running(upstream, plan=plan, effects=asking(shop.effects)) as proxy:
            own = f"{proxy.url}/123456789012/orders"
            shop.poll(client(proxy.url, tries=1), own, **poll)
        return proxy
    finally:
        direct.delete_queue(QueueUrl=url)


@pytest.mark.parametrize("worker", [Shop, StampsItsVisits])
def test_a_correct_worker_keeps_its_contract(upstream, worker):
    assert session(upstream, worker(), AGAIN).verdicts() == {
        "no-loss": "held",
        "idempotent": "held",
        "fifo-order": "not-checked",
        "drains": "held",
    }


@pytest.mark.parametrize(
    ("worker", "fault", "clause", "mode"),
    [
        (AddsAgain, AGAIN, "idempotent", "done-again"),
        (AddsAgain, LOST, "idempotent", "done-again"),
        (ChargesAgain, AGAIN, "idempotent", "done-again"),
        (TogglesBack, LOST, "idempotent", "undone-again"),
        (DeletesFirst, AGAIN, "no-loss", "deleted-first"),
        (DeletesAllFirst, LOST, "no-loss", "deleted-first"),
    ],
)
def test_each_broken_twin_is_told_and_nothing_else(upstream, worker, fault, clause, mode):
    proxy = session(upstream, worker(), fault)
    broken = {result.clause: result.violation for result in proxy.results() if result.violation}
    assert list(broken) == [clause]
    assert broken[clause].mode == mode
    if clause == "idempotent":
        assert broken[clause].messages == ("m1",)


def test_a_worker_that_leaves_what_it_knows_never_drains(upstream):
    """Each time after the visibility timeout the message is there again, and skipped again."""
    verdicts = {
        polls: session(
            upstream, SkipsWhatItKnows(), LOST, orders=ORDERS[:1], visibility="0", polls=polls
        ).verdicts()["drains"]
        for polls in (3, 6)
    }
    assert verdicts == {3: "not-checked", 6: "violated"}


def test_a_tally_kept_after_the_delete_is_no_loss(upstream):
    assert session(upstream, TalliesAfterwards(), AGAIN).verdicts()["no-loss"] == "held"


def test_what_cannot_be_told_from_outside_is_not_checked(upstream):
    proxy = session(upstream, CountsItsDuplicates(), AGAIN)
    (result,) = [one for one in proxy.results() if one.clause == "idempotent"]
    assert result.verdict.value == "not-checked"
    assert "changed totals" in result.reason


def test_without_effects_the_clauses_that_need_them_say_what_to_give(upstream):
    with Running(upstream) as proxy:
        pass
    reasons = {result.clause: result.reason for result in proxy.results()}
    assert "--effects module:function, or --effects-command" in reasons["no-loss"]
    assert reasons["no-loss"] == reasons["idempotent"]
    assert reasons["drains"] == "no message was delivered"


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_the_same_seed_gives_the_same_history(upstream, seed):
    first, second = (
        [event_to_json(event) for event in session(upstream, Shop(), plan=DrawnPlan(seed)).history]
        for _ in range(2)
    )
    assert first == second
    assert any(event["event"] == "struck" for event in first)


def test_other_seeds_give_other_histories(upstream):
    found = {
        json.dumps([event_to_json(event) for event in session(
            upstream, Shop(), plan=DrawnPlan(seed), orders=ORDERS[:3]).history])
        for seed in (1, 3)
    }  # fmt: skip
    assert len(found) == 2


# FIFO queues


class Group(Shop):
    """Fails at the first delivery of the first order, and stops there."""

    stops = True

    def batch(self, consumer, url, messages):
        for message in messages:
            order = json.loads(message["Body"])
            if order["id"] == "o0" and message["Attributes"]["ApproximateReceiveCount"] == "1":
                if self.stops:
                    for left in messages:
                        consumer.change_message_visibility(
                            QueueUrl=url, ReceiptHandle=left["ReceiptHandle"], VisibilityTimeout=0
                        )
                    return
                consumer.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
                continue
            self.work(message)
            consumer.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class GoesOn(Group):
    stops = False


@pytest.mark.parametrize(("worker", "verdict"), [(Group, "held"), (GoesOn, "violated")])
def test_a_fifo_worker_stops_where_a_message_of_a_group_fails(upstream, worker, verdict):
    direct = client(upstream)
    url = direct.create_queue(
        QueueName="orders.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    for order in ORDERS[:3]:
        direct.send_message(QueueUrl=url, MessageBody=json.dumps(order), MessageGroupId="g")
    shop = worker()
    with Running(upstream, effects=asking(shop.effects)) as proxy:
        shop.poll(client(proxy.url), f"{proxy.url}/123456789012/orders.fifo")
    direct.delete_queue(QueueUrl=url)
    assert proxy.verdicts()["fifo-order"] == verdict
    assert len(shop.orders) == 3


def test_several_workers_at_once_are_not_accused(upstream):
    """They hold back one another's windows; what cannot be told then is not."""
    shop = Shop()
    lock = threading.Lock()
    work, shop.work = shop.work, lambda message: _locked(lock, work, message)
    direct = client(upstream)
    url = direct.create_queue(QueueName="orders")["QueueUrl"]
    for order in ORDERS:
        direct.send_message(QueueUrl=url, MessageBody=json.dumps(order))
    with Running(upstream, plan=DrawnPlan(3), effects=asking(shop.effects)) as proxy:
        own = f"{proxy.url}/123456789012/orders"
        threads = [
            threading.Thread(target=shop.poll, args=(client(proxy.url, tries=1), own, 4, 2))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    direct.delete_queue(QueueUrl=url)
    assert "violated" not in proxy.verdicts().values()
    records = [
        one for event in proxy.history if isinstance(event, Received) for one in event.records
    ]
    assert any(record.receive_count > 1 for record in records)


def _locked(lock, work, message):
    with lock:
        work(message)
