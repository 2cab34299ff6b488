"""Before an AWS call nothing has happened, after it all of it has: in any service, at a timeout, from any thread."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from call_faults import FAILURES, PUT, items, noting
from playing import (
    QUEUE,
    TOPIC,
    calls,
    create_everything,
    create_table,
    error_types,
    outcomes,
    put_item,
    strike,
)

from sqs_contract.faults.kinds import possible_kinds
from sqs_contract.scenario import FaultKind

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
