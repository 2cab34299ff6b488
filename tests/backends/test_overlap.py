"""Two invocations at once: held at a call, in environments of their own, played again alike."""

from __future__ import annotations

import pytest
from little_shop import write_module

from sqs_contract import Deployment
from sqs_contract.errors import UsageError
from sqs_contract.history import Called, Ended, Invoked, Overlapped, Resumed, Settled
from sqs_contract.model.invocation import FunctionError
from sqs_contract.player import Player
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

HANDLER = """
    import os
    import boto3

    handled = []
    table = boto3.client("dynamodb")

    def handler(event, context):
        os.environ["LAST"] = event["Records"][0]["body"]
        for record in event["Records"]:
            handled.append(record["body"])
            for step in "abc":
                table.put_item(TableName="steps", Item={
                    "id": {"S": f"{record['body']} {step}"},
                    "handled": {"S": " ".join(handled)},
                    "last": {"S": os.environ["LAST"]},
                })
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
def player(tmp_path_factory):
    directory = tmp_path_factory.mktemp("overlap")
    write_module(directory, "overlapped_steps", HANDLER)
    write_module(directory, "overlapped_world", RESET)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(directory))
        spec = ProgramSpec(handler="overlapped_steps:handler", reset="overlapped_world:reset")
        with Player.entered(spec, Deployment()) as entered:
            yield entered


def at(body, step, kind=FaultKind.OVERLAPPED, nth=1):
    return Fault(kind=kind, site=f"dynamodb.PutItem steps {body} {step}", nth=nth)


def play(player, *bodies, faults, **settings):
    messages = tuple(
        ScenarioMessage(name=f"m{number}", body=body, after_ms=1_000 * (number - 1))
        for number, body in enumerate(bodies, 1)
    )
    deployment = Deployment.of(**settings)
    return player.play(Scenario(messages=messages, faults=tuple(faults), deployment=deployment))


def calls(run):
    """Who made which step, in the order in which they took effect."""
    return " ".join(
        f"{event.invocation}{event.site[-1]}" for event in run.events if isinstance(event, Called)
    )


def rows(run):
    return {row["id"]: row for row in run.worlds[-1]["dynamodb"]["steps"]}


def test_a_copy_is_handled_to_the_end_while_the_first_is_held(player):
    """S42."""
    run = play(player, "x", faults=[at("x", "b")])
    assert calls(run) == "1a 2a 2b 2c 1b 1c"
    [first, second] = [event for event in run.events if isinstance(event, Invoked)]
    assert (first.environment, second.environment) == (1, 2)
    assert [record.receive_count for record in second.records] == [2]
    assert [type(event) for event in run.events if isinstance(event, Overlapped | Resumed)] == [
        Overlapped,
        Resumed,
    ]


def test_the_next_message_is_handled_while_the_first_is_held(player):
    """S72; what is sent later is sent now."""
    run = play(player, "x", "y", faults=[at("x", "c", FaultKind.CONCURRENT)])
    assert calls(run) == "1a 1b 2a 2b 2c 1c"
    assert set(run.fates) == {"m1", "m2"}


def test_each_environment_has_a_state_of_its_own(player):
    run = play(player, "x", "y", faults=[at("x", "b", FaultKind.CONCURRENT)])
    assert {row["handled"] for row in rows(run).values()} == {"x", "y"}
    assert rows(run)["x c"]["last"] == "x"
    assert rows(run)["y c"]["last"] == "y"


def test_the_two_change_the_word_wherever_the_scenario_says_so(player):
    run = play(player, "x", faults=[at("x", "b"), at("x", "c"), at("x", "c", nth=2)])
    assert calls(run) == "1a 2a 2b 1b 2c 1c"
    run = play(player, "x", faults=[at("x", "b"), at("x", "b", nth=2)])
    assert calls(run) == "1a 2a 1b 1c 2b 2c"


def test_a_scenario_is_played_again_alike(player):
    faults = [at("x", "b"), at("x", "b", nth=2)]
    first, again = (play(player, "x", faults=faults) for _ in range(2))
    assert first.events == again.events
    assert first.worlds == again.worlds


def test_the_first_goes_on_when_the_second_dies(player):
    died = Fault(kind=FaultKind.TIMEOUT_BEFORE, site="dynamodb.PutItem steps x b", nth=2)
    run = play(player, "x", faults=[at("x", "b"), died])
    assert calls(run).startswith("1a 2a 2b 1b")
    outcomes = [event.outcome for event in run.events if isinstance(event, Ended)]
    assert isinstance(outcomes[0], FunctionError)


def test_a_delete_with_the_older_receipt_handle_deletes_nothing(player):
    """S40: the second failed, and the first did the work and is not believed."""
    died = Fault(kind=FaultKind.TIMEOUT_BEFORE, site="dynamodb.PutItem steps x b", nth=2)
    run = play(player, "x", faults=[at("x", "b"), died])
    settled = [event for event in run.events if isinstance(event, Settled)]
    assert [event.deleted for event in settled] == [(), (), ("m1",)]


@pytest.mark.parametrize(
    "settings", [{"max_receive_count": 1}, {"reserved_concurrency": 1}], ids=str
)
def test_nothing_overlaps_where_aws_would_not_deliver(player, settings):
    run = play(player, "x", faults=[at("x", "b")], **settings)
    assert calls(run) == "1a 1b 1c"


def test_where_nothing_is_sent_later_nothing_is_concurrent(player):
    run = play(player, "x", faults=[at("x", "b", FaultKind.CONCURRENT)])
    assert calls(run) == "1a 1b 1c"


def test_a_fifo_queue_delivers_no_copies(player):
    """S45."""
    message = ScenarioMessage(name="m1", body="x", group_id="g")
    with pytest.raises(UsageError, match="overlapped"):
        Scenario(messages=(message,), faults=(at("x", "b"),), deployment=Deployment.of(fifo=True))
