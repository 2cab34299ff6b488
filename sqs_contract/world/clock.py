"""Virtual time, which is the handler's time too.

`time.time`, `datetime.now` and their kin follow it through time-machine;
`time.sleep`, `time.monotonic` and `time.perf_counter` through functions put in
their place, which fall back to the real ones while no clock is running, because
a library imported during a run keeps them for good. Nothing here sleeps for real.
Threads that are none of the handler's keep real time.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import time_machine

from sqs_contract.world.life import Life, life_here

EPOCH_MS: Final = int(datetime(2025, 12, 31, 23, 59, 45, tzinfo=UTC).timestamp() * 1000)
"""Virtual time starts here: so late in the year that a redelivery after the visibility
timeout comes in another minute, hour, day, month and year. Whoever makes a key of one of
these does the work again."""

_MICROSECONDS: Final = 1_000_000

_READS: Final = 1_000
_READ_US: Final = 10
"""Assumption: to look at a clock takes 10 us. It is charged for a thousand looks with nothing
in between: that is a loop that waits for the time to pass, and it is to come to its end."""

# Bound once, before anything is patched.
real_sleep: Final = time.sleep
real_monotonic: Final = time.monotonic
real_perf_counter: Final = time.perf_counter
_REAL_TIME: Final[Any] = types.SimpleNamespace(**vars(time))


class VirtualClock:
    """An integer clock in microseconds that moves only when told to.

    `deadline_us` is when the current invocation times out; `on_deadline` is
    called when a sleep would pass it. `on_sleep` is what a sleep of the
    handler's does instead of letting time pass at once.
    """

    def __init__(self) -> None:
        self._now_us = EPOCH_MS * 1000
        self._traveller: time_machine.Traveller | None = None
        self.deadline_us: int | None = None
        self.on_deadline: Callable[[], None] | None = None
        self.on_sleep: Callable[[Life, int], None] | None = None
        self.reads = 0
        self._thread = 0

    @property
    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return self._now_us // 1000

    @property
    def now_us(self) -> int:
        """Epoch microseconds."""
        return self._now_us

    def set(self, epoch_ms: int) -> None:
        """Jump to a moment, forwards or backwards."""
        self._shift(epoch_ms * 1000 - self._now_us)

    def advance_us(self, microseconds: int) -> None:
        """Let time pass; at the deadline it stops and `on_deadline` is called."""
        self.reads = 0
        if self.deadline_us is not None and self._now_us + microseconds > self.deadline_us:
            self._shift(max(self.deadline_us - self._now_us, 0))
            if self.on_deadline is not None:
                self.on_deadline()
            return
        self._shift(microseconds)

    def run_out(self) -> None:
        """Let the time of the current invocation pass, without what the deadline brings."""
        if self.deadline_us is not None:
            self._shift(max(self.deadline_us - self._now_us, 0))

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` does while this clock runs."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        microseconds = round(seconds * _MICROSECONDS)
        life = life_here() if self.on_sleep is not None else None
        if life is None or self.on_sleep is None:
            self.advance_us(microseconds)
        else:
            self.on_sleep(life, microseconds)

    def note_read(self) -> None:
        """Somebody looks at the clock: loops that do nothing else come to the deadline too."""
        self.reads += 1
        if self.reads >= _READS:
            self.reads = 0
            if self.deadline_us is not None and life_here() is not None:
                self.advance_us(_READS * _READ_US)

    def is_felt_here(self) -> bool:
        """Whether this thread lives in virtual time: ours does, and the handler's do."""
        return threading.get_ident() == self._thread or life_here() is not None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Make this clock the process's clock."""
        if "_clock" not in _STATE:
            _install()
        previous = _STATE.get("_clock")
        travel = time_machine.travel(
            datetime.fromtimestamp(self._now_us / _MICROSECONDS, UTC), tick=False
        )
        self._traveller = travel.start()
        self._traveller.time_ns = self._time_ns  # type: ignore[method-assign]
        self._thread = threading.get_ident()
        _STATE["_clock"] = self
        try:
            yield
        finally:
            _STATE["_clock"] = previous
            self._traveller = None
            travel.stop()

    def _time_ns(self) -> int:
        self.note_read()
        return self._now_us * 1000

    def _shift(self, microseconds: int) -> None:
        self._now_us += microseconds
        if self._traveller is not None and microseconds:
            self._traveller.shift(timedelta(microseconds=microseconds))


_STATE: dict[str, VirtualClock | None] = {}


def running_clock() -> VirtualClock | None:
    """The clock that is running now, if one is."""
    return _STATE.get("_clock")


def _install() -> None:
    _STATE["_clock"] = None
    for function in (_sleep, _monotonic, _monotonic_ns, _perf_counter, _perf_counter_ns):
        setattr(time, function.__name__.removeprefix("_"), function)
    # They took `time.monotonic` by another name, and their waits take virtual time.
    for module, name in ((threading, "_time"), (queue, "time")):
        setattr(module, name, _monotonic)
    if "sched" in sys.modules:
        scheduler: Any = sys.modules["sched"].scheduler
        scheduler.__init__.__defaults__ = (_monotonic, _sleep)
    # A process takes the time it takes. `subprocess` reads the real clock, bound at import.
    subprocess.time = _REAL_TIME  # type: ignore[attr-defined]


_real_monotonic_ns: Final = time.monotonic_ns
_real_perf_counter_ns: Final = time.perf_counter_ns


def _felt_clock() -> VirtualClock | None:
    clock = _STATE["_clock"]
    if clock is None or not clock.is_felt_here():
        return None
    clock.note_read()
    return clock


def _sleep(seconds: float, /) -> None:
    clock = _STATE["_clock"]
    if clock is None or not clock.is_felt_here():
        real_sleep(seconds)
    else:
        clock.sleep(seconds)


def _monotonic() -> float:
    clock = _felt_clock()
    return real_monotonic() if clock is None else clock.now_us / _MICROSECONDS


def _monotonic_ns() -> int:
    clock = _felt_clock()
    return _real_monotonic_ns() if clock is None else clock.now_us * 1000


def _perf_counter() -> float:
    clock = _felt_clock()
    return real_perf_counter() if clock is None else clock.now_us / _MICROSECONDS


def _perf_counter_ns() -> int:
    clock = _felt_clock()
    return _real_perf_counter_ns() if clock is None else clock.now_us * 1000
