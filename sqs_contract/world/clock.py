"""Virtual time, which is the handler's time too.

`time.time`, `datetime.now` and their kin follow it through time-machine;
`time.sleep`, `time.monotonic` and `time.perf_counter` through functions put in
their place, which fall back to the real ones while no clock is running, because
a library imported during a run keeps them for good. Nothing here sleeps for real.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import time_machine

EPOCH_MS: Final = int(datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp() * 1000)
"""Virtual time starts here: a Monday morning, in UTC."""

_MICROSECONDS: Final = 1_000_000

# Bound once, before anything is patched.
real_sleep: Final = time.sleep
real_monotonic: Final = time.monotonic
real_perf_counter: Final = time.perf_counter


class VirtualClock:
    """An integer clock in microseconds that moves only when told to.

    `deadline_us` is when the current invocation times out; `on_deadline` is
    called when a sleep would pass it.
    """

    def __init__(self) -> None:
        self._now_us = EPOCH_MS * 1000
        self._traveller: time_machine.Traveller | None = None
        self.deadline_us: int | None = None
        self.on_deadline: Callable[[], None] | None = None

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
        if self.deadline_us is not None and self._now_us + microseconds > self.deadline_us:
            self._shift(max(self.deadline_us - self._now_us, 0))
            if self.on_deadline is not None:
                self.on_deadline()
            return
        self._shift(microseconds)

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` does while this clock runs."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.advance_us(round(seconds * _MICROSECONDS))

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
        _STATE["_clock"] = self
        try:
            yield
        finally:
            _STATE["_clock"] = previous
            self._traveller = None
            travel.stop()

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


_real_monotonic_ns: Final = time.monotonic_ns
_real_perf_counter_ns: Final = time.perf_counter_ns


def _sleep(seconds: float, /) -> None:
    clock = _STATE["_clock"]
    if clock is None:
        real_sleep(seconds)
    else:
        clock.sleep(seconds)


def _monotonic() -> float:
    clock = _STATE["_clock"]
    return real_monotonic() if clock is None else clock.now_us / _MICROSECONDS


def _monotonic_ns() -> int:
    clock = _STATE["_clock"]
    return _real_monotonic_ns() if clock is None else clock.now_us * 1000


def _perf_counter() -> float:
    clock = _STATE["_clock"]
    return real_perf_counter() if clock is None else clock.now_us / _MICROSECONDS


def _perf_counter_ns() -> int:
    clock = _STATE["_clock"]
    return _real_perf_counter_ns() if clock is None else clock.now_us * 1000
