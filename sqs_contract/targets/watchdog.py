"""The watchdog: a handler that runs on and on in real time is ended all the same.

Virtual time stands still in `while True: pass`. A thread looks at the real
clock and interrupts the main thread by a signal; what happens to the handler
there is handed in. Only where the handler runs in the main thread: no other
can be interrupted.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final

from sqs_contract.references import last_users_line
from sqs_contract.targets.sandbox import Sandbox
from sqs_contract.world.clock import real_monotonic
from sqs_contract.world.life import Life, SandboxEnded

WATCHDOG_S: Final = 8.0
"""An invocation that takes this long in real time is taken for one that never ends."""

_DEAD_S: Final = 1.0
"""What a thread has ended is to be gone from the main thread after this time."""

_TICK_S: Final = 0.1
_SIGNAL: Final = getattr(signal, "SIGVTALRM", None)
"""A signal next to nobody uses; pytest-timeout has SIGALRM."""

_DEBUGGERS: Final = ("bdb", "pdb", "pydevd", "_pydevd_bundle", "debugpy")


@contextmanager
def watched(
    sandbox_now: Callable[[], Sandbox], strike: Callable[[FrameType | None], None]
) -> Iterator[None]:
    """Have `strike` called, in the main thread, from within a call that does not end."""
    main = threading.main_thread()
    if threading.current_thread() is not main or _SIGNAL is None:
        yield
        return

    def struck(_number: int, frame: FrameType | None) -> None:
        sandbox = sandbox_now()
        if sandbox.running and not sandbox.is_hub() and not _is_debugged(frame):
            strike(frame)

    before = signal.signal(_SIGNAL, struck)
    over = threading.Lock()
    over.acquire()
    dog = threading.Thread(
        target=_watch,
        args=(sandbox_now, over, main.ident),
        name="sqs-contract-watchdog",
        daemon=True,
    )
    dog.start()
    try:
        yield
    finally:
        over.release()
        dog.join()  # a signal that came later would end the process
        signal.signal(_SIGNAL, before)


def _watch(sandbox_now: Callable[[], Sandbox], over: threading.Lock, main: int) -> None:
    assert _SIGNAL is not None
    call: object = None
    since = real_monotonic()
    while not over.acquire(timeout=_TICK_S):
        now = real_monotonic()
        sandbox = sandbox_now()
        if not sandbox.running or (sandbox, sandbox.calls) != call:
            call, since = (sandbox, sandbox.calls), now
        elif now - since > (_DEAD_S if sandbox.dead else WATCHDOG_S):
            since = now
            signal.pthread_kill(main, _SIGNAL)


def stop_threads(life: Life) -> None:
    """Raise `SandboxEnded` in the threads of a life that may never come by a place to stop."""
    for thread in life.threads:
        if thread.is_alive() and thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(SandboxEnded)
            )


def place_of(frame: FrameType | None) -> str:
    """`shop/orders.py:31`: where the user's code is in a frame and those that called it."""
    trace: TracebackType | None = None
    while frame is not None:
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno or 0)
        frame = frame.f_back
    return last_users_line(trace) or "code that is not the handler's"


def _is_debugged(frame: FrameType | None) -> bool:
    """Whether a person looks at the handler in a debugger: that takes its time."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith(_DEBUGGERS):
            return True
        frame = frame.f_back
    return False
