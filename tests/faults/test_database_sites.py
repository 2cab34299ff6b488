"""psycopg and PyMySQL: statements and commits are fault sites, and transactions are true.

The servers are stubs that speak the drivers' protocols and know what a transaction is; the
drivers are real. A real server would do no other in what is looked at here.
"""

from __future__ import annotations

import asyncio

import psycopg
import pymysql
import pytest
from faults.database_stubs import MySQL, PostgreSQL, running
from playing import calls, error_types, strike

from sqs_contract.scenario import FaultKind
from sqs_contract.world.clock import real_sleep

_LOOKS = 300


@pytest.fixture(scope="module")
def servers():
    with running(PostgreSQL) as postgresql, running(MySQL) as mysql:
        yield {"psycopg": postgresql, "pymysql": mysql}


@pytest.fixture
def play(world, servers):
    """Plays one message, tried once; returns the run, what is committed, what was raised."""

    def run(work, *faults):
        server = servers[work.library]
        seen = []
        server.rows.clear()
        while server.gone.acquire(blocking=False):
            pass  # of the test before

        def handler(event, _):
            try:
                work(server.port, event["Records"][0]["body"])
            except Exception as error:
                seen.append(error)
                raise

        stand = world.use(handler, max_receive_count=1)
        played = stand.play("a", faults=faults)
        # The sandbox is gone for good, as it is where its modules are imported anew.
        life = world.player.target._here.sandbox.life
        world.player.world.environment_ended(life, for_good=True)
        if any(it.site.endswith("COMMIT") or "INSERT" in it.site for it in calls(played)):
            assert any(is_gone(server) for _ in range(_LOOKS))
        return played, list(server.rows), seen

    return run


def is_gone(server):
    """Whether a connection has ended. Time is virtual here, so it is looked at again and again."""
    real_sleep(0.01)
    return server.gone.acquire(blocking=False)


def library(name):
    def mark(work):
        work.library = name
        return work

    return mark


def connect(port):
    return psycopg.connect(
        host="127.0.0.1", port=port, user="u", dbname="d", sslmode="disable", gssencmode="disable"
    )


@library("psycopg")
def psycopg_by_context(port, key):
    with connect(port) as connection:
        connection.execute("insert into orders values (%s)", (key,))


@library("psycopg")
def psycopg_by_hand(port, key):
    connection = connect(port)
    with connection.cursor() as cursor:
        cursor.execute("insert into orders values (%s)", [key])
    connection.commit()
    connection.close()


@library("psycopg")
def psycopg_by_transaction(port, key):
    connection = connect(port)
    connection.autocommit = True
    with connection.transaction():
        connection.execute("insert into orders values (%s)", (key,))
    connection.close()


@library("psycopg")
def psycopg_awaited(port, key):
    async def main():
        connection = await psycopg.AsyncConnection.connect(
            host="127.0.0.1", port=port, user="u", sslmode="disable", gssencmode="disable"
        )
        async with connection:
            await connection.execute("insert into orders values (%s)", (key,))

    asyncio.run(main())


@library("pymysql")
def pymysql_by_hand(port, key):
    connection = pymysql.connect(host="127.0.0.1", port=port, user="u")
    with connection.cursor() as cursor:
        cursor.execute("insert into orders values (%s)", (key,))
    connection.commit()
    connection.close()


WAYS = pytest.mark.parametrize(
    "work",
    [
        pytest.param(psycopg_by_context, marks=pytest.mark.nightly),
        psycopg_by_hand,
        pytest.param(psycopg_by_transaction, marks=pytest.mark.nightly),
        psycopg_awaited,
        pymysql_by_hand,
    ],
)


def sites_of(work):
    return [f"{work.library}.{it}" for it in ("connect", "INSERT orders a", "COMMIT")]


def error_of(work):
    return {"psycopg": psycopg.OperationalError, "pymysql": pymysql.err.OperationalError}[
        work.library
    ]


@WAYS
def test_connecting_a_statement_and_its_commit_are_sites(play, work):
    run, rows, seen = play(work)
    assert seen == []
    assert rows == ["a"]
    assert [it.site for it in calls(run)] == sites_of(work)


@WAYS
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_fails_is_not_committed(play, work, place):
    _, rows, [error] = play(work, strike(FaultKind.CALL_FAILS, sites_of(work)[place]))
    assert type(error) is error_of(work)
    assert rows == []


@WAYS
@pytest.mark.parametrize(("place", "there"), [(1, []), (2, ["a"])])
def test_a_lost_answer_is_a_lost_connection_and_what_was_committed_stays(play, work, place, there):
    _, rows, [error] = play(work, strike(FaultKind.ANSWER_LOST, sites_of(work)[place]))
    assert type(error) is error_of(work)
    assert rows == there


@WAYS
@pytest.mark.parametrize(
    ("kind", "place", "there"),
    [
        (FaultKind.TIMEOUT_AFTER, 1, []),
        (FaultKind.KILLED_BEFORE, 2, []),
        (FaultKind.TIMEOUT_AFTER, 2, ["a"]),
    ],
)
def test_the_connection_of_a_dead_sandbox_is_closed_and_commits_nothing(
    play, work, kind, place, there
):
    run, rows, seen = play(work, strike(kind, sites_of(work)[place]))
    assert seen == []
    assert error_types(run)[0] in ("Sandbox.Timedout", "Runtime.ExitError")
    assert rows == there


@pytest.mark.parametrize("work", [psycopg_by_hand, pymysql_by_hand])
def test_a_connection_that_was_lost_takes_no_further_statement(play, work):
    @library(work.library)
    def goes_on(port, key):
        connection = (
            connect(port)
            if work.library == "psycopg"
            else pymysql.connect(host="127.0.0.1", port=port, user="u")
        )
        with pytest.raises(error_of(work)):
            connection.cursor().execute("insert into orders values (%s)", (key,))
        connection.cursor().execute("insert into orders values (%s)", ("b",))

    _, rows, [error] = play(goes_on, strike(FaultKind.CALL_FAILS, sites_of(work)[1]))
    assert rows == []
    assert isinstance(error, psycopg.OperationalError | pymysql.err.InterfaceError)


@pytest.mark.parametrize("work", [psycopg_by_hand, psycopg_awaited])
def test_while_an_invocation_is_held_nobody_waits_for_its_locks(play, world, servers, work):
    """It goes on only when the other is over: to wait for it is in vain. Else nothing is set."""
    heard, gate = servers["psycopg"].heard, world.player.world.gate
    heard.clear()
    play(work)
    assert not any("lock_timeout" in statement for statement in heard)
    gate.overlapping = True
    try:
        _, rows, seen = play(work)
    finally:
        gate.overlapping = False
    assert (rows, seen) == (["a"], [])
    at = heard.index("SET lock_timeout TO 100")
    assert heard[at + 1].startswith("insert into orders") or heard[at + 1] == "BEGIN"
