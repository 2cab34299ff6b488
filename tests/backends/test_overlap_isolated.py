"""Two invocations at once in a process of its own: the same runs, and whoever dies is told."""

from __future__ import annotations

import pytest
from little_shop import write_module

from sqs_contract import Deployment
from sqs_contract.history import Called, Ended
from sqs_contract.isolated.player import IsolatedPlayer
from sqs_contract.model.invocation import FunctionError
from sqs_contract.player import Player
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

HANDLER = """
    import ctypes
    import boto3

    table = boto3.client("dynamodb")

    def handler(event, context):
        body = event["Records"][0]["body"]
        for step in "abc":
            table.put_item(TableName="steps", Item={"id": {"S": f"{body} {step}"}})
            if body == "fatal" and step == "b":
                ctypes.string_at(0)
"""

RESET = """
    import boto3

    def reset():
        boto3.client("dynamodb").create_table(
            TableName="steps",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    directory = tmp_path_factory.mktemp("overlap_isolated")
    write_module(directory, "steps_apart", HANDLER)
    write_module(directory, "steps_apart_world", RESET)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(directory))
        yield ProgramSpec(handler="steps_apart:handler", reset="steps_apart_world:reset")


@pytest.fixture(scope="module")
def isolated(spec):
    with IsolatedPlayer.entered(spec, Deployment()) as entered:
        yield entered


def scenario(*bodies, faults=()):
    messages = tuple(
        ScenarioMessage(name=f"m{number}", body=body, after_ms=1_000 * (number - 1))
        for number, body in enumerate(bodies, 1)
    )
    return Scenario(messages=messages, faults=tuple(faults))


def at(body, step, kind=FaultKind.CONCURRENT):
    return Fault(kind=kind, site=f"dynamodb.PutItem steps {body} {step}", nth=1)


def calls(run):
    """Who made which step, in the order in which they took effect."""
    return " ".join(
        f"{event.invocation}{event.site[-1]}" for event in run.events if isinstance(event, Called)
    )


def ends(run):
    return {
        event.invocation: isinstance(event.outcome, FunctionError)
        and "segmentation fault" in event.outcome.message
        for event in run.events
        if isinstance(event, Ended)
    }


def test_invocations_overlap_as_they_do_in_this_process(isolated, spec):
    assert isolated.can_overlap
    assert not isolated.asks_for_time
    overlapped = scenario("x", "y", faults=[at("x", "b"), at("y", "b")])
    run = isolated.play(overlapped)
    assert calls(run) == "1a 2a 1b 1c 2b 2c"
    with Player.entered(spec, Deployment()) as player:
        assert player.play(overlapped).events == run.events


@pytest.mark.parametrize(
    ("bodies", "faults", "order", "fatal"),
    [
        pytest.param(
            ("x", "fatal"), [at("x", "b")], "1a 2a 2b 1b 1c 3a 3b", {2, 3}, id="the second"
        ),
        pytest.param(
            ("fatal", "x"), [at("fatal", "b")], "1a 2a 2b 2c 1b 3a 3b", {1, 3}, id="the first"
        ),
        pytest.param(
            ("fatal", "x"),
            [at("fatal", "b"), at("x", "b")],
            "1a 2a 1b 2b 2c 3a 3b",
            {1, 3},
            id="the first while the second is held",
        ),
    ],
)
def test_who_ends_the_process_is_told_and_the_other_goes_on(isolated, bodies, faults, order, fatal):
    run = isolated.play(scenario(*bodies, faults=faults), receives_max=2)
    assert calls(run).startswith(order)
    assert {number for number, died in ends(run).items() if died} >= fatal
    assert not any(died for number, died in ends(run).items() if number not in fatal and number < 3)
