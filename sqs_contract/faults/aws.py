"""Fault sites at every AWS call made through botocore, below the SDK's own retries.

Two of botocore's methods are wrapped, on their classes, so that clients count
whenever and in whatever thread they were made: `BaseClient._make_api_call`,
one logical call, is where a call is labelled and counted; and
`Endpoint._do_get_response`, one attempt, is where it is made to fail.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Protocol

import botocore.endpoint
from botocore.client import BaseClient
from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from sqs_contract.faults.answers import answered, refused
from sqs_contract.faults.gate import Gate, Passage
from sqs_contract.faults.inside import INSIDE
from sqs_contract.faults.labels import label_call
from sqs_contract.faults.partial import answer_partly_failed
from sqs_contract.faults.service_errors import ServiceError, failure_of, throttle_of
from sqs_contract.scenario import INDEFINITE_FAULTS, FaultKind
from sqs_contract.world.life import pause
from sqs_contract.world.patching import patched

_FIRST_ERROR_STATUS: Final = 300

_PARTIAL: Final = frozenset({FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE})

_CALL: Final[ContextVar[tuple[Passage, dict[str, Any]] | None]] = ContextVar(
    "sqs_contract_call", default=None
)


class Service(Protocol):
    """What stands behind the calls: it performs them, and sees what they change."""

    def perform(self, operation: Any, parameters: dict[str, Any], send: Callable[[], Any]) -> Any:
        """Perform one attempt of a call; `send` sends it. Returns what `send` returned."""

    def answer_lost(self, operation: Any, parameters: dict[str, Any], parsed: Any) -> None:
        """A call took effect with this answer, and the handler will not know."""


@contextmanager
def aws_call_sites(gate: Gate, service: Service) -> Iterator[None]:
    """Make every AWS call a fault site in front of `service`."""
    make_api_call: Any = BaseClient._make_api_call
    do_get_response: Any = Endpoint._do_get_response

    def watched_call(client: Any, operation_name: str, api_params: Any) -> Any:
        if not gate.watching:
            pause()  # a thread that outlived its invocation waits here for the next one
            if not gate.watching:
                return make_api_call(client, operation_name, api_params)
        name = client.meta.service_model.service_name
        passage = gate.enter(label_call(name, operation_name, api_params))

        def send(parameters: Any) -> Any:
            token = _CALL.set((passage, parameters))
            try:
                return make_api_call(client, operation_name, parameters)
            finally:
                _CALL.reset(token)

        inside = INSIDE.set(True)
        try:
            result, told = None, None
            if passage.fault in _PARTIAL:
                told = "its last entry failed"
                result = answer_partly_failed(
                    name, operation_name, api_params, send, answered({}, "")[0][1]
                )
            if result is None:
                told = None
                result = send(api_params)
        except Exception as error:
            gate.leave(passage, _error_code(error))
            raise
        finally:
            INSIDE.reset(inside)
        gate.leave(passage, told)
        return result

    def watched_attempt(endpoint: Any, request: Any, operation_model: Any, context: Any) -> Any:
        call = _CALL.get()
        if call is None:
            return do_get_response(endpoint, request, operation_model, context)
        pause()
        passage, parameters = call
        passage.attempts += 1
        attempt = _Attempt(
            passage,
            operation_model,
            parameters,
            request.url,
            lambda: do_get_response(endpoint, request, operation_model, context),
        )
        return _play(attempt, gate, service)

    with patched(
        (BaseClient, "_make_api_call", watched_call),
        (Endpoint, "_do_get_response", watched_attempt),
        # Assumption: the SDK's back-off draws its shortest pause, none, so that a
        # fault reaches the handler before the function's deadline does.
        (botocore.endpoint, "time", types.SimpleNamespace(sleep=lambda _: None)),
    ):
        yield


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt of a call on its way to the service."""

    passage: Passage
    operation: Any
    parameters: dict[str, Any]
    url: str
    send: Callable[[], Any]


def _play(attempt: _Attempt, gate: Gate, service: Service) -> Any:
    """One attempt, as its fault wants it: botocore's `((response, parsed), exception)`."""
    fault = attempt.passage.fault
    first = attempt.passage.attempts == 1
    if fault is FaultKind.CALL_FAILS:
        return _refused(failure_of(attempt.operation), attempt.url)
    if fault is FaultKind.CALL_THROTTLED:
        return _refused(throttle_of(attempt.operation, attempt.parameters), attempt.url)
    if fault is FaultKind.NO_CONNECTION or (fault is FaultKind.ANSWER_LOST and not first):
        return None, EndpointConnectionError(endpoint_url=attempt.url, error="injected fault")
    result = service.perform(attempt.operation, attempt.parameters, attempt.send)
    if fault in INDEFINITE_FAULTS and first:
        if succeeded(result):
            service.answer_lost(attempt.operation, attempt.parameters, result[0][1])
        gate.after(attempt.passage)
        return None, ConnectionClosedError(endpoint_url=attempt.url, error="injected fault")
    return result


def succeeded(result: Any) -> bool:
    """Whether an attempt's `((response, parsed), exception)` is a success."""
    answer = result[0]
    return answer is not None and answer[0].status_code < _FIRST_ERROR_STATUS


def _refused(error: ServiceError, url: str) -> Any:
    return refused(error.code, error.message, error.status, url, error.more)


def _error_code(error: Exception) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", type(error).__name__))
    return type(error).__name__
