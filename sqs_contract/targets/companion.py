"""A little process beside this one that tells when this one cannot.

C code that keeps Python's lock and does not return stops every thread, the watchdog's
too; and a process that is killed says nothing more. The companion hears the watchdog
tick, and when it has heard nothing for long, it ends this process: nothing ever hangs.
Started once for a process, with the standard library's least.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

STUCK_S: Final = 20
"""Seconds without a tick after which a process counts as stuck."""

ADVICE: Final = (
    "run it with --isolated (Contract(..., isolated=True)), where it is ended from outside "
    "and the verification goes on"
)
_STATUS: Final = 3
"""The exit status of a process that is ended because it is stuck. It is also the number of
SIGQUIT, so that the C library's `_exit`, as the handler of that signal, exits with it."""

_PROGRAM: Final = r"""
import os, select, sys, time
import signal
pid, stuck, advice = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
watching, silent = False, 0
poll = select.poll()
poll.register(0, select.POLLIN)
def tell(text):
    try:
        os.write(2, ("sqs-contract: " + text + "; " + advice + "\n").encode())
    except OSError:
        pass
while True:
    if poll.poll(1000):
        heard = os.read(0, 4096)
        if not heard:
            if watching:
                tell("the process ended in the middle of a run, most likely by what the handler did")
            break
        silent = 0
        for mark in heard:
            if mark in b"+-":
                watching = mark == 43
        continue
    silent += watching
    if silent >= stuck:
        tell("the handler has been in code that nothing in its process can interrupt for %d seconds" % stuck)
        watching = False
        for number in (signal.SIGQUIT, signal.SIGKILL):
            try:
                os.kill(pid, number)
            except OSError:
                break
            time.sleep(1)
        break
"""

_BEGIN: Final = b"+"
_END: Final = b"-"
_TICK: Final = b"."


class _Companion:
    """The one of this process."""

    process: subprocess.Popen[bytes] | None = None
    owner = 0


@contextmanager
def accompanied() -> Iterator[None]:
    """Have the companion listen: `tick` is to be called every second."""
    _start()
    before = _exit_by_signal()
    _send(_BEGIN)
    try:
        yield
    finally:
        leave()
        if before is not None:
            signal.signal(signal.SIGQUIT, before)


def leave() -> None:
    """Nobody needs to listen any more."""
    _send(_END)


def tick() -> None:
    """This process is alive."""
    _send(_TICK)


def _start() -> None:
    if _Companion.owner == os.getpid() and _Companion.process and _Companion.process.poll() is None:
        return
    _Companion.owner = os.getpid()
    with suppress(OSError):
        _Companion.process = subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, "-I", "-S", "-c", _PROGRAM, str(os.getpid()), str(STUCK_S), ADVICE],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            bufsize=0,
        )


def _send(mark: bytes) -> None:
    process = _Companion.process
    if process is not None and process.stdin is not None and _Companion.owner == os.getpid():
        with suppress(OSError, ValueError):
            process.stdin.write(mark)


def _exit_by_signal() -> Any:
    """Let SIGQUIT end this process with our status, whatever holds Python's lock."""
    before = signal.getsignal(signal.SIGQUIT)
    try:
        libc = ctypes.CDLL(None)
        libc.signal(_STATUS, ctypes.cast(libc._exit, ctypes.c_void_p))
    except (OSError, AttributeError):
        return None
    return before
