"""What an invocation came to, from what its process posted or how it ended (S115-S127, S134-S136)."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
from typing import Any, Final

from sqs_contract.model.invocation import (
    ErrorKind,
    FunctionError,
    Outcome,
    Returned,
    exited,
    too_large,
)
from sqs_contract.model.limits import PAYLOAD_MAX_BYTES
from sqs_contract.references import is_users_file, shown
from sqs_contract.runtime.protocol import Posted

_PYTHON_FRAME: Final = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_NODE_FRAME: Final = re.compile(r"\(?(?:file://)?(?P<file>/[^():]+):(?P<line>\d+):\d+\)?$")
_AWS: Final = "amazonaws.com"
_LIBRARIES: Final = "/node_modules/"
_MARSHAL: Final = "Runtime.MarshalError"


def outcome_of(posted: Posted, address: str = "") -> Outcome:
    """What an invocation came to whose runtime posted this. Where it tells of our address, which
    is another each time, it is told of AWS's instead."""
    if posted.too_large:
        return too_large(PAYLOAD_MAX_BYTES)
    if posted.error:
        error = _error(posted, ErrorKind.RAISED)
        if not address:
            return error
        return dataclasses.replace(error, message=error.message.replace(address, _AWS))
    try:
        return Returned(posted.body.decode())
    except UnicodeDecodeError:
        return Returned(posted.body)


def failed_start(posted: Posted) -> FunctionError:
    """The error of an invocation whose runtime reported that it cannot start (S122, S136)."""
    return _error(posted, ErrorKind.INIT)


def ended_by_itself(request_id: str, status: int) -> FunctionError:
    """The error of an invocation whose process has ended: an exit status, negative for a
    signal."""
    if status >= 0:
        return exited(request_id, status)
    name = (signal.strsignal(-status) or f"signal {-status}").lower()
    return exited(request_id, None, signal=name)


def _error(posted: Posted, kind: ErrorKind) -> FunctionError:
    data = _object(posted.body)
    error_type = _text(data.get("errorType")) or posted.error_type or "Unhandled"
    if error_type == _MARSHAL:
        kind = ErrorKind.UNSERIALISABLE
    message = _text(data.get("errorMessage"))
    return FunctionError(
        kind=kind,
        error_type=error_type,
        message=message.strip().split("\n", 1)[0],
        where=_where(data),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _where(data: dict[str, Any]) -> str | None:
    """The innermost line of the user's own code in a trace: of Python, or of Node.js, which
    tells it the other way round (S117)."""
    frames = data.get("stackTrace")
    if isinstance(frames, list):
        found = [match for frame in frames if (match := _PYTHON_FRAME.search(str(frame)))]
        own = [match for match in found if is_users_file(match["file"])] or found
        return f"{shown(own[-1]['file'])}:{own[-1]['line']}" if own else None
    trace = data.get("trace")
    if isinstance(trace, list):
        for frame in trace:
            match = _NODE_FRAME.search(str(frame).strip())
            if match and _LIBRARIES not in match["file"]:
                return f"{shown(match['file'])}:{match['line']}"
    return None
