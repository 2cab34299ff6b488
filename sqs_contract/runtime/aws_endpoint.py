"""Fault sites at every AWS call of a process in any language: an endpoint in front of moto.

What `faults/aws.py` is within a process. The SDK's own tries of one call are one call here too: it
tells them by an id they share. A call is over with an answer that the SDK has no reason to try again
after, or else when the process does something else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqs_contract.faults.gate import Gate, Passage
from sqs_contract.faults.labels import label_call
from sqs_contract.faults.service_errors import ServiceError, failure_of, throttle_of
from sqs_contract.runtime.http import HttpRequest
from sqs_contract.scenario import INDEFINITE_FAULTS, FaultKind

if TYPE_CHECKING:
    from sqs_contract.runtime.aws_requests import WireCall

_PARTIAL: Final = frozenset({FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE})
_FIRST_ERROR_STATUS: Final = 300
_FIRST_SERVER_ERROR: Final = 500
_TOO_MANY: Final = 429
_TRIED_AGAIN: Final = ("Throttl", "SlowDown", "TooManyRequests", "ProvisionedThroughputExceeded")
_NOT_MADE: Final = ServiceError("NotImplemented", "", 400)

NO_CONNECTION: Final = "EndpointConnectionError"
CLOSED: Final = "ConnectionClosedError"
"""What botocore calls them; histories of one scenario read alike wherever it is played."""


class Service(Protocol):
    """What stands behind the calls, as `faults/aws.py` has it."""

    def perform(self, operation: Any, parameters: dict[str, Any], send: Callable[[], Any]) -> Any:
        """Perform one attempt of a call."""

    def answer_lost(self, operation: Any, parameters: dict[str, Any], parsed: Any) -> None:
        """A call took effect with this answer, and the handler will not know."""


@dataclass(slots=True)
class _Call:
    """A call on its way, through all its tries."""

    passage: Passage
    error: str | None = None
    over: bool = False


class AwsEndpoint:
    """The AWS of one execution environment.

    Args:
        service: tells what performs the calls; asked when the first comes.
        waited: told by how many microseconds a call was slow, before it goes on.
    """

    def __init__(
        self, gate: Gate, service: Callable[[], Service], waited: Callable[[int], None]
    ) -> None:
        self._gate = gate
        self._service = service
        self._waited = waited
        self._calls: dict[str, _Call] = {}
        self._open: list[_Call] = []

    def begin_invocation(self) -> None:
        """Another invocation: its calls have nothing to do with those before."""
        self._calls.clear()
        self._open.clear()

    def handle(self, request: HttpRequest) -> bytes | None:
        """The answer to a request; `None` to close the connection instead. Does not return where
        the sandbox dies here."""
        service = self._service()
        from sqs_contract.runtime import aws_requests as wire  # noqa: PLC0415  heavy

        call = wire.read_call(request)
        if call is None:
            return wire.unreadable(request)
        if not self._gate.watching:  # the handler's import
            return _told(call, wire.forward(call))
        known = self._calls.get(call.attempt_of)
        if known is None:
            self.settle()
            label = label_call(call.service, call.operation.name, call.parameters)
            known = _Call(self._gate.enter(label))
            if known.passage.took_us:
                self._waited(known.passage.took_us)
            self._open.append(known)
            if call.attempt_of:
                self._calls[call.attempt_of] = known
        known.passage.attempts += 1
        return self._attempt(call, known, service)

    def settle(self) -> None:
        """The process has gone on: no call that it made is tried again."""
        for call in self._open:
            self._leave(call)
        self._open.clear()

    def _leave(self, call: _Call) -> None:
        if not call.over:
            call.over = True
            self._gate.leave(call.passage, call.error)

    def _attempt(self, call: WireCall, known: _Call, service: Service) -> bytes | None:
        """One attempt, as its fault wants it: see `faults/aws.py`, which it follows."""
        from sqs_contract.runtime import aws_requests as wire  # noqa: PLC0415  heavy

        passage = known.passage
        fault, first = passage.fault, passage.attempts == 1
        if fault is FaultKind.CALL_FAILS:
            return self._refused(call, known, failure_of(call.operation))
        if fault is FaultKind.CALL_THROTTLED:
            return self._refused(call, known, throttle_of(call.operation, call.parameters))
        if fault is FaultKind.NO_CONNECTION or (fault is FaultKind.ANSWER_LOST and not first):
            known.error = NO_CONNECTION
            return None
        if fault in _PARTIAL:
            partly = self._partly(call, service)
            if partly is not None:
                known.error = "its last entry failed"
                self._leave(known)
                return partly
        result = _performed(call, service)
        if fault in INDEFINITE_FAULTS and first:
            if _succeeded(result):
                parsed = result[0][1]
                if parsed is None:
                    parsed = wire.parsed_answer(call, result[0][0])
                service.answer_lost(call.operation, call.parameters, parsed)
            self._gate.after(passage)
            known.error = CLOSED
            return None
        known.error = _error_of(call, result)
        if known.error is None or not _is_tried_again(result, known.error):
            self._leave(known)
        return _told(call, result)

    def _refused(self, call: WireCall, known: _Call, error: ServiceError) -> bytes:
        from sqs_contract.runtime import aws_requests as wire  # noqa: PLC0415  heavy

        known.error = error.code
        return wire.written_error(call, error)

    def _partly(self, call: WireCall, service: Service) -> bytes | None:
        """The answer to a call whose last entry fails; `None` where it has no entries."""
        from sqs_contract.faults.partial import answer_partly_failed  # noqa: PLC0415  the same
        from sqs_contract.runtime import aws_requests as wire  # noqa: PLC0415

        refused: list[bytes] = []

        def send(parameters: dict[str, Any]) -> dict[str, Any]:
            rest = wire.with_parameters(call, parameters)
            result = _performed(rest, service)
            if not _succeeded(result):
                refused.append(_told(call, result))
                return {}
            response, parsed = result[0]
            return wire.parsed_answer(rest, response) if parsed is None else dict(parsed)

        answer = answer_partly_failed(call.service, call.operation.name, call.parameters, send, {})
        if refused:
            return refused[0]
        return None if answer is None else wire.written_answer(call, answer)


def _performed(call: WireCall, service: Service) -> Any:
    from sqs_contract.runtime import aws_requests as wire  # noqa: PLC0415  heavy

    return service.perform(call.operation, call.parameters, lambda: wire.forward(call))


def _succeeded(result: Any) -> bool:
    answer = result[0]
    return answer is not None and answer[0].status_code < _FIRST_ERROR_STATUS


def _error_of(call: WireCall, result: Any) -> str | None:
    from sqs_contract.runtime import aws_requests as wire  # noqa: PLC0415  heavy

    answer, exception = result
    if answer is None:
        return type(exception).__name__
    if _succeeded(result):
        return None
    response, parsed = answer
    return wire.error_code(call, response) if parsed is None else str(parsed["Error"]["Code"])


def _is_tried_again(result: Any, error: str) -> bool:
    """Whether SDKs make a call again after such an answer."""
    answer = result[0]
    if answer is None:
        return False
    status = answer[0].status_code
    return status >= _FIRST_SERVER_ERROR or status == _TOO_MANY or error.startswith(_TRIED_AGAIN)


def _told(call: WireCall, result: Any) -> bytes:
    """A result on the wire."""
    from sqs_contract.runtime import aws_requests as wire  # noqa: PLC0415  heavy

    answer, exception = result
    if answer is None:
        text = f"{type(exception).__name__}: {exception}"
        return wire.written_error(call, ServiceError(_NOT_MADE.code, text, _NOT_MADE.status))
    response, parsed = answer
    if parsed is None:
        return wire.passed_on(call, response)
    if "Error" in parsed:
        error = parsed["Error"]
        return wire.written_error(
            call, ServiceError(error["Code"], error["Message"], response.status_code)
        )
    return wire.written_answer(call, parsed)
