"""requests: one request of a session is a site.

Above the transport adapters, so that responses, requests-mock and adapters of
the user's own answer beneath the site. The retries of an adapter lie below it
too; their outcome is what the handler gets to see.
"""

from __future__ import annotations

import io
from datetime import timedelta
from types import ModuleType
from typing import Any

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.http import (
    BODY,
    FAILED,
    NOT_CONNECTED,
    THROTTLED,
    error_of_status,
    http_label,
    microseconds,
)
from sqs_contract.faults.sites.passing import Mishaps, called, is_site, raising
from sqs_contract.faults.sites.patches import Patches


def install(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make requests of `requests.sessions` sites."""
    sessions: Any = module

    def make(send: Any) -> Any:
        def watched(session: Any, request: Any, **kwargs: Any) -> Any:
            if not is_site(gate):
                return send(session, request, **kwargs)
            label = http_label(request.method, request.url)
            mishaps = _mishaps(session, request, kwargs)
            return called(gate, label, lambda: send(session, request, **kwargs), mishaps)

        return watched

    patches.replace(sessions.Session, "send", make)


def _mishaps(session: Any, request: Any, kwargs: dict[str, Any]) -> Mishaps:
    from requests import exceptions  # noqa: PLC0415  the handler has imported it

    timeout = kwargs.get("timeout")
    read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout

    def lost() -> Exception:
        if read_timeout is not None:
            return exceptions.ReadTimeout(
                f"Read timed out. (read timeout={read_timeout})", request=request
            )
        return exceptions.ConnectionError(
            "('Connection aborted.', RemoteDisconnected('Remote end closed connection "
            "without response'))",
            request=request,
        )

    return Mishaps(
        fails=lambda: _answer(session, request, kwargs, *FAILED),
        throttled=lambda: _answer(session, request, kwargs, *THROTTLED),
        unreachable=raising(lambda: exceptions.ConnectionError(NOT_CONNECTED, request=request)),
        lost=raising(lost),
        error_of=lambda answer: error_of_status(answer.status_code),
        patience_us=microseconds(read_timeout),
    )


def _answer(session: Any, request: Any, kwargs: dict[str, Any], status: int, reason: str) -> Any:
    """A response of an error, or what the adapter's own retries make of it."""
    from requests import exceptions  # noqa: PLC0415
    from requests.hooks import dispatch_hook  # noqa: PLC0415
    from requests.models import Response  # noqa: PLC0415

    retries: Any = getattr(session.get_adapter(url=request.url), "max_retries", None)
    repeats = getattr(retries, "is_retry", None)
    if (
        callable(repeats)
        and retries.total
        and repeats(request.method, status)
        and retries.raise_on_status
    ):
        raise exceptions.RetryError(f"too many {status} error responses", request=request)
    response = Response()
    response.status_code = status
    response.reason = reason
    response.url = str(request.url)
    response.request = request
    response.encoding = "utf-8"
    response.headers["Content-Type"] = "text/plain"
    response.raw = io.BytesIO(BODY)
    response.elapsed = timedelta(milliseconds=1)
    response = dispatch_hook("response", request.hooks, response, **kwargs)
    if not kwargs.get("stream", session.stream):
        response.content  # noqa: B018  read, as the session does
    return response
