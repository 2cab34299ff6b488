"""Commands to Redis are fault sites, below the client's own retries. fakeredis is the server."""

from __future__ import annotations

import asyncio

import fakeredis
import pytest
import redis
from playing import calls, error_types, strike

from sqs_contract.scenario import FaultKind

INCR = "redis.INCRBY total"


@pytest.fixture
def play(world):
    """Plays one message, tried once; returns the run, the total in the end, what was raised."""

    def run(work, *faults):
        seen = []
        server = fakeredis.FakeServer()

        def handler(*_):
            try:
                seen.append(work(server))
            except Exception as error:
                seen.append(error)
                raise

        def total():
            return int(fakeredis.FakeRedis(server=server).get("total") or 0)

        def reset():
            fakeredis.FakeRedis(server=server).flushall()

        stand = world.use(handler, effects=total, reset=reset, max_receive_count=1)
        played = stand.play("a", faults=faults)
        return played, played.worlds[-1], seen

    return run


def count(server):
    return fakeredis.FakeRedis(server=server).incr("total")


def count_async(server):
    async def main():
        client = fakeredis.FakeAsyncRedis(server=server)
        try:
            return await client.incr("total")
        finally:
            await client.aclose()

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("work", [count, count_async])


@BOTH
def test_without_a_fault_a_command_is_one_site(play, work):
    run, total, seen = play(work)
    assert (total, seen) == (1, [1])
    assert [it.site for it in calls(run)] == [INCR]


@BOTH
@pytest.mark.parametrize(
    ("kind", "error_type", "counted"),
    [
        (FaultKind.CALL_FAILS, redis.exceptions.ReadOnlyError, 0),
        (FaultKind.NO_CONNECTION, redis.exceptions.ConnectionError, 0),
        (FaultKind.ANSWER_LOST, redis.exceptions.RedisError, 1),
    ],
)
def test_a_fault_raises_what_the_client_raises(play, work, kind, error_type, counted):
    run, total, [error] = play(work, strike(kind, INCR))
    assert isinstance(error, error_type)
    assert total == counted
    assert [it.fault for it in calls(run)] == [kind]


def test_an_answer_lost_once_is_repeated_by_the_client_and_counts_twice(play):
    """A client of redis-py has these retries by itself, one of fakeredis only if it is told."""

    def work(server):
        client = fakeredis.FakeRedis(server=server)
        pool = client.connection_pool
        pool.release(pool.get_connection())  # one to set them for
        client.set_retry(redis.retry.Retry(redis.backoff.ExponentialBackoff(), 3))
        return client.incr("total")

    run, total, seen = play(work, strike(FaultKind.ANSWER_LOST_ONCE, INCR))
    assert (total, seen) == (2, [2])
    assert len(calls(run)) == 1
    assert redis.Redis().get_retry().get_retries() == 3


@BOTH
@pytest.mark.parametrize(
    ("kind", "counted"), [(FaultKind.TIMEOUT_BEFORE, 0), (FaultKind.KILLED_AFTER, 1)]
)
def test_the_sandbox_dies_at_the_command(play, work, kind, counted):
    run, total, seen = play(work, strike(kind, INCR))
    assert (total, seen) == (counted, [])
    assert error_types(run)[0] in ("Sandbox.Timedout", "Runtime.ExitError")


def pipeline(server):
    client = fakeredis.FakeRedis(server=server)
    with client.pipeline() as commands:
        commands.incr("total")
        commands.incr("total")
        return commands.execute()


@pytest.mark.parametrize(
    ("kind", "counted"), [(FaultKind.NO_CONNECTION, 0), (FaultKind.ANSWER_LOST, 2)]
)
def test_a_pipeline_is_one_site(play, kind, counted):
    run, total, [error] = play(pipeline, strike(kind, "redis.EXEC total"))
    assert total == counted
    assert isinstance(error, redis.exceptions.RedisError)
    assert [it.site for it in calls(run)] == ["redis.EXEC total"]


def test_a_read_that_fails_says_that_the_server_is_loading(play):
    def read(server):
        return fakeredis.FakeRedis(server=server).get("total")

    _, _, [error] = play(read, strike(FaultKind.CALL_FAILS, "redis.GET total"))
    assert isinstance(error, redis.exceptions.BusyLoadingError)
