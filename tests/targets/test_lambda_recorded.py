"""What Lambda was recorded making of invocations, held against what ours come to.

An event source mapping sees whether there was a function error; a person reads its type
and text in the report, so they are AWS's. Each rule has cases of our own in
test_python.py, test_marshal.py and test_context.py.
"""

from __future__ import annotations

import json
import os

import pytest
from aws_recorded import Masks, load, needs_recordings
from playing import playing

from sqs_contract import Deployment
from sqs_contract.history import Ended
from sqs_contract.model.invocation import FunctionError, exited, timed_out
from sqs_contract.targets.context import LambdaContext, environment_variables
from sqs_contract.world.clock import VirtualClock

CASES = {
    name.rpartition("::")[2].removeprefix("test_"): case["content"]
    for name, case in load("lambda_invoke.json").get("cases", {}).items()
}
REQUEST = "00000000-0000-4000-8000-000000000001"
PYTHONS = [
    name
    for name in CASES
    if name.startswith("uncaught_exception_invoke[python") and not name.endswith("3.8]")
]
INTROSPECTED = [name for name in CASES if name.startswith("introspection_invoke[python")]
NOT_OURS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LANG",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PATH",
    "PWD",
    "PYTHONPATH",
    "SHLVL",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "_X_AMZN_TRACE_ID",
}
"""Variables that are the process's own, are set for a whole run, or concern what is not modelled."""


def outcome_of(handler, **settings):
    """What one invocation of a handler comes to."""
    with playing(handler, **settings) as stand:
        run = stand.play("x")
    return next(event.outcome for event in run.events if isinstance(event, Ended))


def payload(outcome):
    """The payload of an invocation, as far as it does not tell of frames."""
    if isinstance(outcome, FunctionError):
        return {"errorType": outcome.error_type, "errorMessage": outcome.message}
    return json.loads(outcome.payload)


def differences(recorded, ours):
    masks = Masks(without=frozenset({"stackTrace", "requestId"}))
    return list(masks.differences(recorded, ours))


def raises(message):
    def handler(event, context):
        raise Exception(message)  # noqa: TRY002

    return handler


def exits(event, context):
    os._exit(0)


@needs_recordings
@pytest.mark.parametrize(
    ("case", "handler"),
    [
        ("lambda_handler_error", raises("Handler fails")),
        ("lambda_handler_exit", exits),
        ("lambda_too_large_response", lambda *_: "x" * 7_000_000),
    ],
)
def test_a_function_error_has_the_type_and_text_recorded(case, handler):
    """S115, S117, S121."""
    for recorded in CASES[case].values():
        assert differences(recorded["Payload"], payload(outcome_of(handler))) == []


@needs_recordings
def test_no_return_value_is_null():
    """S124."""
    for name, content in CASES.items():
        if name.startswith("invocation_type_no_return_payload[python"):
            assert content["invoke-result"]["Payload"] == "null"
            assert outcome_of(lambda *_: None).payload == "null"


@needs_recordings
@pytest.mark.parametrize("case", PYTHONS)
def test_an_uncaught_exception_as_each_runtime_tells_it(case):
    """S117; Node, Java and others have shapes of their own, and are not played here."""
    recorded = CASES[case]["error_result"]["Payload"]
    assert set(recorded) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    assert differences(recorded, payload(outcome_of(raises("Failed: some_error_msg")))) == []


@needs_recordings
@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("lambda_invoke_with_timeout", timed_out(REQUEST, 1_000)),
        ("lambda_runtime_exit_segfault", timed_out(REQUEST, 30_000)),
        ("lambda_runtime_exit", exited(REQUEST, 0)),
        ("lambda_runtime_wrapper_not_found", exited(REQUEST, 127)),
    ],
)
def test_a_process_that_ends_is_told_as_recorded(case, error):
    """S118, S121."""
    (recorded,) = CASES[case].values()
    masked = {
        key: text.replace("<timeout_error_msg>", "<id>")
        for key, text in recorded["Payload"].items()
    }
    assert differences(masked, payload(error)) == []


@needs_recordings
@pytest.mark.parametrize("case", INTROSPECTED)
def test_context_and_environment_are_those_recorded(case):
    """S129, S130: every variable, but for those of the process and of X-Ray."""
    recorded = CASES[case]["invocation_result_payload"]
    runtime = case.partition("[")[2].removesuffix("]")
    deployment = Deployment.of(
        function_name="f",
        memory_size=1_024,
        runtime=runtime,
        handler="handler.handler",
        environment={"TEST_KEY": "TEST_VAL"},
    )
    context = LambdaContext(
        request_id=REQUEST, deployment=deployment, log_stream="stream", clock=VirtualClock()
    )
    ours = {name: getattr(context, name, None) for name in recorded["ctx"]}
    ours["remaining_time_in_millis"] = str(context.get_remaining_time_in_millis())
    assert differences(recorded["ctx"], ours) == []
    variables = {
        name: value for name, value in recorded["environment"].items() if name not in NOT_OURS
    }
    assert differences(variables, environment_variables(deployment)) == []
