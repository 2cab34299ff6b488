"""Statements and commits in SQLite are fault sites, and transactions stay what they are."""

from __future__ import annotations

import sqlite3

import pytest
from playing import calls, error_types, strike
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError as SqlAlchemyError

from sqs_contract.scenario import FaultKind

INSERT = "sqlite3.INSERT orders a"
COMMIT = "sqlite3.COMMIT"


@pytest.fixture
def database(tmp_path):
    return str(tmp_path / "orders.db")


@pytest.fixture
def play(world, database):
    """Plays one message, tried once; returns the run, the rows in the end, what was raised."""

    def run(work, *faults):
        seen = []

        def handler(event, _):
            try:
                work(database, event["Records"][0]["body"])
            except Exception as error:
                seen.append(error)
                raise

        def rows():
            connection = sqlite3.connect(database)
            try:
                return [row[0] for row in connection.execute("select id from orders order by id")]
            finally:
                connection.close()

        def create():
            connection = sqlite3.connect(database)
            connection.executescript("drop table if exists orders; create table orders (id text)")
            connection.close()

        stand = world.use(handler, reset=create, effects=rows, max_receive_count=1)
        played = stand.play("a", faults=faults)
        return played, played.worlds[-1], seen

    return run


def in_a_transaction(database, key):
    connection = sqlite3.connect(database)
    try:
        with connection:
            connection.execute("insert into orders values (?)", (key,))
    finally:
        connection.close()


def committed_by_hand(database, key):
    connection = sqlite3.connect(database)
    cursor = connection.cursor()
    cursor.execute("insert into orders values (:id)", {"id": key})
    connection.commit()
    connection.close()


def committed_by_statement(database, key):
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("begin")
    connection.execute("INSERT INTO orders VALUES (?)", (key,))
    connection.execute("commit")
    connection.close()


def with_sqlalchemy(database, key):
    engine = create_engine(f"sqlite:///{database}")
    try:
        with engine.begin() as connection:
            connection.execute(text("insert into orders values (:id)"), {"id": key})
    finally:
        engine.dispose()


WAYS = pytest.mark.parametrize(
    "work", [in_a_transaction, committed_by_hand, committed_by_statement, with_sqlalchemy]
)


def error_of(work):
    return SqlAlchemyError if work is with_sqlalchemy else sqlite3.OperationalError


@WAYS
def test_without_a_fault_a_statement_and_its_commit_are_two_sites(play, work):
    run, rows, seen = play(work)
    assert rows == ["a"]
    assert seen == []
    assert [it.site for it in calls(run)] == [INSERT, COMMIT]


@WAYS
@pytest.mark.parametrize("site", [INSERT, COMMIT])
def test_what_fails_is_not_committed(play, work, site):
    _, rows, [error] = play(work, strike(FaultKind.CALL_FAILS, site))
    assert type(error) is error_of(work)
    assert "database is locked" in str(error)
    assert rows == []


@WAYS
def test_a_commit_whose_answer_is_lost_took_effect(play, work):
    _, rows, [error] = play(work, strike(FaultKind.ANSWER_LOST, COMMIT))
    assert type(error) is error_of(work)
    assert rows == ["a"]


@WAYS
def test_a_statement_whose_answer_is_lost_takes_its_transaction_with_it(play, work):
    """As SQLite does when the disk fails: it rolls back."""
    _, rows, [error] = play(work, strike(FaultKind.ANSWER_LOST, INSERT))
    assert "disk I/O error" in str(error)
    assert rows == []


@WAYS
@pytest.mark.parametrize(
    ("kind", "site", "there"),
    [
        (FaultKind.TIMEOUT_AFTER, INSERT, []),
        (FaultKind.TIMEOUT_BEFORE, COMMIT, []),
        (FaultKind.KILLED_BEFORE, COMMIT, []),
        (FaultKind.TIMEOUT_AFTER, COMMIT, ["a"]),
        (FaultKind.KILLED_AFTER, COMMIT, ["a"]),
    ],
)
def test_a_dead_sandbox_commits_nothing_more(play, work, kind, site, there):
    run, rows, seen = play(work, strike(kind, site))
    assert seen == []
    assert error_types(run)[0] in ("Sandbox.Timedout", "Runtime.ExitError")
    assert rows == there


def test_without_a_transaction_a_statement_whose_answer_is_lost_took_effect(play):
    def work(database, key):
        connection = sqlite3.connect(database, isolation_level=None)
        connection.execute("insert into orders values (?)", (key,))

    _, rows, [error] = play(work, strike(FaultKind.ANSWER_LOST, INSERT))
    assert isinstance(error, sqlite3.OperationalError)
    assert rows == ["a"]


def test_the_handlers_own_classes_of_connections_and_cursors_are_kept(play):
    class Connection(sqlite3.Connection):
        def insert(self, key):
            self.execute("insert into orders values (?)", (key,))

    class Cursor(sqlite3.Cursor):
        """A cursor of the handler's own."""

    def work(database, key):
        connection = sqlite3.connect(database, factory=Connection)
        assert isinstance(connection, Connection)
        assert isinstance(connection.cursor(Cursor), Cursor)
        connection.insert(key)
        connection.commit()

    run, rows, _ = play(work, strike(FaultKind.ANSWER_LOST, COMMIT))
    assert [it.site for it in calls(run)] == [INSERT, COMMIT]
    assert rows == ["a"]


def test_what_says_nothing_to_the_database_is_no_site(play):
    """Look-alike: a setting, a commit of nothing, a rollback."""

    def work(database, _):
        connection = sqlite3.connect(database)
        connection.execute("pragma user_version = 3")
        connection.commit()
        connection.rollback()

    run, _, _ = play(work)
    assert calls(run) == []
