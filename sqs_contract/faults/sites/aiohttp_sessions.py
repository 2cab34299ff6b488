"""aiohttp: one request of a client session is a site.

The methods a handler calls are wrapped, `session.post` and its kin, so that
aioresponses, which takes the place of what is beneath them, answers below the site.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.http import (
    BODY,
    FAILED,
    THROTTLED,
    error_of_status,
    http_label,
    microseconds,
)
from sqs_contract.faults.sites.passing import Mishaps, awaited, is_site, raising
from sqs_contract.faults.sites.patches import Patches

_VERBS: Final = ("get", "options", "head", "post", "put", "patch", "delete")
_REFUSED: Final = 111


def install(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make requests of `aiohttp.client` sites."""
    library: Any = module

    def make(verb: str | None) -> Any:
        def wrap(real: Any) -> Any:
            def watched(session: Any, *args: Any, **kwargs: Any) -> Any:
                if not is_site(gate):
                    return real(session, *args, **kwargs)
                method, url = _named(verb, args, kwargs)

                async def send() -> Any:
                    return await real(session, *args, **kwargs)

                mishaps = _Request(session, method, url, kwargs).mishaps()
                call = awaited(gate, http_label(method, url), send, mishaps)
                return library._RequestContextManager(call)

            return watched

        return wrap

    for verb in _VERBS:
        patches.replace(library.ClientSession, verb, make(verb))
    patches.replace(library.ClientSession, "request", make(None))


def _named(verb: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Any]:
    if verb is not None:
        return verb.upper(), args[0] if args else kwargs.get("url")
    method = args[0] if args else kwargs.get("method", "GET")
    return str(method).upper(), args[1] if len(args) > 1 else kwargs.get("url")


class _Request:
    """A request on its way, and what may come of it."""

    def __init__(self, session: Any, method: str, url: Any, kwargs: dict[str, Any]) -> None:
        from yarl import URL  # noqa: PLC0415  what aiohttp stands on

        build = getattr(session, "_build_url", URL)
        self._session = session
        self._method = method
        self._url: Any = build(url)
        self._raise = kwargs.get("raise_for_status")
        if self._raise is None:
            self._raise = getattr(session, "_raise_for_status", False)
        timeout = kwargs.get("timeout") or getattr(session, "_timeout", None)
        bounds = [getattr(timeout, name, None) for name in ("total", "sock_read")]
        self._bounds = [it for it in map(microseconds, bounds) if it is not None]

    def mishaps(self) -> Mishaps:
        return Mishaps(
            fails=lambda: self._answer(*FAILED),
            throttled=lambda: self._answer(*THROTTLED),
            unreachable=raising(self._not_connected),
            lost=raising(self._disconnected),
            error_of=lambda answer: error_of_status(answer.status),
            patience_us=min(self._bounds, default=None),
        )

    def _not_connected(self) -> BaseException:
        import aiohttp  # noqa: PLC0415  the handler has imported it
        from aiohttp.client_reqrep import ConnectionKey  # noqa: PLC0415

        secure = self._url.scheme == "https"
        key = ConnectionKey(self._url.host or "", self._url.port, secure, True, None, None, None)
        return aiohttp.ClientConnectorError(key, ConnectionRefusedError(_REFUSED, "refused"))

    def _disconnected(self) -> BaseException:
        import aiohttp  # noqa: PLC0415

        if self._bounds:
            return aiohttp.ServerTimeoutError("Timeout on reading data from socket")
        return aiohttp.ServerDisconnectedError()

    def _answer(self, status: int, reason: str) -> Any:
        import aiohttp  # noqa: PLC0415
        from multidict import CIMultiDict, CIMultiDictProxy  # noqa: PLC0415

        headers: Any = CIMultiDictProxy(CIMultiDict({"Content-Type": "text/plain"}))
        about = aiohttp.RequestInfo(
            url=self._url, method=self._method, headers=headers, real_url=self._url
        )
        if self._raise is True:
            raise aiohttp.ClientResponseError(
                about, (), status=status, message=reason, headers=headers
            )
        answer: Any = aiohttp.ClientResponse.__new__(aiohttp.ClientResponse)
        for name, value in {
            "method": self._method,
            "status": status,
            "reason": reason,
            "cookies": {},
            "content": aiohttp.streams.EMPTY_PAYLOAD,
            "version": None,
            "_url": self._url,
            "_real_url": self._url,
            "_headers": headers,
            "_raw_headers": ((b"Content-Type", b"text/plain"),),
            "_request_info": about,
            "_history": (),
            "_body": BODY,
            "_cache": {},
            "_closed": True,
            "_connection": None,
            "_session": self._session,
            "_resolve_charset": lambda *_: "utf-8",
        }.items():
            setattr(answer, name, value)
        return answer
