"""Waiting takes virtual time, whatever the handler waits with.

Owns when a wait of the handler's is over: it ends for real where something
happens for real, and else the virtual clock moves on to its end. Time may only
pass while nobody of the handler's has anything to do, so threads that work are
waited for first, and by real time. Waits of everybody else are real.
"""

from __future__ import annotations

import concurrent.futures.thread as pools
import functools
import math
import selectors
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final

from sqs_contract.world.clock import VirtualClock, real_monotonic, real_sleep
from sqs_contract.world.life import Life, SandboxEnded, carry, life_here, main_thread_of, pause
from sqs_contract.world.patching import patched

_SLICE_S: Final = 0.01
"""How long one look at the real world takes."""

_WORK_S: Final = 2.0
"""Assumption: work in another thread, or outside, that takes longer than this in
real time does not come before the deadline either."""

_STUCK_S: Final = 1.0
"""A thread that has not moved for this long waits for something itself."""

_DAY_S: Final = 86_400

# Bound once, before anything is patched.
_allocate_lock: Final[Any] = threading.Lock
_real_wait: Final[Any] = threading.Condition.wait
_real_start: Final[Any] = threading.Thread.start
_real_join: Final[Any] = threading.Thread.join
_real_submit: Final[Any] = ThreadPoolExecutor.submit
_WORKER: Final = getattr(getattr(pools, "_worker", None), "__code__", None)
_SELECTORS: Final[dict[Any, Any]] = {
    kind: kind.__dict__["select"]
    for name in ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector",
                 "KqueueSelector", "_PollLikeSelector")
    if (kind := getattr(selectors, name, None)) is not None and "select" in kind.__dict__
}  # fmt: skip

_Look = Callable[[float], bool]
"""Waits for real, at most so many seconds; whether what was waited for is there."""


@contextmanager
def waits_in_virtual_time(clock: VirtualClock) -> Iterator[None]:
    """Let what the handler waits with follow the clock."""

    def sleep(life: Life, microseconds: int) -> None:
        if _has_company(life):
            _wait(clock, life, microseconds, _nap)
        else:
            clock.advance_us(microseconds)

    def wait(condition: Any, timeout: float | None = None) -> bool:
        life = life_here()
        if life is None:
            return bool(_real_wait(condition, timeout))
        return _wait_on(condition, lambda look: _wait(clock, life, _microseconds(timeout), look))

    def join(thread: Any, timeout: float | None = None) -> None:
        life = life_here()
        if life is None:
            _real_join(thread, timeout)
            return

        def look(seconds: float) -> bool:
            _real_join(thread, seconds)
            return not thread.is_alive()

        if not look(0):
            _wait(clock, life, _microseconds(timeout), look, on=thread)

    before = clock.on_sleep
    clock.on_sleep = sleep
    try:
        with patched(
            (threading.Condition, "wait", wait),
            (threading.Thread, "start", _start),
            (threading.Thread, "join", join),
            (ThreadPoolExecutor, "submit", _submit),
            *((kind, "select", _selecting(clock, real)) for kind, real in _SELECTORS.items()),
        ):
            yield
    finally:
        clock.on_sleep = before


def _wait_on(condition: Any, wait: Callable[[_Look], bool]) -> bool:
    """`Condition.wait`, with `wait` where it blocks.

    One waiter stands in line all the while: were it `Condition.wait` again and
    again, a notification between two looks would be lost. The condition's lock is
    free meanwhile, so who dies in here keeps none.
    """
    if not condition._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    waiter = _allocate_lock()
    waiter.acquire()
    condition._waiters.append(waiter)
    state = condition._release_save()
    notified = False
    try:
        notified = wait(
            lambda seconds: waiter.acquire(timeout=seconds) if seconds else waiter.acquire(False)
        )
        return notified
    finally:
        condition._acquire_restore(state)
        if not notified:
            with suppress(ValueError):
                condition._waiters.remove(waiter)


def _selecting(clock: VirtualClock, real_select: Any) -> Any:
    def select(selector: Any, timeout: float | None = None) -> Any:
        life = life_here()
        if life is None or (timeout is not None and timeout <= 0):
            return real_select(selector, timeout)
        ready: list[Any] = []

        def look(seconds: float) -> bool:
            ready[:] = real_select(selector, seconds)
            return bool(ready)

        if not look(0):
            outside = any(not _wakes_itself(key) for key in selector.get_map().values())
            _wait(clock, life, _microseconds(timeout), look, outside=outside)
        return ready

    return select


def _wakes_itself(key: selectors.SelectorKey) -> bool:
    """Whether this is the pipe by which other threads wake an event loop."""
    handle = key.data[0] if isinstance(key.data, tuple) and key.data else None
    return getattr(getattr(handle, "_callback", None), "__name__", "") == "_read_from_self"


def _wait(
    clock: VirtualClock,
    life: Life,
    microseconds: int | None,
    look: _Look,
    *,
    outside: bool = False,
    on: threading.Thread | None = None,
) -> bool:
    """Wait until `look` says so, or the virtual time is over. `None` is for ever.

    `outside` says that what is waited for may come from outside the process, `on`
    names a thread whose end it is.
    """
    me = threading.get_ident()
    target_us = math.inf if microseconds is None else clock.now_us + microseconds
    deadline_us = clock.deadline_us
    patience = _Patience(
        life,
        me,
        on,
        outside=outside,
        endless=microseconds is None,
        fatal=deadline_us is not None and target_us > deadline_us,
    )
    life.waiting[me] = target_us
    # Another thread may have been woken just now and not have run yet: it gets a moment.
    hasty = not (life.threads or life.work)
    try:
        while True:
            if life.dead:
                pause()
            if clock.now_us >= target_us:
                return look(0)
            if hasty and patience.is_over():
                _pass_time(clock, target_us)
                if target_us is not math.inf:
                    return look(0)
            if look(_SLICE_S):
                return True
            hasty = True
    finally:
        life.waiting.pop(me, None)


def _pass_time(clock: VirtualClock, target_us: float) -> None:
    if target_us is not math.inf:
        clock.advance_us(max(int(target_us) - clock.now_us, 0))
    elif clock.deadline_us is not None:  # nothing will ever come: so the function times out
        clock.advance_us(clock.deadline_us - clock.now_us + 1)
    else:
        real_sleep(_SLICE_S)


class _Patience:
    """How long a wait leaves the time to others before it lets the clock move on."""

    def __init__(
        self,
        life: Life,
        me: int,
        on: threading.Thread | None,
        *,
        outside: bool,
        endless: bool,
        fatal: bool,
    ) -> None:
        self._life = life
        self._me = me
        self._on = on
        self._outside = outside
        self._endless = endless
        self._fatal = endless or fatal  # the function would time out in it
        self._began = self._moved = real_monotonic()
        self._places: list[object] = []

    def is_over(self) -> bool:
        """Whether nobody of this life has anything to do before this wait ends."""
        life, me, waiting = self._life, self._me, self._life.waiting
        if not life.awake:
            return False  # frozen: see `life.pause`
        if waiting[me] > min(list(waiting.values())):
            return False  # somebody else's wait ends sooner
        now = real_monotonic()
        patient = self._fatal or now - self._began <= _WORK_S
        if _works(life):
            return not patient
        main = main_thread_of(life)
        main_works = main not in (me, 0) and main not in waiting
        busy = [thread for thread in _busy_threads(life) if thread != me]
        if main_works:
            busy.append(main)
        if self._on is not None and self._on not in life.threads and self._on.ident:
            busy.append(self._on.ident)  # one of an earlier life
        if busy and (patient or main_works) and self._moves(busy, now):
            return False
        if busy and self._fatal and not main_works:
            return False
        if self._outside:
            return not patient
        return not self._endless or now - self._began > _WORK_S

    def _moves(self, threads: list[int], now: float) -> bool:
        """Whether any of the threads has gone on lately."""
        frames = sys._current_frames()
        places: list[object] = [
            (id(frame), frame.f_lasti) for thread in threads if (frame := frames.get(thread))
        ]
        if places != self._places:
            self._places, self._moved = places, now
        return now - self._moved <= _STUCK_S


def _has_company(life: Life) -> bool:
    """Whether a life has threads of its own that have anything to do."""
    if not life.threads and not life.work:
        return False
    return (
        threading.get_ident() != main_thread_of(life)
        or _works(life)
        or bool(_busy_threads(life) or life.waiting)
    )


def _works(life: Life) -> bool:
    """Whether a thread pool has work that does not wait itself."""
    for key, item in list(life.work.items()):
        if item.is_done():
            life.work.pop(key, None)
    return any(item.thread not in life.waiting for item in list(life.work.values()))


def _busy_threads(life: Life) -> list[int]:
    """Living threads that are not known to wait."""
    alive = [thread for thread in list(life.threads) if thread.is_alive()]
    frames = sys._current_frames()
    return [
        thread.ident
        for thread in alive
        if thread.ident is not None
        and thread.ident not in life.waiting
        and not _is_idle(frames.get(thread.ident))
    ]


def _is_idle(frame: FrameType | None) -> bool:
    """Whether this is a thread of a pool that waits for work."""
    return frame is not None and frame.f_code is _WORKER


class _Work:
    """A function handed to a thread pool: whoever runs it carries the life it came from."""

    def __init__(self, life: Life, function: Any) -> None:
        self._life = life
        self._function = function
        self.future: Future[Any] | None = None
        self.thread = 0

    def is_done(self) -> bool:
        return self.future is not None and self.future.done()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        thread = threading.current_thread()
        self.thread = threading.get_ident()
        before = carry(thread, self._life)
        try:
            return self._function(*args, **kwargs)
        finally:
            carry(thread, before)


def _submit(pool: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
    life = life_here()
    if life is None:
        return _real_submit(pool, function, *args, **kwargs)
    pause()
    work = _Work(life, function)
    life.work[id(work)] = work
    try:
        work.future = _real_submit(pool, work, *args, **kwargs)
    except BaseException:
        del life.work[id(work)]
        raise
    return work.future


def _start(thread: Any) -> None:
    life = life_here()
    if life is not None:
        pause()
        run = thread.run

        def run_in_life() -> None:
            try:
                run()
            except SandboxEnded:
                return  # the process is gone, and nobody is told

        thread.run = run_in_life
        life.own(thread)
        started: Any = getattr(thread, "_started", None)
        if hasattr(started, "_cond"):  # `start` waits for the thread to begin: that is no wait
            started._cond.wait = functools.partial(_real_wait, started._cond)
    _real_start(thread)


def _nap(seconds: float) -> bool:
    real_sleep(seconds)
    return False


def _microseconds(timeout: float | None) -> int | None:
    if timeout is None:
        return None
    return max(math.ceil(min(timeout, _DAY_S) * 1_000_000), 0)
