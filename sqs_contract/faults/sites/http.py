"""What calls over HTTP have in common: labels, statuses, the text of an answer of ours."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from sqs_contract.world.network import is_local

FAILED: Final = (503, "Service Unavailable")
THROTTLED: Final = (429, "Too Many Requests")
BODY: Final = b"injected fault"
NOT_CONNECTED: Final = "[Errno 111] Connection refused"

_MAX_PATH: Final = 60
_FIRST_ERROR: Final = 400
_MICROSECONDS: Final = 1_000_000


def http_label(method: object, url: object) -> str:
    """`http.POST api.example.com/charges`: without the query, which may hold secrets; of this
    machine without the port, which may be another each time."""
    verb = _text(method).upper() or "GET"
    try:
        parts = urlsplit(_text(url))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f"http.{verb}"
    if port is not None and not is_local(host):
        host = f"{host}:{port}"
    return f"http.{verb} {host}{parts.path or '/'}"[: _MAX_PATH + len(verb)]


def error_of_status(status: Any) -> str | None:
    """The status as what is wrong with an answer, if it is one of an error."""
    return str(status) if isinstance(status, int) and status >= _FIRST_ERROR else None


def microseconds(seconds: Any) -> int | None:
    """A timeout in seconds, as libraries are given it; `None` where there is none."""
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0:
        return int(seconds * _MICROSECONDS)
    return None


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
