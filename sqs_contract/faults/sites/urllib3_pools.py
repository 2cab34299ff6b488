"""urllib3 2: one request to a pool is a site, and each of its own tries meets the fault.

Below urllib3's retries, as on a real network: what they repair, the handler never sees.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import ModuleType
from typing import Any, Final

from sqs_contract.faults.gate import Gate, Passage
from sqs_contract.faults.sites.http import (
    BODY,
    FAILED,
    NOT_CONNECTED,
    THROTTLED,
    error_of_status,
    http_label,
    microseconds,
)
from sqs_contract.faults.sites.passing import Mishaps, attempt, is_site, raising, under_way
from sqs_contract.faults.sites.patches import Patches

_REQUEST: Final[ContextVar[Passage | None]] = ContextVar("sqs_contract_urllib3", default=None)


def install(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make requests of `urllib3.connectionpool` sites."""

    def make(urlopen: Any) -> Any:
        def watched(pool: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            if not is_site(gate):
                return urlopen(pool, method, url, *args, **kwargs)
            place = url if "://" in url else f"{pool.scheme}://{pool.host}:{pool.port}{url}"
            with under_way(gate, http_label(method, place)) as passage:
                request = _REQUEST.set(passage)
                try:
                    answer = urlopen(pool, method, url, *args, **kwargs)
                finally:
                    _REQUEST.reset(request)
            gate.leave(passage, error_of_status(answer.status))
            return answer

        return watched

    def make_try(request: Any) -> Any:
        def watched(pool: Any, connection: Any, *args: Any, **kwargs: Any) -> Any:
            passage = _REQUEST.get()
            if passage is None:
                return request(pool, connection, *args, **kwargs)
            method, url = (*args, kwargs.get("method"), kwargs.get("url"))[:2]
            return attempt(
                gate,
                passage,
                lambda: request(pool, connection, *args, **kwargs),
                _mishaps(pool, connection, method, url, kwargs),
            )

        return watched

    library: Any = module
    patches.replace(library.HTTPConnectionPool, "urlopen", make)
    patches.replace(library.HTTPConnectionPool, "_make_request", make_try)


def _mishaps(pool: Any, connection: Any, method: Any, url: Any, kwargs: dict[str, Any]) -> Mishaps:
    from urllib3 import exceptions  # noqa: PLC0415  the handler has imported it

    read_timeout = microseconds(getattr(kwargs.get("timeout"), "read_timeout", None))

    def lost() -> Exception:
        if read_timeout is not None:
            return exceptions.ReadTimeoutError(pool, str(url), "Read timed out.")
        return exceptions.ProtocolError(
            "Connection aborted.",
            ConnectionResetError(104, "Connection reset by peer"),
        )

    def answer(status: int, reason: str) -> Any:
        from urllib3.response import HTTPResponse  # noqa: PLC0415

        return HTTPResponse(
            body=BODY, status=status, reason=reason, request_method=method, request_url=url,
            headers={"Content-Type": "text/plain"}, version=11,
            preload_content=kwargs.get("preload_content", True),
        )  # fmt: skip

    return Mishaps(
        fails=lambda: answer(*FAILED),
        throttled=lambda: answer(*THROTTLED),
        unreachable=raising(lambda: exceptions.NewConnectionError(connection, NOT_CONNECTED)),
        lost=raising(lost),
        patience_us=read_timeout,
    )
