"""The watchdog: a handler that runs on and on in real time is ended all the same.

Virtual time stands still in `while True: pass`. A thread looks at the real
clock, and at the memory of the process, and interrupts the main thread by a
signal; what happens to the handler there is handed in. Only where the handler
runs in the main thread: no other can be interrupted. Where nothing can, the
process is ended, here or by its companion: a run never hangs.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Final, Protocol

from sqs_contract.references import is_users_file, last_users_line
from sqs_contract.targets.companion import ADVICE, STUCK_S, leave, tick
from sqs_contract.world.life import Life, SandboxEnded
from sqs_contract.world.patience import Patience

WATCHDOG_S: Final = 8.0
"""An invocation that takes this long in real time is taken for one that never ends; time for
which other processes had the processor is hardly its own."""

_DEAD_S: Final = 1.0
"""What a thread has ended is to be gone from the main thread after this time."""

_TICK_S: Final = 0.1
_TICKS_A_SECOND: Final = 10
_STRIKES_MAX: Final = 3
"""Code that goes on after it was told so often to end, as an import can, never will."""

_PAGE: Final = mmap.PAGESIZE
_MB: Final = 1 << 20
_FRAMES_MAX: Final = 1_000
_real_exit: Final = os._exit
_real_open: Final = open
_SIGNAL: Final = getattr(signal, "SIGVTALRM", None)
"""A signal next to nobody uses; pytest-timeout has SIGALRM."""

_DEBUGGERS: Final = ("bdb", "pdb", "pydevd", "_pydevd_bundle", "debugpy")


class Watched(Protocol):
    """What the watchdog looks at."""

    @property
    def busy(self) -> bool:
        """Whether somebody else's code has the word."""
        ...

    @property
    def calls(self) -> int:
        """Another number for each time it was given the word."""
        ...

    @property
    def dead(self) -> bool:
        """Whether it was ended, and is only to go."""
        ...

    @property
    def memory_mb(self) -> int | None:
        """How much memory the process may take more in one call; `None` for no bound."""
        ...

    def is_hub(self) -> bool:
        """Whether what runs here is ours."""
        ...


Strike = Callable[[FrameType | None, str | None], None]
"""Called with where the code is, and with why it is to end if that is not the time."""


@contextmanager
def watched(watched_now: Callable[[], Watched], strike: Strike) -> Iterator[None]:
    """Have `strike` called, in the main thread, from within a call that does not end."""
    main = threading.main_thread()
    if threading.current_thread() is not main or _SIGNAL is None:
        yield
        return
    dog_state = _Dog()

    def struck(_number: int, frame: FrameType | None) -> None:
        dog_state.unheard = 0
        sandbox = watched_now()
        if sandbox.busy and not sandbox.is_hub() and not _is_debugged(frame):
            dog_state.heard += 1
            strike(frame, dog_state.reason)

    before = signal.signal(_SIGNAL, struck)
    over = threading.Lock()
    over.acquire()
    dog = threading.Thread(
        target=_watch,
        args=(watched_now, over, main.ident, dog_state),
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


class _Dog:
    """What the watchdog's thread and its signal know of each other.

    Attributes:
        reason: why the code is to end, if it is not the time.
        unheard: how many ticks ago a signal was sent that was not heard yet; 0 for none.
        heard: how often the code was told to end in this call.
    """

    __slots__ = ("heard", "reason", "unheard")

    def __init__(self) -> None:
        self.reason: str | None = None
        self.unheard = 0
        self.heard = 0


def _watch(watched_now: Callable[[], Watched], over: threading.Lock, main: int, dog: _Dog) -> None:
    assert _SIGNAL is not None
    call: object = None
    patience, base_mb = Patience(), 0
    ticks = 0
    while not over.acquire(timeout=_TICK_S):
        ticks += 1
        if ticks % _TICKS_A_SECOND == 0:
            tick()
        sandbox = watched_now()
        if not sandbox.busy or (sandbox, sandbox.calls) != call:
            call, base_mb = (sandbox, sandbox.calls), _resident_mb()
            patience.begin()
            dog.unheard, dog.heard, dog.reason = 0, 0, None
            continue
        if dog.unheard:
            dog.unheard += 1
        if dog.unheard > STUCK_S * _TICKS_A_SECOND or dog.heard > _STRIKES_MAX:
            _give_up()
        limit_mb = sandbox.memory_mb
        too_much = limit_mb is not None and _resident_mb() - base_mb > limit_mb
        if too_much and not sandbox.dead and dog.reason is None:
            dog.reason = f"it took more than {limit_mb} MB of memory"
        elif patience.counted_s() <= (_DEAD_S if sandbox.dead else WATCHDOG_S):
            continue
        patience.begin()
        dog.unheard = max(dog.unheard, 1)
        signal.pthread_kill(main, _SIGNAL)


def _give_up() -> None:
    """Nothing in this process gets through to its main thread: end it, and say so."""
    text = f"sqs-contract: the handler does not react to anything in its process; {ADVICE}\n"
    leave()
    with suppress(OSError):
        os.write(2, text.encode())
    _real_exit(3)


def _resident_mb() -> int:
    """How much memory this process holds, in MB; 0 where the system does not say."""
    try:
        with _real_open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE // _MB
    except (OSError, IndexError):
        return 0


def stop_threads(life: Life) -> None:
    """Raise `SandboxEnded` in the threads of a life that may never come by a place to stop."""
    for thread in life.threads:
        if thread.is_alive() and thread.ident is not None:
            _stop(thread)


def stop_endless_threads(life: Life) -> None:
    """The same in those that run the user's own code at this moment; what waits is left to end
    by itself, and so is a pool's thread that is idle."""
    if not life.threads:
        return
    frames = sys._current_frames()
    for thread in life.threads:
        frame = frames.get(thread.ident or 0)
        if thread.is_alive() and frame is not None and is_users_file(frame.f_code.co_filename):
            _stop(thread)


def _stop(thread: threading.Thread) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SandboxEnded)
    )


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and those that called it, as far as they matter: a recursion may be deep."""
    for _ in range(_FRAMES_MAX):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def place_of(frame: FrameType | None) -> str:
    """`shop/orders.py:31`: where the user's code is in a frame and those that called it."""
    trace: TracebackType | None = None
    for caller in _frames(frame):
        trace = TracebackType(trace, caller, caller.f_lasti, caller.f_lineno or 0)
    return last_users_line(trace) or "code that is not the handler's"


def forget_variables(frame: FrameType | None) -> None:
    """Let go of what the user's code holds in a frame, and those that called it, which will
    never run on: they are kept for good, and are not to keep its memory."""
    for caller in _frames(frame):
        if is_users_file(caller.f_code.co_filename):
            names = caller.f_locals
            for name in list(names):
                names[name] = None
            if sys.version_info < (3, 13):
                ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(caller), ctypes.c_int(0))


def _is_debugged(frame: FrameType | None) -> bool:
    """Whether a person looks at the handler in a debugger: that takes its time."""
    return any(
        str(caller.f_globals.get("__name__")).startswith(_DEBUGGERS) for caller in _frames(frame)
    )
