"""httpx: one request of a client is a site, synchronous or not.

Above the transport, so that respx, pytest-httpx and `MockTransport` answer
beneath the site; below the client's event hooks, authentication and redirects.
"""

from __future__ import annotations

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
from sqs_contract.faults.sites.passing import Mishaps, awaited, called, is_site, raising
from sqs_contract.faults.sites.patches import Patches


def install(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make requests of `httpx._client` sites."""

    def make(send: Any) -> Any:
        def watched(client: Any, request: Any) -> Any:
            if not is_site(gate):
                return send(client, request)
            label = http_label(request.method, request.url)
            return called(gate, label, lambda: send(client, request), _mishaps(request))

        return watched

    def make_async(send: Any) -> Any:
        async def watched(client: Any, request: Any) -> Any:
            if not is_site(gate):
                return await send(client, request)
            label = http_label(request.method, request.url)
            return await awaited(gate, label, lambda: send(client, request), _mishaps(request))

        return watched

    library: Any = module
    patches.replace(library.Client, "_send_single_request", make)
    patches.replace(library.AsyncClient, "_send_single_request", make_async)


def _mishaps(request: Any) -> Mishaps:
    import httpx  # noqa: PLC0415  the handler has imported it

    read_timeout = request.extensions.get("timeout", {}).get("read")

    def lost() -> Exception:
        if read_timeout is not None:
            return httpx.ReadTimeout("The read operation timed out", request=request)
        return httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )

    return Mishaps(
        fails=lambda: _answer(request, FAILED[0]),
        throttled=lambda: _answer(request, THROTTLED[0]),
        unreachable=raising(lambda: httpx.ConnectError(NOT_CONNECTED, request=request)),
        lost=raising(lost),
        error_of=lambda answer: error_of_status(answer.status_code),
        patience_us=microseconds(read_timeout),
    )


def _answer(request: Any, status: int) -> Any:
    import httpx  # noqa: PLC0415

    response = httpx.Response(status, request=request, content=BODY)
    response.elapsed = timedelta(milliseconds=1)
    return response
