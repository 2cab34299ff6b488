"""The Lambda Runtime API as the runtime of one process sees it (S132-S138): no socket, no thread.

Theory of operation: the runtime asks for the `next` invocation and waits; once there is one, it
gets it, and posts its response or its error. Each request is looked up in one table with the
state the process is in: where the table has no row, it is refused as Lambda refuses it (S137).
What an invocation came to is kept here; what that means is read elsewhere.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqs_contract.model.limits import PAYLOAD_MAX_BYTES
from sqs_contract.runtime.http import HttpRequest, answer

VERSION: Final = "/2018-06-01/"
"""What the paths of the API begin with (S132)."""

_JSON: Final = {"Content-Type": "application/json"}
_INVOCATION: Final = re.compile(r"runtime/invocation/([^/]+)/(response|error)")
_ERROR_TYPE: Final = "lambda-runtime-function-error-type"
_RESPONSE_MODE: Final = "lambda-runtime-function-response-mode"
_STREAMING: Final = "streaming"


class State(enum.Enum):
    """Where a runtime is, by the names Lambda has for it (S137)."""

    STARTED = "Started"
    READY = "Ready"
    RUNNING = "Running"
    SENT = "RuntimeResponseSentState"
    INIT_ERROR = "InitError"


class Ask(enum.Enum):
    """What a runtime asks for; the value is the state it would be in then, as Lambda says it."""

    NEXT = "Ready"
    RESPONSE = "InvocationResponse"
    ERROR = "InvocationErrorResponse"
    INIT_ERROR = "InitError"


_TABLE: Final[Mapping[tuple[State, Ask], State]] = {
    (State.STARTED, Ask.NEXT): State.READY,
    (State.STARTED, Ask.INIT_ERROR): State.INIT_ERROR,
    (State.READY, Ask.NEXT): State.READY,
    (State.RUNNING, Ask.NEXT): State.RUNNING,  # the same event once more (S138)
    (State.RUNNING, Ask.RESPONSE): State.SENT,
    (State.RUNNING, Ask.ERROR): State.SENT,
    (State.SENT, Ask.NEXT): State.READY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What a runtime gets (S133).

    Attributes:
        event: JSON.
        deadline_ms: when its time is over, in epoch milliseconds as its process has them.
        arn: of the function.
        trace_id: of X-Ray.
    """

    request_id: str
    event: bytes
    deadline_ms: int
    arn: str
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a runtime posted in the end (S134-S136).

    Attributes:
        error: whether it is an error, of an invocation or of the start.
        body: as it came; of an error usually JSON.
        error_type: what it said of an error beside the body.
        too_large: whether it was a response above the limit (S115), and refused.
    """

    error: bool
    body: bytes
    error_type: str = ""
    too_large: bool = False


class RuntimeApi:
    """The API of one process.

    Attributes:
        state: where the runtime is.
        posted: what the current invocation came to, or the start if it failed.
    """

    def __init__(self) -> None:
        self.state = State.STARTED
        self.posted: Posted | None = None
        self._invocation: Invocation | None = None

    def begin(self, invocation: Invocation) -> None:
        """The next that the runtime gets."""
        self._invocation = invocation
        self.posted = None

    def take(self) -> bytes | None:
        """The answer to a `next` that waits, if there is an invocation to give."""
        if self.state is not State.READY or self._invocation is None:
            return None
        self.state = State.RUNNING
        return self._render()

    def handle(self, request: HttpRequest) -> bytes | None:
        """The answer to a request; `None` where it is one for the next, which waits: see `take`."""
        path = request.target.partition("?")[0].removeprefix(VERSION)
        if (request.method, path) == ("GET", "ping"):
            return answer(200, {"Content-Type": "text/plain"}, b"pong")
        if (request.method, path) == ("GET", "runtime/invocation/next"):
            return self._next()
        if (request.method, path) == ("POST", "runtime/init/error"):
            return self._init_error(request)
        found = _INVOCATION.fullmatch(path)
        if request.method == "POST" and found is not None:
            return self._post(request, found[1], Ask.ERROR if found[2] == "error" else Ask.RESPONSE)
        return _refusal(404, "the Runtime API has no such path", "NotFound")

    def _next(self) -> bytes | None:
        refused = self._go(Ask.NEXT)
        if refused is not None:
            return refused
        if self.state is State.RUNNING:
            return self._render()
        if self.posted is not None:
            self._invocation = None  # that one is done
        return None

    def _init_error(self, request: HttpRequest) -> bytes:
        refused = self._go(Ask.INIT_ERROR)
        if refused is not None:
            return refused
        self.posted = Posted(
            error=True, body=request.body, error_type=request.headers.get(_ERROR_TYPE, "")
        )
        return _accepted()

    def _post(self, request: HttpRequest, request_id: str, ask: Ask) -> bytes:
        if self.state in (State.RUNNING, State.SENT):
            assert self._invocation is not None, "these states are reached with one"
            if request_id != self._invocation.request_id:
                return _refusal(400, "Invalid request ID", "InvalidRequestID")
        mode = request.headers.get(_RESPONSE_MODE, _STREAMING)
        if ask is Ask.RESPONSE and mode != _STREAMING:
            return _refusal(
                400, f"Invalid function response mode: {mode}", "InvalidFunctionResponseMode"
            )
        refused = self._go(ask)
        if refused is not None:
            return refused
        if ask is Ask.RESPONSE and len(request.body) > PAYLOAD_MAX_BYTES:
            self.posted = Posted(error=False, body=b"", too_large=True)
            return _refusal(
                413,
                f"Exceeded maximum allowed payload size ({PAYLOAD_MAX_BYTES} bytes).",
                "RequestEntityTooLarge",
            )
        # A response that is streamed tells behind itself that it broke off.
        trailing = request.trailers.get(_ERROR_TYPE, "")
        self.posted = Posted(
            error=ask is Ask.ERROR or bool(trailing),
            body=request.body,
            error_type=trailing or request.headers.get(_ERROR_TYPE, ""),
        )
        return _accepted()

    def _go(self, ask: Ask) -> bytes | None:
        """Change the state, or refuse to."""
        state = _TABLE.get((self.state, ask))
        if state is None:
            return _refusal(
                403,
                f"State transition from {self.state.value} to {ask.value} failed for runtime. "
                "Error: State transition is not allowed",
                "InvalidStateTransition",
            )
        self.state = state
        return None

    def _render(self) -> bytes:
        invocation = self._invocation
        assert invocation is not None, "a runtime runs with an invocation"
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        return answer(200, headers, invocation.event)


def _accepted() -> bytes:
    return answer(202, _JSON, b'{"status":"OK"}\n')


def _refusal(status: int, message: str, error_type: str) -> bytes:
    body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
    return answer(status, _JSON, body)
