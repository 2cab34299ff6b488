"""What Lambda says of an invocation that failed (S115, S118, S121)."""

from __future__ import annotations

import pytest

from sqs_contract.model.invocation import ErrorKind, exited, timed_out, too_large


def test_a_timeout_is_told_with_its_seconds():
    """S118: as recorded since 2025."""
    error = timed_out("id-1", 1_000)
    assert (error.kind, error.error_type) == (ErrorKind.TIMED_OUT, "Sandbox.Timedout")
    assert error.message == "RequestId: id-1 Error: Task timed out after 1.00 seconds"


@pytest.mark.parametrize(
    ("request_id", "status", "message"),
    [
        ("id-1", 0, "RequestId: id-1 Error: Runtime exited without providing a reason"),
        ("id-1", 127, "RequestId: id-1 Error: Runtime exited with error: exit status 127"),
        ("id-1", None, "RequestId: id-1 Error: Runtime exited with error: signal: killed"),
        ("", 1, "Error: Runtime exited with error: exit status 1"),
    ],
)
def test_an_exit_is_told_with_its_reason(request_id, status, message):
    """S121: a process that left, failed, or was killed; before a request there is no id."""
    error = exited(request_id, status)
    assert (error.kind, error.error_type) == (ErrorKind.EXITED, "Runtime.ExitError")
    assert error.message == message


def test_a_response_that_is_too_large_is_told_with_the_limit():
    """S115."""
    error = too_large(6_291_556)
    assert (error.kind, error.error_type) == (ErrorKind.TOO_LARGE, "Function.ResponseSizeTooLarge")
    assert error.message == (
        "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    )
