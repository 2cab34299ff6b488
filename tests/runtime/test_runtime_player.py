"""Handlers behind AWS's own runtime client, in real processes."""

import json
from contextlib import contextmanager

import pytest

from sqs_contract import Deployment, Fault, FaultKind
from sqs_contract.history import Ended
from sqs_contract.model.invocation import Returned
from sqs_contract.runtime.player import RuntimePlayer
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

PYTHON = RuntimeSpec()

HANDLER = """
import json, os, sys, time
count = 0

def handler(event, context):
    global count
    count += 1
    {body}
"""


@pytest.fixture
def playing(in_tmp_path):
    """A player for a handler with a body."""

    @contextmanager
    def play(body, *, reset=None, effects=None, runtime=PYTHON, **settings):
        lines = "\n    ".join(body.strip().splitlines())
        (in_tmp_path / "shop.py").write_text(HANDLER.replace("{body}", lines), encoding="utf-8")
        deployment = Deployment.of(**settings)
        spec = ProgramSpec(handler="shop:handler", reset=reset, effects=effects)
        with RuntimePlayer.started(spec, deployment, runtime) as player:

            def run(*bodies, faults=(), **how):
                messages = tuple(
                    ScenarioMessage(name=f"m{place}", body=text)
                    for place, text in enumerate(bodies or ["x"], 1)
                )
                scenario = Scenario(messages=messages, faults=tuple(faults), deployment=deployment)
                return player.play(scenario, **how)

            yield run

    return play


def outcomes(run):
    return [event.outcome for event in run.events if isinstance(event, Ended)]


def test_a_handler_gets_event_and_context_as_on_lambda(playing):
    """The client is AWS's, started from environment variables (S129, S140)."""
    with playing(
        "return [event['Records'][0]['body'], context.function_name, context.memory_limit_in_mb,"
        " context.get_remaining_time_in_millis() <= 5000, os.environ['_HANDLER']]",
        function_timeout=5,
    ) as run:  # fmt: skip
        (outcome,) = outcomes(run("hello"))
    assert json.loads(outcome.payload) == ["hello", "orders", "128", True, "shop.handler"]


def test_a_process_keeps_module_state_until_a_cold_start(playing):
    """And its globals are gone with it (S119, S131)."""
    with playing("return count", batch_size=1) as run:
        assert [outcome.payload for outcome in outcomes(run("a", "b"))] == ["1", "2"]
        cold = [Fault(kind=FaultKind.COLD_START, invocation=2)]
        assert [outcome.payload for outcome in outcomes(run("a", "b", faults=cold))] == ["1", "1"]


def test_a_start_that_takes_long_goes_on_in_the_functions_time(playing, monkeypatch):
    """S123."""
    monkeypatch.setattr("sqs_contract.runtime.target.INIT_LIMIT_S", 0.01)
    with playing("return 1", function_timeout=8) as run:
        assert outcomes(run()) == [Returned("1")]
