"""urllib of the standard library: one request of an opener is a site."""

from __future__ import annotations

import email.message
import http.client
import io
import urllib.error
from types import ModuleType
from typing import Any

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.http import (
    BODY,
    FAILED,
    NOT_CONNECTED,
    THROTTLED,
    http_label,
    microseconds,
)
from sqs_contract.faults.sites.passing import Mishaps, called, is_site, raising
from sqs_contract.faults.sites.patches import Patches


def install(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make requests of `urllib.request` sites."""
    library: Any = module

    def make(real: Any) -> Any:
        def watched(opener: Any, fullurl: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
            url = getattr(fullurl, "full_url", fullurl)
            if not str(url).startswith(("http:", "https:")) or not is_site(gate):
                return real(opener, fullurl, data, *args, **kwargs)
            if isinstance(fullurl, str):
                method = "GET" if data is None else "POST"
            else:
                method = "POST" if data is not None else fullurl.get_method()
            timeout = args[0] if args else kwargs.get("timeout")
            return called(
                gate,
                http_label(method, url),
                lambda: real(opener, fullurl, data, *args, **kwargs),
                _mishaps(str(url), timeout),
            )

        return watched

    patches.replace(library.OpenerDirector, "open", make)


def _mishaps(url: str, timeout: Any) -> Mishaps:
    patience_us = microseconds(timeout)

    def status(code: int, reason: str) -> Exception:
        return urllib.error.HTTPError(url, code, reason, email.message.Message(), io.BytesIO(BODY))

    def lost() -> Exception:
        if patience_us is not None:
            return TimeoutError("timed out")
        return http.client.RemoteDisconnected("Remote end closed connection without response")

    return Mishaps(
        fails=raising(lambda: status(*FAILED)),
        throttled=raising(lambda: status(*THROTTLED)),
        unreachable=raising(
            lambda: urllib.error.URLError(ConnectionRefusedError(111, NOT_CONNECTED))
        ),
        lost=raising(lost),
        patience_us=patience_us,
    )
