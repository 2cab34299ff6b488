"""Whose code a thread runs: lives of execution environments, and how the dead are stopped.

A handler's threads carry the life of the environment that started them; the
thread that calls the handler has the current one for as long as the handler
has the word. Knows nothing of sandboxes: how a life's main thread leaves is
handed in as `depart`.
"""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, Final, NoReturn

_real_sleep: Final = time.sleep  # bound before any clock is made virtual
_FROZEN_S: Final = 0.005
"""How often a frozen thread looks whether its environment has the word again."""
_LAST_LOOKS: Final = 100
_THREADS_KEPT: Final = 64

_ATTRIBUTE: Final = "_sqs_contract_life"


class SandboxEnded(BaseException):
    """The sandbox is dead; raised where it cannot simply stop. No `Exception`, so that
    a handler's `except Exception` does not go on."""


class ImportStopped(SandboxEnded):
    """An import did not end by itself, or took too much memory.

    Attributes:
        where: the place in the user's code.
        reason: why it was stopped, if that was not the time it took.
    """

    def __init__(self, where: str, reason: str | None) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason


def _raise() -> NoReturn:
    raise SandboxEnded


class Life:
    """One execution environment, from its cold start to its end.

    Attributes:
        awake: the handler, or its import, has the word. Lambda freezes the rest of the time.
        dead: the process is gone; nothing of it takes effect any more.
        depart: stops the calling code of this life, where it is.
        threads: the handler's own threads, those that have ended included.
        work: what it handed to thread pools.
        waiting: who of it waits, by thread, and until when in microseconds.
    """

    __slots__ = ("__weakref__", "awake", "dead", "depart", "threads", "waiting", "work")

    def __init__(self, depart: Callable[[], NoReturn] = _raise) -> None:
        self.awake = False
        self.dead = False
        self.depart = depart
        self.threads: list[threading.Thread] = []
        self.work: dict[int, Any] = {}
        self.waiting: dict[int, float] = {}

    def own(self, thread: threading.Thread) -> None:
        """A thread of this life is about to start."""
        _LIVES.add(self)
        if len(self.threads) > _THREADS_KEPT:
            ended = [kept for kept in self.threads if kept.ident and not kept.is_alive()]
            for kept in ended:
                self.threads.remove(kept)
        self.threads.append(thread)
        carry(thread, self)

    def end(self) -> None:
        """The process is gone. Threads of it that wait are gone at once too, the others
        when they next come by a place where they can be stopped."""
        self.dead = True
        if not self.threads:
            return
        for _ in range(_LAST_LOOKS):
            if not any(
                thread.ident in self.waiting and thread.is_alive() for thread in self.threads
            ):
                return
            _real_sleep(_FROZEN_S)


_LIVES: Final[weakref.WeakSet[Life]] = weakref.WeakSet()


class _Now:
    """The life whose handler may have the word, and the thread that calls it."""

    __slots__ = ("life", "thread")

    def __init__(self) -> None:
        self.life: Life | None = None
        self.thread = 0


NOW: Final = _Now()


def main_thread_of(life: Life) -> int:
    """The thread that calls the handler, 0 if that is none of this life."""
    return NOW.thread if NOW.life is life else 0


def life_here() -> Life | None:
    """The life whose code this thread runs; `None` for everybody else's code."""
    life: Life | None = getattr(threading.current_thread(), _ATTRIBUTE, None)
    if life is not None:
        return life
    life = NOW.life
    called_here = life is not None and life.awake and threading.get_ident() == NOW.thread
    return life if called_here else None


def carry(thread: threading.Thread, life: Life | None) -> Life | None:
    """Let a thread carry a life; returns the one it carried before."""
    before: Life | None = getattr(thread, _ATTRIBUTE, None)
    setattr(thread, _ATTRIBUTE, life)
    return before


def pause() -> None:
    """Go on only as a living environment that has the word does.

    A thread that outlives its invocation is frozen until the next one; the
    code of a dead life does not get past here.
    """
    life = life_here()
    if life is None:
        return
    while not life.awake and not life.dead:
        _real_sleep(_FROZEN_S)
    if life.dead:
        life.depart()


def end_all() -> None:
    """The process ends: no frozen thread is to hold it up."""
    for life in list(_LIVES):
        life.dead = True


with contextlib.suppress(AttributeError, RuntimeError):  # private; or the process ends already
    threading._register_atexit(end_all)  # type: ignore[attr-defined]
