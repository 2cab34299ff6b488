"""Two invocations at once, each with a /tmp of its own (S119)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from little_shop import write_module

from sqs_contract import Deployment
from sqs_contract.history import Ended
from sqs_contract.model.invocation import Returned
from sqs_contract.player import Player
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

HANDLER = """
    import os, pathlib, sqlite3
    import boto3

    NOTES = {notes!r}
    steps = boto3.client("dynamodb")

    def put(step, seen):
        steps.put_item(TableName="steps", Item={{"id": {{"S": step}}, "seen": {{"S": seen}}}})

    def handler(event, context):
        body = event["Records"][0]["body"]
        os.makedirs(NOTES, exist_ok=True)
        cache = sqlite3.connect(f"{{NOTES}}/cache.db")
        with cache:
            cache.execute("CREATE TABLE IF NOT EXISTS seen (body)")
            cache.execute("INSERT INTO seen VALUES (?)", (body,))
        with open(f"{{NOTES}}/notes", "a") as notes:
            notes.write(body)
            notes.flush()
            put(body + " half", "")
            notes.write(body.upper())
        [rows] = zip(*cache.execute("SELECT body FROM seen"))
        cache.close()
        put(body + " done", pathlib.Path(NOTES, "notes").read_text() + " " + " ".join(rows))
"""

WORLD = """
    import boto3

    def reset():
        boto3.client("dynamodb").create_table(
            TableName="steps",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
"""

NOTES = "sqs-contract-overlap-notes"


@pytest.fixture(scope="module")
def player(tmp_path_factory):
    directory = tmp_path_factory.mktemp("overlap_files")
    write_module(directory, "noted", HANDLER.format(notes=f"{tempfile.gettempdir()}/{NOTES}"))
    write_module(directory, "noted_world", WORLD)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(directory))
        spec = ProgramSpec(handler="noted:handler", reset="noted_world:reset")
        with Player.entered(spec, Deployment()) as entered:
            yield entered
    assert not list(Path(tempfile.gettempdir()).glob(f"sqs-contract-aside-{os.getpid()}-*"))


def play(player, *faults):
    messages = (
        ScenarioMessage(name="m1", body="a"),
        ScenarioMessage(name="m2", body="b", after_ms=1_000),
    )
    return player.play(Scenario(messages=messages, faults=faults))


def rows(run):
    return {row["id"]: row["seen"] for row in run.worlds[-1]["dynamodb"]["steps"]}


def held(step, kind=FaultKind.CONCURRENT):
    return Fault(kind=kind, site=f"dynamodb.PutItem steps {step}", nth=1)


def test_one_environment_after_another_message_keeps_its_files(player):
    """S119: the control, without an overlap."""
    found = rows(play(player))
    assert (found["a done"], found["b done"]) == ("aA a", "aAbB a b")


def test_what_the_held_one_has_written_is_not_seen_by_the_other(player):
    run = play(player, held("a half"))
    found = rows(run)
    assert (found["a done"], found["b done"]) == ("aA a", "bB b")
    ended = [event.outcome for event in run.events if isinstance(event, Ended)]
    assert len(ended) == 2
    assert all(isinstance(outcome, Returned) for outcome in ended)


def test_each_finds_its_own_whenever_the_word_changes(player):
    run = play(player, held("a half"), held("b half"))
    found = rows(run)
    assert (found["a done"], found["b done"]) == ("aA a", "bB b")


def test_nothing_stays_behind_where_a_run_ends_in_the_middle(player):
    """The world of a run that was given up, and of the next, which starts with an empty /tmp."""
    play(player, held("a half"))
    found = rows(play(player))
    assert found["a done"] == "aA a"
