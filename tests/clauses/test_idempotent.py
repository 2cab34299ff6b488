"""`idempotent`: the effects after any number of deliveries are those of one."""

from __future__ import annotations

import json
import time
import uuid

import boto3
import pytest
from playing import (
    QUEUE,
    add_one,
    create_everything,
    modes,
    order,
    poison,
    put_item,
    reporting,
    strike,
)

from sqs_contract.scenario import FaultKind, ScenarioMessage

CLAUSE = "idempotent"
ADD = "dynamodb.UpdateItem totals sum"
AGAIN = {
    "later": [strike(FaultKind.DUPLICATE_LATER, "m1")],
    "in the batch": [strike(FaultKind.DUPLICATE_IN_BATCH, "m1")],
    "lost delete": [strike(FaultKind.LOST_DELETE, "m1")],
    "crash": [strike(FaultKind.CRASH_AFTER, 1)],
    "cold": [strike(FaultKind.DUPLICATE_LATER, "m1"), strike(FaultKind.COLD_START, 2)],
}


@pytest.fixture
def judged(world):
    def judge(handler, *given, faults=(), **settings):
        settings = {"report_batch_item_failures": True, "max_receive_count": 5, **settings}
        stand = world.use(handler, reset=create_everything, **settings)
        return stand.judge(CLAUSE, *given, faults=faults)

    return judge


def add(data):
    put_item(data["id"])
    add_one("sum")


def put(data):
    put_item(data["id"], by={"S": str(uuid.uuid4())}, at={"N": str(time.time())})


def append(data):
    boto3.client("dynamodb").put_item(
        TableName="items", Item={"id": {"S": str(uuid.uuid4())}, "order": {"S": data["id"]}}
    )


def add_guarded(data):
    client = boto3.client("dynamodb")
    try:
        add_one(
            data["id"],
            ConditionExpression="attribute_not_exists(n)",
        )
    except client.exceptions.ConditionalCheckFailedException:
        return


@pytest.mark.parametrize("faults", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("work", [put, add_guarded])
def test_what_is_written_under_a_key_may_come_again(judged, work, faults):
    """Other times and random values in it are noise."""
    assert modes(judged(reporting(work), order("a"), order("b"), faults=faults)) == []


@pytest.mark.parametrize("faults", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("work", [add, append])
def test_what_adds_must_not(judged, work, faults):
    judgement = judged(reporting(work), order("a"), order("b"), faults=faults)
    assert modes(judgement) == ["done-again"]
    assert "m1" in judgement.violations[0].messages


def test_one_delivery_is_no_test(judged):
    assert not judged(reporting(add), order("a"), order("b")).tested


def test_what_cannot_be_seen_cannot_be_told(judged):
    assert not judged(lambda *_: None, order("a"), faults=AGAIN["later"]).tested


def test_an_exception_after_the_effect_does_it_again(judged):
    """No fault needed: a poison neighbour brings the whole batch back."""

    def handler(event, _):
        for record in event["Records"]:
            add(json.loads(record["body"]))

    assert modes(judged(handler, order("a"), poison())) == ["done-again"]


def test_an_effect_whose_answer_was_lost_is_done_again(judged):
    lost = strike(FaultKind.ANSWER_LOST, ADD)
    assert modes(judged(reporting(add), order("a"), faults=[lost])) == ["done-again"]


def test_a_call_that_failed_before_is_done_once(judged):
    """Look-alike: nothing had happened."""
    failed = strike(FaultKind.CALL_FAILS, ADD)
    assert modes(judged(reporting(add), order("a"), faults=[failed])) == []


def test_a_retry_of_the_sdk_is_no_second_delivery(judged):
    """What it doubles, the handler cannot see; no redelivery took place."""
    lost = strike(FaultKind.ANSWER_LOST_ONCE, ADD)
    assert not judged(reporting(add), order("a"), faults=[lost]).tested


def send(data):
    boto3.client("sqs").send_message(QueueUrl=QUEUE, MessageBody=data["id"])


def test_a_message_sent_on_again_is_done_again(judged):
    assert modes(judged(reporting(send), order("a"), faults=AGAIN["later"])) == ["done-again"]


def test_a_message_sent_on_whose_answer_was_lost_is_what_the_transport_does(judged):
    """Look-alike: SQS may double any message; the receiver must take it anyway."""
    lost = strike(FaultKind.ANSWER_LOST, "sqs.SendMessage forward")
    assert modes(judged(reporting(send), order("a"), faults=[lost])) == []


def test_the_order_of_deliveries_is_no_effect_of_doing_it_again(judged):
    """The last one wins: any order is one the queue may have chosen."""

    def handler(event, _):
        for record in event["Records"]:
            put_item("last", by={"S": record["body"]})

    faults = [strike(FaultKind.DUPLICATE_LATER, "m1")]
    assert modes(judged(handler, order("a"), order("b"), faults=faults)) == []


def test_two_messages_about_the_same_thing_are_two(judged):
    """The same body sent twice by its producer counts twice, and that is no redelivery."""
    assert not judged(reporting(add), order("a"), order("a")).tested


def test_a_message_half_done_and_dead_lettered_is_no_doubled_one(judged):
    """Two deliveries, both cut off before the sum: the row is there once."""
    cuts = [strike(FaultKind.TIMEOUT_BEFORE, ADD, nth) for nth in (1, 2)]
    judgement = judged(reporting(add), order("a"), faults=cuts, max_receive_count=2)
    assert judgement.violations == ()


def test_a_delivery_that_comes_again_may_undo_another_message(judged):
    """A list that one who finds himself on it begins anew: `b` was on it, and is no more."""

    def enlist(data):
        client = boto3.client("dynamodb")
        found = client.get_item(TableName="totals", Key={"id": {"S": "list"}}).get("Item", {})
        listed = found.get("names", {"SS": []})["SS"]
        names = [data["id"]] if data["id"] in listed else sorted([*listed, data["id"]])
        put_item("list", "totals", names={"SS": names})

    judgement = judged(reporting(enlist), order("a"), order("b"), faults=AGAIN["later"])
    assert modes(judgement) == ["undone-again"]
    assert judgement.violations[0].messages == ("m2",)
    assert "delivering m1 again undid it" in judgement.violations[0].claim


def test_the_last_delivery_may_win(judged):
    """Look-alike: the later of two writes to one place is over the other, in some order."""

    def overwrite(data):
        put_item("last", "totals", name={"S": data["id"]})

    judgement = judged(reporting(overwrite), order("a"), order("b"), faults=AGAIN["later"])
    assert judgement.tested
    assert modes(judgement) == []


def test_what_is_done_about_a_malformed_body_may_be_done_again(judged):
    """It is accepted, and leaves a row without a key of its own: nobody's effect is doubled."""
    broken = ScenarioMessage(name="p1", body='{"id": null}', note="field 'id' is null")

    def work(data):
        put(data) if data["id"] else append({"id": "none"})

    crash = [strike(FaultKind.CRASH_AFTER, 1)]
    assert modes(judged(reporting(work), order("a"), broken, faults=crash)) == []


def test_a_well_formed_one_beside_it_may_not(judged):
    """Look-alike."""
    broken = ScenarioMessage(name="p1", body='{"id": null}', note="field 'id' is null")

    def work(data):
        append(data) if data["id"] else put({"id": "none"})

    crash = [strike(FaultKind.CRASH_AFTER, 1)]
    assert modes(judged(reporting(work), order("a"), broken, faults=crash)) == ["done-again"]
