"""The user's program: what is imported again with a sandbox, and what outlives it."""

from __future__ import annotations

import importlib
import sys
import textwrap

import pytest
from playing import as_messages, outcomes, strike

from sqs_contract import Contract, Deployment, UsageError
from sqs_contract.history import Invoked
from sqs_contract.model.invocation import Returned
from sqs_contract.player import Player
from sqs_contract.scenario import FaultKind, Scenario
from sqs_contract.sharing import choose_sharing
from sqs_contract.targets.program import Program, ProgramSpec


@pytest.fixture
def write(in_tmp_path):
    """Writes modules into the working directory; they are forgotten with the test."""
    before = set(sys.modules)

    def write(**modules):
        for name, text in modules.items():
            (in_tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()

    yield write
    for name in set(sys.modules) - before:
        if str(in_tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def play(*bodies, faults=(), effects=None, reset=None, times=1):
    """Plays the module `stall`, one message a batch; returns the last run."""
    deployment = Deployment.of(batch_size=1, max_receive_count=2)
    spec = ProgramSpec(handler="stall:handler", effects=effects, reset=reset)
    with Player.entered(spec, deployment) as player:
        choose_sharing(player, deployment, bodies, 0)
        scenario = Scenario(
            messages=as_messages(bodies), faults=tuple(faults), deployment=deployment
        )
        for _ in range(times):
            run = player.play(scenario)
    return run


COUNTING = """
    import os, sys, time
    count = 0
    def handler(event, context):
        global count
        count += 1
        body = event["Records"][0]["body"]
        if body == "fail" and event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
            raise ValueError
        if body == "slow" and event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
            time.sleep(99)
        if body == "exit" and event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
            sys.exit(1)
        return count
"""


def counts(run):
    return [int(item.payload) for item in outcomes(run) if isinstance(item, Returned)]


def test_a_warm_sandbox_keeps_its_modules(write):
    """S131."""
    write(stall=COUNTING)
    assert counts(play("a", "b", "c")) == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "expected"), [("fail", [2, 3]), ("slow", [1, 2]), ("exit", [1, 2])]
)
def test_what_kills_the_process_makes_the_next_start_cold(write, body, expected):
    """S119, S121; an exception does not."""
    write(stall=COUNTING)
    assert counts(play(body, "b")) == expected


@pytest.mark.parametrize(
    "kind", [FaultKind.COLD_START, FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER]
)
def test_a_cold_start_imports_the_modules_fresh(write, kind):
    write(stall=COUNTING)
    run = play("a", "b", "c", faults=[strike(kind, 2)])
    assert counts(run)[-1] < 3
    assert [it.environment for it in run.events if isinstance(it, Invoked)][-1] == 2


def test_every_run_begins_with_a_cold_start(write):
    write(stall=COUNTING)
    assert counts(play("a", "b", times=3)) == [1, 2]


IN_MEMORY = """
    import store
    seen = []
    def handler(event, context):
        for record in event["Records"]:
            seen.append(record["body"])
            store.rows.append(record["body"])
        return len(seen)
"""
STORE = """
    rows = []
    def effects():
        return rows
    def reset():
        rows.clear()
"""


def test_a_store_in_memory_outlives_a_sandbox_and_not_a_world(write):
    """The module of the effects is the world; the handler's own is the sandbox."""
    write(stall=IN_MEMORY, store=STORE)
    cold = [strike(FaultKind.COLD_START, 2)]
    run = play("a", "b", faults=cold, effects="store:effects", times=2)
    assert counts(run) == [1, 1]
    assert run.worlds == [[], ["a"], ["a", "b"]]


def test_a_store_that_the_effects_import_only_when_called_is_the_world_too(write):
    """Otherwise the effects would look into the sandbox of the moment, and a cold start would
    seem to undo what was done."""
    lazy = """
        def effects():
            from store import rows
            return list(rows)
        def reset():
            from store import rows
            rows.clear()
    """
    write(stall=IN_MEMORY, store=STORE, lazy=lazy)
    cold = [strike(FaultKind.COLD_START, 2)]
    run = play("a", "b", faults=cold, effects="lazy:effects", reset="lazy:reset", times=2)
    assert counts(run) == [1, 1]
    assert run.worlds == [[], ["a"], ["a", "b"]]


def test_a_reset_is_called_before_each_run(write):
    write(stall=IN_MEMORY, store=STORE.replace("rows.clear()", "rows[:] = ['from reset']"))
    run = play("a", effects="store:effects", reset="store:reset", times=2)
    assert run.worlds == [["from reset"], ["from reset", "a"]]


def test_handler_and_effects_in_one_module_can_only_be_played_warm(write):
    write(
        stall="""
            rows = []
            def effects():
                return rows
            def handler(event, context):
                rows.append(event["Records"][0]["body"])
        """
    )
    report = Contract(
        "stall:handler", bodies=["a", "b"], effects="stall:effects", max_examples=0
    ).verify()
    assert any(
        "cold starts and overlapping deliveries were not played" in note for note in report.notes
    )
    assert report.violated  # appends again on redelivery


def test_a_module_both_need_with_its_state_elsewhere_is_each_side_s_own(write):
    """What the handler remembers in it is gone with the sandbox."""
    write(
        helpers="cache = []",
        stall="""
            import pathlib, helpers
            def handler(event, context):
                helpers.cache.append(1)
                with open("rows.txt", "a") as file:
                    file.write(event["Records"][0]["body"] + "\\n")
                return len(helpers.cache)
        """,
        world="""
            import pathlib, helpers
            def effects():
                return pathlib.Path("rows.txt").read_text().split()
            def reset():
                pathlib.Path("rows.txt").write_text("")
        """,
    )
    cold = [strike(FaultKind.COLD_START, 2)]
    run = play("a", "b", faults=cold, effects="world:effects", reset="world:reset")
    assert counts(run) == [1, 1]
    assert run.worlds[-1] == ["a", "b"]


def test_effects_given_as_a_function_see_the_handler_s_store(write):
    write(stall=IN_MEMORY, store=STORE)
    import store  # of the folder of this test

    run = play("a", "b", effects=store.effects, reset=store.reset, times=2)
    assert run.worlds == [[], ["a"], ["a", "b"]]


def test_a_contract_of_functions_only():
    """All in one test file: the store, the handler, the effects."""
    rows = {}

    def handler(event, _):
        for record in event["Records"]:
            rows[record["body"]] = 1

    def append(event, _):
        for record in event["Records"]:
            rows[len(rows)] = record["body"]

    for given, violated in ((handler, False), (append, True)):
        report = Contract(
            given, bodies=["a", "b"], effects=lambda: rows, reset=rows.clear, max_examples=5
        ).verify()
        assert report.violated is violated
        assert any("given as a function" in note for note in report.notes)


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        ("stall", "handler must be given as module:name, not 'stall'"),
        ("nowhere:handler", "there is no module 'nowhere'"),
        ("stall:missing", "has no 'missing'"),
        ("stall:number", "is int, which cannot be called"),
        ("stall:asynchronous", r"is async: .*asyncio\.run"),
        ("stall:Klass.method", None),
    ],
)
def test_a_handler_that_cannot_be_called_is_refused_in_words(write, handler, text):
    write(
        stall="""
            number = 7
            async def asynchronous(event, context):
                pass
            class Klass:
                @staticmethod
                def method(event, context):
                    pass
        """
    )

    def load():
        Program(ProgramSpec(handler=handler)).cold_start(new_world=True)

    if text is None:
        load()
        return
    with pytest.raises(UsageError, match=text):
        load()


@pytest.mark.parametrize("line", ["1 / 0", "import sys; sys.exit(3)", "import nowhere_at_all"])
def test_an_import_that_fails_is_told_with_the_user_s_own_lines(write, line):
    write(stall=line)
    with pytest.raises(UsageError, match="importing 'stall' raised") as error:
        Program(ProgramSpec(handler="stall:handler")).cold_start(new_world=True)
    assert "stall.py" in error.value.detail
    assert "sqs_contract" not in error.value.detail


@pytest.mark.parametrize("what", ["effects", "reset"])
def test_world_functions_that_fail_are_the_user_s_business(write, what):
    write(stall="def handler(*_): pass", world=f"def {what}():\n    raise ValueError('broken')")
    with pytest.raises(UsageError, match=f"{what} 'world:{what}' raised ValueError: broken"):
        play("a", **{what: f"world:{what}"})


def test_effects_that_cannot_be_compared_are_refused(write):
    write(stall="def handler(*_): pass", world="def effects():\n    return {'a': object()}")
    with pytest.raises(UsageError, match="cannot be compared"):
        play("a", effects="world:effects")


def test_a_cold_start_forgets_changed_environment_variables(write):
    """A new process has the variables of the deployment."""
    write(
        stall="""
            import os
            def handler(event, context):
                os.environ["COUNT"] = str(int(os.environ.get("COUNT", "0")) + 1)
                return int(os.environ["COUNT"])
        """
    )
    assert counts(play("a", "b", faults=[strike(FaultKind.COLD_START, 2)], times=2)) == [1, 1]


def test_modules_of_the_test_s_own_are_there_again_after_the_contract(write):
    write(stall=COUNTING)
    import stall  # of the folder of this test

    play("a", faults=[strike(FaultKind.COLD_START, 1)])
    assert sys.modules["stall"] is stall


def test_what_the_world_s_modules_print_is_kept_apart(write, capfd):
    write(stall="def handler(*_): pass", world="print('noise')\ndef effects():\n    return []")
    play("a", effects="world:effects")
    assert capfd.readouterr() == ("", "")
