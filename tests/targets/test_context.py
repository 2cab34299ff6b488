"""The context a handler gets: the values and methods AWS gives it (S129)."""

from __future__ import annotations

import os
import time
import uuid

import pytest

from sqs_contract import Deployment, Simulation
from sqs_contract.targets.context import LambdaContext, environment_variables
from sqs_contract.world.clock import VirtualClock

SETTINGS = Deployment.of(
    function_name="charge",
    function_timeout=10,
    memory_size=512,
    region="eu-west-1",
    account="111122223333",
    environment={"TABLE": "orders", "AWS_REGION": "nowhere"},
)


def called_with(look, deployment=SETTINGS, bodies=("a",)):
    """What `look(context)` returned at each invocation, one message each."""
    seen = []
    simulation = Simulation(lambda _, context: seen.append(look(context)), deployment=deployment)
    for body in bodies:
        simulation.send(body)
        simulation.run()
    return seen


def test_its_values():
    """S129: the memory limit is text."""
    [context] = called_with(lambda context: context)
    assert context.function_name == "charge"
    assert context.function_version == "$LATEST"
    assert context.invoked_function_arn == "arn:aws:lambda:eu-west-1:111122223333:function:charge"
    assert context.memory_limit_in_mb == "512"  # text, as on Lambda
    assert context.log_group_name == "/aws/lambda/charge"
    assert "[$LATEST]" in context.log_stream_name
    assert context.identity.cognito_identity_id is None
    assert context.identity.cognito_identity_pool_id is None
    assert context.client_context is None
    assert context.tenant_id is None


def test_the_request_id_is_a_uuid_of_its_own_for_every_invocation():
    ids = called_with(lambda context: context.aws_request_id, bodies="abc")
    assert len(set(ids)) == 3
    assert [str(uuid.UUID(item)) for item in ids] == ids


def test_the_log_stream_is_that_of_the_execution_environment():
    first, second = called_with(lambda context: context.log_stream_name, bodies="ab")
    assert first == second


def test_what_is_logged_goes_to_standard_output(capsys):
    context = LambdaContext(
        request_id="r", deployment=SETTINGS, log_stream="s", clock=VirtualClock()
    )
    context.log("line\n")
    context.log(7)
    assert capsys.readouterr().out == "line\n7"


def test_remaining_time_is_whole_milliseconds_and_falls_with_the_virtual_clock():
    def look(context):
        times = [context.get_remaining_time_in_millis()]
        for pause in (0.25, 0.0004, 9.7):
            time.sleep(pause)
            times.append(context.get_remaining_time_in_millis())
        return times

    assert called_with(look) == [[10_000, 9_750, 9_749, 49]]


def test_every_invocation_has_all_its_time():
    def look(context):
        time.sleep(2)
        return context.get_remaining_time_in_millis()

    assert called_with(look, bodies="ab") == [8_000, 8_000]


def test_remaining_time_is_never_below_zero():
    clock = VirtualClock()
    context = LambdaContext(request_id="r", deployment=SETTINGS, log_stream="s", clock=clock)
    clock.advance_us(99_000_000)
    assert context.get_remaining_time_in_millis() == 0


def test_the_variables_a_function_sees():
    """S130; the template's own win."""
    variables = environment_variables(SETTINGS)
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "charge"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert variables["TABLE"] == "orders"
    assert variables["AWS_REGION"] == "nowhere"


def test_a_context_takes_attributes_as_the_real_one_does():
    """Decorators hang their own onto it."""
    [context] = called_with(lambda context: context)
    context.trace = 1
    with pytest.raises(AttributeError):
        _ = context.no_such_thing


def test_the_simulation_leaves_the_environment_alone():
    before = dict(os.environ)
    called_with(lambda _: None)
    assert dict(os.environ) == before
