"""Where our own output goes, whatever the handler does to the process's streams meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, TextIO

from sqs_contract.errors import UsageError
from sqs_contract.world.output import OutputTail

_STDOUT: Final = 1
_UNUSABLE: Final = (OSError, ValueError)
"""What a stream raises that is gone: by its file, or because it was closed."""


@contextmanager
def own_stdout() -> Iterator[TextIO]:
    """Keep standard output for ourselves.

    Until the end, what the user's code prints goes nowhere, be it through
    `sys.stdout`, a child process or file descriptor 1. Our own stream is a
    duplicate, which is still there when somebody closed the other.

    Raises:
        UsageError: there is no standard output.
    """
    stream = sys.stdout
    if stream is None or stream.closed:
        raise UsageError("standard output is closed: send it to a file, to a pipe or to /dev/null")
    sys.stdout = OutputTail()
    try:
        if _is_the_processes(stream):
            with _descriptor_apart(stream) as own:
                yield own
        else:  # that of a test runner, which is not reached by number
            yield stream
    finally:
        sys.stdout = stream


def write_out(stream: TextIO | None, text: str) -> None:
    """Write to standard output or error, and see that it arrives.

    A reader who has enough, and went away, is no error.

    Raises:
        UsageError: it cannot be written.
    """
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        discard(stream)
    except _UNUSABLE as error:
        discard(stream)
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(f"cannot write the output: {reason or error}") from None


def tell_error(text: str) -> None:
    """Write to standard error, if there is anyone to read it."""
    if sys.stderr is not None:
        with suppress(UsageError):
            write_out(sys.stderr, text)


def discard(stream: TextIO | None) -> None:
    """Let what a stream still holds go nowhere, so that its end is quiet."""
    if stream is None:
        return
    with suppress(*_UNUSABLE), _devnull() as nowhere:
        os.dup2(nowhere, stream.fileno())


def _is_the_processes(stream: TextIO) -> bool:
    try:
        return stream.fileno() == _STDOUT
    except (*_UNUSABLE, AttributeError):
        return False


@contextmanager
def _descriptor_apart(stream: TextIO) -> Iterator[TextIO]:
    try:
        stream.flush()
        before = os.dup(_STDOUT)
    except OSError as error:
        raise UsageError(f"cannot write the output: {error.strerror or error}") from None
    own = os.fdopen(os.dup(before), "w", encoding=stream.encoding, errors=stream.errors)
    with _devnull() as nowhere:
        os.dup2(nowhere, _STDOUT)
    try:
        yield own
    finally:
        with suppress(*_UNUSABLE):
            own.close()
        with suppress(*_UNUSABLE):
            stream.flush()  # what somebody wrote to `sys.__stdout__`: while it goes nowhere
        with suppress(*_UNUSABLE):
            os.dup2(before, _STDOUT)
            os.close(before)


@contextmanager
def _devnull() -> Iterator[int]:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        yield nowhere
    finally:
        os.close(nowhere)
