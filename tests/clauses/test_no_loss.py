"""`no-loss`: no message is deleted before its effect is there."""

from __future__ import annotations

import contextlib
import itertools
import json

import boto3
import pytest
from playing import (
    add_one,
    create_everything,
    modes,
    order,
    poison,
    put_item,
    reporting,
    store,
    strike,
)

from sqs_contract.clauses.verdict import PoisonPolicy
from sqs_contract.scenario import FaultKind, ScenarioMessage

CLAUSE = "no-loss"
PUT = "dynamodb.PutItem items a"
ADD = "dynamodb.UpdateItem totals sum"
FAILURES = (
    FaultKind.CALL_FAILS,
    FaultKind.NO_CONNECTION,
    FaultKind.ANSWER_LOST,
    FaultKind.TIMEOUT_BEFORE,
    FaultKind.TIMEOUT_AFTER,
)


@pytest.fixture
def judged(world):
    def judge(handler, *given, faults=(), policy=PoisonPolicy.EITHER, **settings):
        settings = {"report_batch_item_failures": True, "max_receive_count": 5, **settings}
        stand = world.use(handler, reset=create_everything, **settings)
        return stand.judge(CLAUSE, *given, faults=faults, policy=policy)

    return judge


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_that_reaches_lambda_loses_nothing(judged, kind):
    assert modes(judged(reporting(store), order("a"), order("b"), faults=[strike(kind, PUT)])) == []


def swallowing(event, _):
    for record in event["Records"]:
        try:
            store(json.loads(record["body"]))
        except Exception:  # noqa: BLE001  as handlers do
            print("never mind")
    return {"batchItemFailures": []}


@pytest.mark.parametrize("kind", [FaultKind.CALL_FAILS, FaultKind.NO_CONNECTION])
def test_a_failure_that_is_swallowed_loses_the_message(judged, kind):
    judgement = judged(swallowing, order("a"), order("b"), faults=[strike(kind, PUT)])
    assert modes(judgement) == ["deleted-undone"]
    assert judgement.violations[0].messages == ("m1",)
    assert judgement.violations[0].invocation == 1


@pytest.mark.parametrize("kind", [FaultKind.ANSWER_LOST, FaultKind.TIMEOUT_AFTER])
def test_a_swallowed_failure_of_what_took_effect_loses_nothing(judged, kind):
    """Look-alike: the effect is there."""
    assert modes(judged(swallowing, order("a"), faults=[strike(kind, PUT)])) == []


def marks_first(data):
    client = boto3.client("dynamodb")
    try:
        client.put_item(
            TableName="items",
            Item={"id": {"S": data["id"]}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except client.exceptions.ConditionalCheckFailedException:
        return  # a duplicate
    add_one("sum")


@pytest.mark.parametrize("kind", [FaultKind.CALL_FAILS, FaultKind.TIMEOUT_BEFORE])
def test_a_mark_before_the_effect_takes_a_half_done_message_for_done(judged, kind):
    judgement = judged(reporting(marks_first), order("a"), faults=[strike(kind, ADD)])
    assert modes(judgement) == ["taken-for-done"]


def test_so_does_the_sdk_s_own_retry_of_the_mark(judged):
    """The condition fails against the first try's own effect."""
    lost = strike(FaultKind.ANSWER_LOST_ONCE, PUT)
    judgement = judged(reporting(marks_first), order("a"), faults=[lost])
    assert modes(judgement) == ["retry-taken-for-done"]


def in_one_transaction(data):
    client = boto3.client("dynamodb")
    try:
        client.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "items",
                        "Item": {"id": {"S": data["id"]}},
                        "ConditionExpression": "attribute_not_exists(id)",
                    }
                },
                {
                    "Update": {
                        "TableName": "totals",
                        "Key": {"id": {"S": "sum"}},
                        "UpdateExpression": "ADD n :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}},
                    }
                },
            ]
        )
    except client.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise


def in_one_transaction_that_any_cancels(data):
    client = boto3.client("dynamodb")
    with contextlib.suppress(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"Put": put} for put in [new_item(data)]])


def new_item(data):
    return {
        "TableName": "items",
        "Item": {"id": {"S": data["id"]}},
        "ConditionExpression": "attribute_not_exists(id)",
    }


def test_a_throttled_transaction_is_not_one_that_was_made_before(judged):
    """Both are TransactionCanceledException; the reasons tell them apart."""
    throttled = strike(FaultKind.CALL_THROTTLED, "dynamodb.TransactWriteItems items a")
    judgement = judged(
        reporting(in_one_transaction_that_any_cancels), order("a"), faults=[throttled]
    )
    assert modes(judgement) == ["deleted-undone"]


TRANSACTION_FAILS = [*FAILURES, FaultKind.CALL_THROTTLED, FaultKind.ANSWER_LOST_ONCE]


@pytest.mark.parametrize("kind", TRANSACTION_FAILS)
def test_mark_and_effect_in_one_transaction(judged, kind):
    """The correct twin."""
    site = "dynamodb.TransactWriteItems items a + totals sum"
    given = (order("a"), order("b"))
    assert modes(judged(reporting(in_one_transaction), *given, faults=[strike(kind, site)])) == []


def test_several_messages_that_are_lost_are_told_together(judged):
    failing = [strike(FaultKind.CALL_FAILS, f"dynamodb.PutItem items {key}") for key in "ab"]
    judgement = judged(swallowing, order("a"), order("b"), faults=failing)
    assert judgement.violations[0].claim == (
        "m1 and m2 are lost: each was deleted, and its effect is not all there."
    )


def newest_sent_wins(*passed_over):
    """Keeps the text that was sent last, whatever the order of arrival; of two that were sent
    in one millisecond, that of the greater id. `passed_over` are refusals it takes for older."""

    def handler(event, context):
        client = boto3.client("dynamodb")
        failures = []
        for record in event["Records"]:
            stamp = record["attributes"]["SentTimestamp"] + record["messageId"]
            try:
                client.put_item(
                    TableName="items",
                    Item={"id": {"S": "a"}, "text": {"S": record["body"]}, "stamp": {"S": stamp}},
                    ConditionExpression="attribute_not_exists(id) OR stamp < :stamp",
                    ExpressionAttributeValues={":stamp": {"S": stamp}},
                )
            except client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in passed_over:
                    failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    return handler


OLDER = "ConditionalCheckFailedException"


def sent_apart(*named):
    return tuple(
        ScenarioMessage(name=name, body=body, after_ms=1_000 * place)
        for place, (name, body) in enumerate(named)
    )


@pytest.mark.parametrize("names", list(itertools.permutations(("m1", "m2", "m3"))), ids="-".join)
def test_which_message_was_sent_last_decides_and_not_which_has_the_greater_id(judged, names):
    """Clean deliveries say when a message was sent, as the run did."""
    messages = sent_apart(*zip(names, ("old", "old", "new"), strict=True))
    assert modes(judged(newest_sent_wins(OLDER), *messages)) == []


@pytest.mark.parametrize("names", [("m1", "m2"), ("m2", "m1")], ids="-".join)
def test_a_failed_write_that_is_taken_for_an_older_one(judged, names):
    """The broken twin."""
    messages = sent_apart(*zip(names, ("old", "new"), strict=True))
    failing = strike(FaultKind.CALL_FAILS, PUT, nth=2)
    judgement = judged(newest_sent_wins(OLDER, "InternalServerError"), *messages, faults=[failing])
    assert modes(judgement) == ["deleted-undone"]


def test_a_report_nobody_reads_loses_what_it_reports(judged):
    """S85."""
    failing = strike(FaultKind.CALL_FAILS, PUT)
    judgement = judged(
        reporting(store), order("a"), faults=[failing], report_batch_item_failures=False
    )
    assert modes(judgement) == ["deleted-undone"]


def test_deleted_beside_a_message_that_was_done_in_a_batch(judged):
    """The first record only: the others of a batch are lost, and alone nothing is."""

    def handler(event, _):
        store(json.loads(event["Records"][0]["body"]))

    assert modes(judged(handler, order("a"), order("b"))) == ["deleted-undone"]
    assert modes(judged(handler, order("a"))) == []


def test_a_message_refused_alone_and_deleted_in_company_is_lost(judged):
    """It takes any batch in which something went well for good."""

    def handler(event, _):
        failed = []
        for record in event["Records"]:
            try:
                store(json.loads(record["body"]))
            except Exception:  # noqa: BLE001  as handlers do
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed if len(failed) == len(event["Records"]) else []}

    judgement = judged(handler, order("a"), poison())
    assert modes(judgement) == ["deleted-undone"]
    assert "refuses it when it comes alone" in judgement.violations[0].claim


def test_poison_dropped_on_purpose_is_no_loss_unless_it_was_to_be_reported(judged):
    assert modes(judged(swallowing, order("a"), poison())) == []
    assert modes(judged(swallowing, order("a"), poison(), policy=PoisonPolicy.DROP)) == []
    assert modes(judged(swallowing, order("a"), poison(), policy=PoisonPolicy.REPORT)) == [
        "poison-dropped"
    ]


def test_poison_that_leaves_a_trace_was_not_dropped(judged):
    """Look-alike: put aside into a table of its own."""

    def handler(event, _):
        for record in event["Records"]:
            try:
                store(json.loads(record["body"]))
            except ValueError:
                put_item(record["body"], "totals")

    assert modes(judged(handler, order("a"), poison(), policy=PoisonPolicy.REPORT)) == []


def test_where_no_effect_can_be_seen_nothing_can_be_told(judged):
    assert not judged(lambda *_: None, order("a")).tested


def test_the_dead_letter_queue_is_no_loss(judged):
    def handler(*_):
        raise ValueError

    assert modes(judged(reporting(store), order("a"), poison())) == []
    assert not judged(handler, order("a")).tested


def deleting(*, first):
    """Deletes by hand what it takes for done, and raises if anything failed."""

    def handler(event, _):
        sqs, done, failed = boto3.client("sqs"), [], False
        for record in event["Records"]:
            if first:
                done.append(record)
            try:
                store(json.loads(record["body"]))
            except Exception:  # noqa: BLE001  as handlers do
                failed = True
            else:
                done.append(record)
        url = sqs.get_queue_url(QueueName=event["Records"][0]["eventSourceARN"].split(":")[-1])
        for record in done:
            sqs.delete_message(QueueUrl=url["QueueUrl"], ReceiptHandle=record["receiptHandle"])
        if failed:
            raise RuntimeError

    return handler


def test_what_the_handler_deleted_itself_is_not_laid_at_lambdas_door(judged):
    judgement = judged(
        deleting(first=True),
        order("a"),
        faults=[strike(FaultKind.CALL_FAILS, PUT)],
        report_batch_item_failures=False,
    )
    assert modes(judgement) == ["deleted-by-hand"]
    assert "the handler deleted it itself" in judgement.violations[0].claim
    assert "Lambda" not in judgement.violations[0].why


def test_deleting_by_hand_what_is_done_and_raising_for_the_rest_keeps_the_contract(judged):
    """The correct twin."""
    for kind in FAILURES:
        judgement = judged(
            deleting(first=False),
            order("a"),
            order("b"),
            faults=[strike(kind, PUT)],
            report_batch_item_failures=False,
        )
        assert modes(judgement) == []


def test_what_is_sent_anew_for_ever_is_not_lost(judged):
    """It is in the queue still when the run is cut off: `drains` tells that it circulates."""

    def handler(event, _):
        sqs = boto3.client("sqs")
        for record in event["Records"]:
            if event["Records"][0]["body"] == "!":
                name = record["eventSourceARN"].rpartition(":")[2]
                url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=record["body"])
            else:
                store(json.loads(record["body"]))

    assert not judged(handler, poison(), order("a")).tested
