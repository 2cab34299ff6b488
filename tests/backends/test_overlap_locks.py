"""Two invocations at once and a lock between them: whoever meets it is told at once."""

from __future__ import annotations

import pytest
from little_shop import write_module

from sqs_contract import Deployment
from sqs_contract.history import Ended
from sqs_contract.model.invocation import FunctionError
from sqs_contract.player import Player
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.world.clock import real_monotonic

HANDLER = """
    import sqlite3
    {at_import}

    def handler(event, context):
        {in_handler}
        for record in event["Records"]:
            with connection:
                connection.execute("INSERT INTO done VALUES (?, 1)", (record["body"],))
                connection.execute("UPDATE totals SET n = n + 1")
"""

WORLD = """
    import os, sqlite3

    PATH = {path!r}

    def reset():
        if os.path.exists(PATH):
            os.remove(PATH)
        with sqlite3.connect(PATH) as connection:
            connection.execute("CREATE TABLE done (id, n)")
            connection.execute("CREATE TABLE totals (n)")
            connection.execute("INSERT INTO totals VALUES (0)")
        connection.close()

    def effects():
        connection = sqlite3.connect(PATH)
        try:
            return connection.execute("SELECT * FROM done").fetchall()
        finally:
            connection.close()
"""


@pytest.mark.parametrize("opened", ["at import", "in the handler"])
def test_a_lock_of_the_invocation_that_is_held_is_no_wait_in_real_time(in_tmp_path, opened):
    path = str(in_tmp_path / "shop.db")
    connect = f"connection = sqlite3.connect({path!r}, timeout=30)"
    places = {
        "at_import": connect if opened == "at import" else "",
        "in_handler": connect if opened == "in the handler" else "pass",
    }
    name = f"locked_{opened.replace(' ', '_')}"
    write_module(in_tmp_path, name, HANDLER.format(**places))
    write_module(in_tmp_path, f"{name}_world", WORLD.format(path=path))
    spec = ProgramSpec(
        handler=f"{name}:handler", reset=f"{name}_world:reset", effects=f"{name}_world:effects"
    )
    held = Fault(kind=FaultKind.OVERLAPPED, site="sqlite3.UPDATE totals", nth=1)
    message = ScenarioMessage(name="m1", body="a")
    with Player.entered(spec, Deployment()) as player:
        player.play(Scenario(messages=(message,)))
        started = real_monotonic()
        run = player.play(Scenario(messages=(message,), faults=(held,)))
        took = real_monotonic() - started
    second = next(event for event in run.events if isinstance(event, Ended))
    assert isinstance(second.outcome, FunctionError)
    assert "database is locked" in second.outcome.message
    assert took < 5
