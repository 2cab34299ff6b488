"""The Runtime API, message by message: what a runtime asks, and what Lambda answers."""

import json

import pytest

from sqs_contract.model.invocation import ErrorKind, Returned
from sqs_contract.runtime.http import HttpRequest
from sqs_contract.runtime.outcomes import ended_by_itself, failed_start, outcome_of
from sqs_contract.runtime.protocol import Invocation, RuntimeApi, State

ONE = Invocation(
    request_id="00000001", event=b'{"Records": []}', deadline_ms=1767225600000,
    arn="arn:aws:lambda:us-east-1:123456789012:function:f", trace_id="Root=1-1-1",
)  # fmt: skip
NEXT = HttpRequest("GET", "/2018-06-01/runtime/invocation/next", {}, b"")


def post(what, body=b"{}", request_id=ONE.request_id, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/2018-06-01/runtime/invocation/{request_id}/{what}"
    return HttpRequest("POST", path, names, body)


def init_error(body):
    return HttpRequest("POST", "/2018-06-01/runtime/init/error", {}, body)


def told(answer):
    """Status, headers and data of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body) if body else None


@pytest.fixture
def api():
    return RuntimeApi()


@pytest.fixture
def running(api):
    api.handle(NEXT)
    api.begin(ONE)
    assert api.take() is not None
    return api


def test_next_waits_until_there_is_an_invocation(api):
    """The event comes with its id, its deadline and the ARN, as JSON (S132, S133)."""
    assert api.handle(NEXT) is None
    assert api.take() is None
    api.begin(ONE)
    status, headers, event = told(api.take())
    assert (status, event) == (200, {"Records": []})
    assert headers["Content-Type"] == "application/json"
    assert headers["Lambda-Runtime-Aws-Request-Id"] == "00000001"
    assert headers["Lambda-Runtime-Deadline-Ms"] == "1767225600000"
    assert headers["Lambda-Runtime-Invoked-Function-Arn"].endswith(":function:f")


def test_no_optional_header_is_empty(running):
    """S133."""
    _, headers, _ = told(running.handle(NEXT))
    assert all(headers.values())


def test_a_response_is_kept_as_it_came(running):
    """S134."""
    status, _, data = told(running.handle(post("response", b'{"batchItemFailures": []}')))
    assert (status, data) == (202, {"status": "OK"})
    assert outcome_of(running.posted) == Returned('{"batchItemFailures": []}')


def test_a_response_of_bytes_that_are_no_text_stays_bytes(running):
    """S126."""
    running.handle(post("response", b"\xff\xfe"))
    assert outcome_of(running.posted) == Returned(b"\xff\xfe")


def test_a_response_above_the_limit_is_refused_and_is_the_error_of_the_invocation(running):
    """The limit is 6 MiB and 100 bytes (S115, S134)."""
    status, _, data = told(running.handle(post("response", b"x" * 6_291_557)))
    assert status == 413
    assert data == {
        "errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "RequestEntityTooLarge",
    }
    assert outcome_of(running.posted).error_type == "Function.ResponseSizeTooLarge"


def test_a_response_of_exactly_the_limit_is_taken(running):
    """S134."""
    assert told(running.handle(post("response", b"x" * 6_291_556)))[0] == 202


def test_a_response_mode_is_streaming_or_none(running):
    """S134."""
    mode = {"lambda_runtime_function_response_mode": "telepathy"}
    status, _, data = told(running.handle(post("response", **mode)))
    assert (status, data["errorType"]) == (400, "InvalidFunctionResponseMode")
    mode = {"lambda_runtime_function_response_mode": "streaming"}
    assert told(running.handle(post("response", **mode)))[0] == 202


def test_a_streamed_response_that_breaks_off_is_an_error(running):
    """Its trailers say so."""
    whole = post("response", b'{"batch')
    trailers = {"lambda-runtime-function-error-type": "Function.Broken"}
    running.handle(HttpRequest("POST", whole.target, {}, whole.body, trailers))
    assert outcome_of(running.posted).error_type == "Function.Broken"


def test_an_error_is_the_payload_that_was_posted(running):
    """S117, S135."""
    body = {
        "errorType": "ValueError", "errorMessage": "bad order\nand more", "requestId": "1",
        "stackTrace": [
            '  File "/srv/shop.py", line 31, in handler\n    book()\n',
            '  File "/x/site-packages/lib.py", line 7, in book\n    raise\n',
        ],
    }  # fmt: skip
    status, _, _ = told(running.handle(post("error", json.dumps(body).encode())))
    outcome = outcome_of(running.posted)
    assert status == 202
    assert (outcome.kind, outcome.error_type) == (ErrorKind.RAISED, "ValueError")
    assert (outcome.message, outcome.where) == ("bad order", "/srv/shop.py:31")


def test_an_error_of_node_tells_its_place_too(running):
    """Its trace begins with the innermost frame (S117)."""
    body = {
        "errorType": "Error", "errorMessage": "bad",
        "trace": [
            "Error: bad", "    at lib (/app/node_modules/lib/index.js:3:1)",
            "    at handler (/app/index.js:5:9)", "    at run (/app/main.js:9:2)",
        ],
    }  # fmt: skip
    running.handle(post("error", json.dumps(body).encode()))
    assert outcome_of(running.posted).where == "/app/index.js:5"


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[1]", b'{"errorType": 7}', b"[" * 100_000])
def test_an_error_may_be_garbage(running, body):
    """Then the header tells its type, or nothing does (S135)."""
    running.handle(post("error", body, lambda_runtime_function_error_type="Function.Odd"))
    assert outcome_of(running.posted).error_type == "Function.Odd"


def test_what_cannot_be_serialised_is_told_apart(running):
    """S125."""
    body = b'{"errorType": "Runtime.MarshalError", "errorMessage": "Unable to marshal response"}'
    running.handle(post("error", body))
    assert outcome_of(running.posted).kind is ErrorKind.UNSERIALISABLE


def test_a_runtime_that_cannot_start_says_so_before_the_first_next(api):
    """S122, S136."""
    body = b'{"errorType": "Runtime.ImportModuleError", "errorMessage": "Unable to import"}'
    assert told(api.handle(init_error(body)))[0] == 202
    assert api.state is State.INIT_ERROR
    error = failed_start(api.posted)
    assert (error.kind, error.error_type) == (ErrorKind.INIT, "Runtime.ImportModuleError")


def test_another_request_id_is_refused(running):
    """S137."""
    status, _, data = told(running.handle(post("response", request_id="another")))
    assert (status, data) == (
        400,
        {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"},
    )
    assert running.posted is None


@pytest.mark.parametrize(
    ("before", "request_", "message"),
    [
        pytest.param([], post("response"), "from Started to InvocationResponse", id="too early"),
        pytest.param([NEXT], init_error(b"{}"), "from Ready to InitError", id="init too late"),
    ],
)
def test_what_comes_in_the_wrong_state_is_refused(api, before, request_, message):
    """S137."""
    for one in before:
        api.handle(one)
    status, _, data = told(api.handle(request_))
    assert (status, data["errorType"]) == (403, "InvalidStateTransition")
    assert message in data["errorMessage"]


def test_a_second_response_is_refused(running):
    """S137."""
    running.handle(post("response", b"1"))
    assert told(running.handle(post("error")))[0] == 403
    assert outcome_of(running.posted) == Returned("1")


def test_next_while_an_invocation_runs_gives_the_same_event_again(running):
    """S138."""
    status, headers, event = told(running.handle(NEXT))
    assert (status, headers["Lambda-Runtime-Aws-Request-Id"]) == (200, "00000001")
    assert event == {"Records": []}


def test_after_a_response_the_next_waits_again(running):
    """S131."""
    running.handle(post("response"))
    assert running.handle(NEXT) is None
    assert running.take() is None


def test_ping_is_answered_and_other_paths_are_not_there(api):
    """S138, S139."""
    assert b"pong" in api.handle(HttpRequest("GET", "/2018-06-01/ping", {}, b""))
    assert (
        told(api.handle(HttpRequest("GET", "/2018-06-01/runtime/restore/next", {}, b"")))[0] == 404
    )


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (0, "RequestId: 1 Error: Runtime exited without providing a reason"),
        (127, "RequestId: 1 Error: Runtime exited with error: exit status 127"),
        (-9, "RequestId: 1 Error: Runtime exited with error: signal: killed"),
    ],
)
def test_a_process_that_ends_is_an_error_of_the_invocation(status, message):
    """S121."""
    error = ended_by_itself("1", status)
    assert (error.kind, error.error_type) == (ErrorKind.EXITED, "Runtime.ExitError")
    assert error.message == message
