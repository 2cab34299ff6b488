"""Faults on AWS calls strike where their label says, and do there what they say."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from playing import (
    QUEUE,
    TOPIC,
    add_one,
    calls,
    create_everything,
    create_table,
    error_types,
    outcomes,
    put_item,
    strike,
)

from sqs_contract.faults.kinds import possible_kinds
from sqs_contract.model.invocation import ErrorKind
from sqs_contract.scenario import FaultKind

PUT = "dynamodb.PutItem items a"
FAILURES = (FaultKind.CALL_FAILS, FaultKind.NO_CONNECTION)
NOTHING_HAPPENS = {
    *FAILURES,
    FaultKind.CALL_THROTTLED,
    FaultKind.TIMEOUT_BEFORE,
    FaultKind.KILLED_BEFORE,
}
ENDS = {
    FaultKind.TIMEOUT_BEFORE: "Sandbox.Timedout",
    FaultKind.TIMEOUT_AFTER: "Sandbox.Timedout",
    FaultKind.KILLED_BEFORE: "Runtime.ExitError",
    FaultKind.KILLED_AFTER: "Runtime.ExitError",
}


def noting(work, seen):
    """A handler that does its work and notes what came of it; it fails with its work."""

    def handler(event, _):
        for record in event["Records"]:
            try:
                work(record["body"])
            except Exception as error:
                seen.append(error)
                raise
            seen.append("ok")

    return handler


@pytest.fixture
def play_once(world):
    """Plays one message `a`, tried once. Returns the run and what the handler saw."""

    def play(work, *faults, reset=create_table):
        seen = []
        stand = world.use(noting(work, seen), reset=reset, max_receive_count=1)
        return stand.play("a", faults=faults), seen

    return play


def items(run):
    return [item["id"] for item in run.worlds[-1].get("dynamodb", {}).get("items", [])]


def test_without_a_fault_the_call_is_seen_and_does_its_work(play_once):
    run, seen = play_once(put_item)
    assert [(it.site, it.nth, it.fault, it.error) for it in calls(run)] == [(PUT, 1, None, None)]
    assert items(run) == ["a"]
    assert seen == ["ok"]


@pytest.mark.parametrize("kind", FAILURES)
def test_a_call_that_fails_has_no_effect_and_the_handler_sees_the_error(play_once, kind):
    run, [error] = play_once(put_item, strike(kind, PUT))
    assert items(run) == []
    [called] = calls(run)
    assert called.fault is kind
    if kind is FaultKind.CALL_FAILS:
        assert error.response["Error"]["Code"] == called.error == "InternalServerError"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert error.response["ResponseMetadata"]["RetryAttempts"] > 0
    else:
        assert isinstance(error, botocore.exceptions.EndpointConnectionError)
        assert called.error == "EndpointConnectionError"


def test_the_error_is_the_one_the_client_models(play_once):
    """`except client.exceptions.InternalServerError` works as on AWS."""
    caught = []

    def work(key):
        client = boto3.client("dynamodb")
        try:
            client.put_item(TableName="items", Item={"id": {"S": key}})
        except client.exceptions.InternalServerError:
            caught.append(key)

    play_once(work, strike(FaultKind.CALL_FAILS, PUT))
    assert caught == ["a"]


def test_a_lost_answer_leaves_the_effect_and_the_handler_sees_an_error(play_once):
    run, [error] = play_once(put_item, strike(FaultKind.ANSWER_LOST, PUT))
    assert items(run) == ["a"]
    assert isinstance(
        error, botocore.exceptions.ConnectionError | botocore.exceptions.HTTPClientError
    )


def test_an_answer_lost_once_is_repaired_by_the_sdk_and_counts_twice(play_once):
    run, seen = play_once(
        add_one,
        strike(FaultKind.ANSWER_LOST_ONCE, "dynamodb.UpdateItem totals a"),
        reset=create_everything,
    )
    assert seen == ["ok"]
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 2}]
    assert calls(run)[0].fault is FaultKind.ANSWER_LOST_ONCE


def add_in_a_transaction(key, **token):
    boto3.client("dynamodb").transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": "totals",
                    "Key": {"id": {"S": key}},
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            }
        ],
        **token,
    )


@pytest.mark.parametrize("token", [{}, {"ClientRequestToken": "the-same"}])
def test_a_call_with_an_idempotency_token_is_done_once_however_often_it_is_retried(
    play_once, token
):
    """The SDK makes one up where none is given, and keeps it for its retries."""
    run, seen = play_once(
        lambda key: add_in_a_transaction(key, **token),
        strike(FaultKind.ANSWER_LOST_ONCE, "dynamodb.TransactWriteItems totals a"),
        reset=create_everything,
    )
    assert seen == ["ok"]
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 1}]


def test_two_transactions_without_a_token_of_the_callers_are_two(play_once):
    """Look-alike of the above: the SDK's token is new for every call."""

    def twice(key):
        add_in_a_transaction(key)
        add_in_a_transaction(key)

    run, _ = play_once(twice, reset=create_everything)
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 2}]


def test_a_conditional_write_meets_its_own_effect_when_it_is_retried(play_once):
    """The handler is told that the condition failed, although it was this very call that wrote."""

    def work(key):
        boto3.client("dynamodb").put_item(
            TableName="items",
            Item={"id": {"S": key}},
            ConditionExpression="attribute_not_exists(id)",
        )

    run, [error] = play_once(work, strike(FaultKind.ANSWER_LOST_ONCE, PUT))
    assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert items(run) == ["a"]


def test_a_client_that_does_not_retry_sees_the_one_lost_answer(play_once):
    def work(key):
        client = boto3.client("dynamodb", config=Config(retries={"max_attempts": 0}))
        client.put_item(TableName="items", Item={"id": {"S": key}})

    run, [error] = play_once(work, strike(FaultKind.ANSWER_LOST_ONCE, PUT))
    assert isinstance(error, botocore.exceptions.ConnectionClosedError)
    assert items(run) == ["a"]


@pytest.mark.parametrize("mode", [pytest.param("legacy", marks=pytest.mark.nightly), "standard"])
@pytest.mark.parametrize("kind", FAILURES)
def test_every_retry_mode_gives_up_in_no_virtual_time_to_speak_of(play_once, mode, kind):
    """Back-off draws its shortest pause, so the fault comes before the deadline."""

    def work(key):
        client = boto3.client("dynamodb", config=Config(retries={"mode": mode}))
        client.put_item(TableName="items", Item={"id": {"S": key}})

    run, seen = play_once(work, strike(kind, PUT))
    assert len(seen) == 1
    assert outcomes(run)[0].kind is ErrorKind.RAISED


WORK = {
    "dynamodb": (put_item, PUT, {"InternalServerError"}),
    "sqs": (
        lambda key: boto3.client("sqs").send_message(QueueUrl=QUEUE, MessageBody=key),
        "sqs.SendMessage forward",
        {"ServiceUnavailable", "InternalFailure", "InternalError"},
    ),
    "sns": (
        lambda key: boto3.client("sns").publish(TopicArn=TOPIC, Message=key),
        "sns.Publish topic",
        {"InternalError"},
    ),
    "s3": (
        lambda key: boto3.client("s3").put_object(Bucket="bucket", Key=key, Body=b"x"),
        "s3.PutObject bucket a",
        {"InternalError", "ServiceUnavailable", "SlowDown"},
    ),
    "events": (
        lambda key: boto3.client("events").put_events(
            Entries=[{"Source": "s", "DetailType": "t", "Detail": f'{{"id": "{key}"}}'}]
        ),
        "events.PutEvents",
        {"InternalException", "ServiceUnavailable", "InternalFailure"},
    ),
    "dynamodb resource": (
        lambda key: boto3.resource("dynamodb").Table("items").put_item(Item={"id": key}),
        PUT,
        {"InternalServerError"},
    ),
    "s3 resource": (
        lambda key: boto3.resource("s3").Bucket("bucket").put_object(Key=key, Body=b"x"),
        "s3.PutObject bucket a",
        {"InternalError", "ServiceUnavailable", "SlowDown"},
    ),
    "s3 transfer": (
        lambda key: boto3.client("s3").upload_fileobj(io.BytesIO(b"x"), "bucket", key),
        "s3.PutObject bucket a",
        {"InternalError", "ServiceUnavailable", "SlowDown"},
    ),
}


@pytest.mark.parametrize("name", WORK)
def test_before_means_that_nothing_happened_in_any_service(play_once, name):
    """And the code of the error is one that service gives."""
    work, site, codes = WORK[name]
    run, [error] = play_once(work, strike(FaultKind.CALL_FAILS, site), reset=create_everything)
    assert not any(any(state.values()) for state in run.worlds[-1].values() if state)
    called = next(it for it in calls(run) if it.site == site)
    assert called.fault is FaultKind.CALL_FAILS
    assert called.error in codes
    assert called.error in str(error)


@pytest.mark.parametrize(
    "kind",
    [FaultKind.ANSWER_LOST, pytest.param(FaultKind.TIMEOUT_AFTER, marks=pytest.mark.nightly)],
)
@pytest.mark.parametrize("name", WORK)
def test_after_means_that_it_happened_in_any_service(play_once, name, kind):
    work, site, _ = WORK[name]
    clean, _ = play_once(work, reset=create_everything)
    run, seen = play_once(work, strike(kind, site), reset=create_everything)
    assert run.worlds[-1] == clean.worlds[-1] != {}
    timed_out = kind is FaultKind.TIMEOUT_AFTER
    assert (error_types(run) == ["Sandbox.Timedout"]) == timed_out
    assert bool(seen) != timed_out or name == "s3 transfer"  # which works in a thread
    assert timed_out or seen != ["ok"]


@pytest.mark.parametrize(
    "kind", [FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER], ids=lambda kind: kind.value
)
def test_a_timeout_ends_the_invocation_at_the_call(play_once, kind):
    """S118, S120: no line after it runs, neither `except` nor `finally` does."""
    ran = []

    def work(key):
        try:
            put_item(key)
        except BaseException:  # noqa: BLE001  as handlers do
            ran.append("except")
            put_item("from-except")
        else:
            ran.append("after")
        finally:
            ran.append("finally")
            put_item("from-finally")

    run, seen = play_once(work, strike(kind, PUT))
    assert (ran, seen) == ([], [])
    assert items(run) == (["a"] if kind is FaultKind.TIMEOUT_AFTER else [])
    assert error_types(run) == ["Sandbox.Timedout"]
    assert "3.00 seconds" in outcomes(run)[0].message
    assert [(it.fault, it.error) for it in calls(run)] == [(kind, "the invocation timed out here")]


@pytest.mark.parametrize(
    "kind", [FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER], ids=lambda kind: kind.value
)
def test_a_timeout_is_when_the_deadline_passes(play_once, kind):
    """The invocation ended because its three seconds were over: so they are."""
    run, _ = play_once(put_item, strike(kind, PUT))
    invoked, ended = (
        next(event.at_ms for event in run.events if type(event).__name__ == name)
        for name in ("Invoked", "Ended")
    )
    assert ended - invoked == 3_000


def in_a_pool(key):
    with ThreadPoolExecutor(2) as pool:
        pool.submit(put_item, key).result()


def in_an_event_loop(key):
    async def main():
        put_item(key)

    asyncio.run(main())


def in_a_thread_of_an_event_loop(key):
    async def main():
        await asyncio.to_thread(put_item, key)

    asyncio.run(main())


PLACES = (in_a_pool, in_an_event_loop, in_a_thread_of_an_event_loop)


@pytest.mark.parametrize("kind", sorted(possible_kinds(PUT), key=lambda kind: kind.value))
@pytest.mark.parametrize("work", PLACES)
def test_a_fault_strikes_from_any_thread_the_handler_uses(play_once, work, kind):
    run, seen = play_once(work, strike(kind, PUT))
    assert calls(run)[0].fault is kind
    assert items(run) == ([] if kind in NOTHING_HAPPENS else ["a"])
    assert ("ok" in seen) == (kind in {FaultKind.ANSWER_LOST_ONCE, FaultKind.SLOW})
    assert error_types(run)[0] == ENDS.get(kind, error_types(run)[0])


@pytest.mark.parametrize("work", PLACES)
def test_after_a_timeout_in_any_thread_the_next_invocation_works(world, work):
    seen = []
    stand = world.use(noting(work, seen), reset=create_table)
    run = stand.play("a", faults=[strike(FaultKind.TIMEOUT_BEFORE, PUT)])
    assert error_types(run) == ["Sandbox.Timedout", None]
    assert items(run) == ["a"]


def test_the_nth_call_of_a_label_is_struck_over_redeliveries_too(world):
    seen = []
    stand = world.use(noting(put_item, seen), reset=create_table)
    first = stand.play("a", faults=[strike(FaultKind.CALL_FAILS, PUT)])
    second = stand.play("a", faults=[strike(FaultKind.CALL_FAILS, PUT, nth=2)])
    both = stand.play("a", faults=[strike(FaultKind.CALL_FAILS, PUT, nth=n) for n in (1, 2)])
    assert error_types(first) == ["InternalServerError", None]
    assert error_types(second) == [None]
    assert error_types(both) == ["InternalServerError", "InternalServerError", None]
    assert [it.fault for it in calls(both)] == [FaultKind.CALL_FAILS, FaultKind.CALL_FAILS, None]


def test_only_the_label_of_the_fault_is_struck(world):
    seen = []
    stand = world.use(noting(put_item, seen), reset=create_table, batch_size=1)
    run = stand.play("a", "b", faults=[strike(FaultKind.CALL_FAILS, "dynamodb.PutItem items b")])
    struck = [it.site for it in calls(run) if it.fault]
    assert struck == ["dynamodb.PutItem items b"]


@pytest.mark.parametrize(
    "fault",
    [
        strike(FaultKind.CALL_FAILS, "dynamodb.PutItem items z"),
        strike(FaultKind.TIMEOUT_AFTER, PUT, nth=2),
        strike(FaultKind.DUPLICATE_LATER, "m1", nth=7),
        strike(FaultKind.LOST_DELETE, "m9"),
        strike(FaultKind.CRASH_AFTER, 9),
    ],
    ids=lambda fault: fault.kind.value,
)
def test_a_fault_that_never_struck_stands_nowhere_in_the_history(world, fault):
    seen = []
    stand = world.use(noting(put_item, seen), reset=create_table)
    clean = stand.play("a")
    analysis = stand.analyse("a", faults=[fault])
    assert analysis.faults_struck == set()
    assert analysis.run.events == clean.events
    assert analysis.run.worlds == clean.worlds


def test_calls_of_reset_and_effects_are_no_sites(world):
    def effects():
        return boto3.client("dynamodb").scan(TableName="items")["Items"]

    def reset():
        create_table()
        put_item("a")

    fault = strike(FaultKind.CALL_FAILS, PUT)
    stand = world.use(noting(put_item, []), reset=reset, effects=effects)
    run = stand.play("a", faults=[fault])
    assert run.worlds[0] == [{"id": {"S": "a"}}]
    assert [it.site for it in calls(run)] == [PUT, PUT]
    assert calls(run)[0].fault is FaultKind.CALL_FAILS


def test_a_call_that_aws_refuses_is_told_with_its_code(play_once):
    run, [error] = play_once(lambda key: put_item(key, "nowhere"))
    assert calls(run)[0].error == "ResourceNotFoundException"
    assert calls(run)[0].fault is None
    assert error.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_call_that_botocore_refuses_is_told_by_its_error(play_once):
    run, _ = play_once(lambda key: boto3.client("dynamodb").put_item(TableName="items", Item=key))
    assert [(it.site, it.error) for it in calls(run)] == [
        ("dynamodb.PutItem items", "ParamValidationError")
    ]


def test_every_page_of_a_paginator_is_a_call(play_once):
    def work(key):
        for number in range(3):
            put_item(f"{key}{number}")
        pages = boto3.client("dynamodb").get_paginator("scan")
        list(pages.paginate(TableName="items", PaginationConfig={"PageSize": 1}))

    run, _ = play_once(work)
    scans = [it.nth for it in calls(run) if it.site == "dynamodb.Scan items"]
    assert scans[:3] == [1, 2, 3]


def test_a_body_that_is_a_stream_is_sent_again_whole(play_once):
    def work(key):
        boto3.client("s3").put_object(Bucket="bucket", Key=key, Body=io.BytesIO(b"whole"))

    run, seen = play_once(
        work,
        strike(FaultKind.ANSWER_LOST_ONCE, "s3.PutObject bucket a"),
        reset=create_everything,
    )
    assert seen == ["ok"]
    assert run.worlds[-1]["s3"]["bucket"]["a"]["body"] == "whole"


def test_several_faults_strike_in_one_run(world):
    def work(key):
        put_item(key)
        add_one(key)

    seen = []
    stand = world.use(noting(work, seen), reset=create_everything)
    run = stand.play(
        "a",
        faults=[
            strike(FaultKind.NO_CONNECTION, PUT),
            strike(FaultKind.ANSWER_LOST, "dynamodb.UpdateItem totals a"),
        ],
    )
    assert [it.fault for it in calls(run) if it.fault] == [
        FaultKind.NO_CONNECTION,
        FaultKind.ANSWER_LOST,
    ]
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 2}]
