"""What an invocation came to, as the event source mapping sees it (S115-S122)."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ErrorKind(enum.Enum):
    """Why an invocation failed, as Lambda tells it apart."""

    RAISED = "raised"
    TIMED_OUT = "timed out"
    EXITED = "exited"
    UNSERIALISABLE = "unserialisable"
    TOO_LARGE = "too large"
    INIT = "init"


@dataclass(frozen=True, slots=True)
class Returned:
    """The function returned; `payload` is the text Lambda got (bytes if the handler returned bytes)."""

    payload: str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionError:
    """The function failed: every record is kept (row 1 of the table).

    Attributes:
        kind: how it failed.
        error_type: `errorType` of the error payload (S117-S122).
        message: `errorMessage` of the error payload.
        where: file and line of the handler that raised, if known.
    """

    kind: ErrorKind
    error_type: str
    message: str
    where: str | None = None


Outcome = Returned | FunctionError


def timed_out(request_id: str, timeout_ms: int) -> FunctionError:
    """The error of an invocation whose deadline passed (S118)."""
    return FunctionError(
        kind=ErrorKind.TIMED_OUT,
        error_type="Sandbox.Timedout",
        message=f"RequestId: {request_id} Error: Task timed out after {timeout_ms / 1000:.2f} seconds",
    )


def exited(request_id: str, status: int | None, *, signal: str = "killed") -> FunctionError:
    """The error of a runtime process that ended: exit status, or `None` for a kill (S119, S121).

    Assumption: `signal` tells another signal than SIGKILL by its usual name, in small letters.
    """
    if status is None:
        reason = f"Runtime exited with error: signal: {signal}"
    elif status:
        reason = f"Runtime exited with error: exit status {status}"
    else:
        reason = "Runtime exited without providing a reason"
    where = f"RequestId: {request_id} " if request_id else ""  # a crash before there was a request
    return FunctionError(
        kind=ErrorKind.EXITED,
        error_type="Runtime.ExitError",
        message=f"{where}Error: {reason}",
    )


def too_large(size_limit: int) -> FunctionError:
    """The error of a response above the payload limit (S115)."""
    return FunctionError(
        kind=ErrorKind.TOO_LARGE,
        error_type="Function.ResponseSizeTooLarge",
        message=f"Response payload size exceeded maximum allowed payload size ({size_limit} bytes).",
    )
