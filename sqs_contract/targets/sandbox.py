"""One invocation that can be ended at any call, as Lambda ends a sandbox.

The handler runs in a greenlet. Ending it means never switching back: no
`except`, no `finally`, nothing after that moment runs (S119, S120). In another
thread of the handler that is not possible; there `SandboxEnded` is raised, and
every later call of that life raises it again. Holding it means switching back
later, when another sandbox has had the word.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` would make an enum of each answer
import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final, NoReturn, TypeVar

from greenlet import getcurrent, greenlet

from sqs_contract.world.life import NOW, Life, SandboxEnded, life_here

T = TypeVar("T")

_ABORTED: Final = 134
"""The exit status of a process that called `abort`: 128 + SIGABRT."""

_PARKED: Final[list[Any]] = []
"""Ended greenlets. Dropping one would unwind it, and run its `finally` blocks."""


class Ended:
    """How an invocation ended that did not come back by itself."""

    __slots__ = ("cause",)

    def __init__(self, cause: object) -> None:
        self.cause = cause


class Held:
    """An invocation that was left in the middle, and goes on when it is told to."""

    __slots__ = ("nth", "site")

    def __init__(self, site: str, nth: int) -> None:
        self.site = site
        self.nth = nth


class Sandbox:
    """Runs one function call at a time, and ends it or holds it on demand."""

    def __init__(self) -> None:
        self._hub: Any = None
        self._runner: Any = None
        self._context = Context()
        self._running = False
        self._thread = 0
        self._ended: Ended | None = None
        self._held: Held | None = None
        self._loop: Any = None
        self.life = Life(self._depart)
        self.memory_mb: int | None = None
        """How much memory a call may take, beside what there is before it."""
        self._importing = False
        self.calls = 0
        """How many calls were made: tells whether one is still the same."""

    def renew(self) -> None:
        """Begin another life; forget the context variables that calls so far have set, and
        a call that is held."""
        if self._held is not None:
            self._held = None
            self._park()
        self.life.end()
        self.life = Life(self._depart)
        self._context = Context()

    def call_import(self, function: Callable[[], None]) -> None:
        """Let code of this sandbox run that is no invocation: its import."""
        NOW.life, NOW.thread = self.life, threading.get_ident()
        self.life.awake = self._importing = True
        self.calls += 1
        try:
            function()
        finally:
            self.life.awake = self._importing = False

    def run(self, function: Callable[[], T]) -> T | Ended | Held:
        """Run `function`; if `end` is called meanwhile, return the `Ended` it left, and if
        `hold` is, the `Held`.

        An exception of the function passes through.
        """
        self._ended = None
        self.calls += 1
        if self.life.dead:
            self.life = Life(self._depart)
        if self._runner is None:
            # One greenlet runs call after call: making one costs more than a switch.
            self._runner = greenlet(_run_calls)
        result: T | Ended | Held = self._go_on((self._context, function))
        return result

    def resume(self) -> Any:
        """Let the call that is held go on; returns as `run` does."""
        assert self._held is not None
        self._held = None
        self.calls += 1
        asyncio._set_running_loop(self._loop)
        return self._go_on(None)

    def _go_on(self, word: object) -> Any:
        """Give the runner the word, until its call is over, ended or held."""
        runner, life = self._runner, self.life
        self._hub = runner.parent = getcurrent()
        self._thread = threading.get_ident()
        NOW.life, NOW.thread = life, self._thread
        interrupt = _signal.getsignal(_signal.SIGINT)
        life.awake = self._running = True
        try:
            failed, result = runner.switch(word)
        finally:
            life.awake = self._running = False
        if _FORKED:
            _real_exit(int(bool(failed)))  # the handler forked, and its child came back here
        ended = self._ended
        if ended is None and failed is None:
            self._held = result
            self._loop = asyncio._get_running_loop()
            asyncio._set_running_loop(None)
            return result
        if ended is not None:
            if failed is None:  # switched away in the middle
                self._park()
                # An event loop that was running in the dead greenlet runs no more.
                asyncio._set_running_loop(None)
                if threading.current_thread() is threading.main_thread():
                    signal.signal(signal.SIGINT, interrupt)  # which it took, and never gives back
            return ended
        if failed:
            raise result
        return result

    def _park(self) -> None:
        """Leave the call in the middle of which we are for good."""
        _PARKED.append(self._runner)
        self._runner = None
        self._context = Context()  # the old one stays entered for good

    def hold(self, site: str, nth: int) -> bool:
        """Give the word to others until `resume`. Called from within the call; false where
        that is not possible, in a thread or greenlet of the handler's own."""
        if getcurrent() is not self._runner or threading.get_ident() != self._thread:
            return False
        self._hub.switch((None, Held(site, nth)))
        return True

    def end(self, cause: object) -> NoReturn:
        """End the running call here and now. Called from within it."""
        here = life_here()
        if here is not None and here is not self.life:
            raise SandboxEnded  # a thread of an earlier life
        if self._ended is None:
            self._ended = Ended(cause)
        self.life.dead = True
        self._depart()

    def _depart(self) -> NoReturn:
        """Leave the code of a dead call."""
        current = getcurrent()
        if self._running and threading.get_ident() == self._thread and current is not self._hub:
            if current is not self._runner:
                _PARKED.append(current)  # a greenlet of the handler's own
            self._hub.switch((None, None))
        raise SandboxEnded

    def is_hub(self) -> bool:
        """Whether what runs here is ours, not the call's."""
        return self._running and getcurrent() is self._hub

    @property
    def busy(self) -> bool:
        """Whether a call or an import is under way."""
        return self._running or self._importing

    @property
    def running(self) -> bool:
        """Whether a call is under way."""
        return self._running

    @property
    def dead(self) -> bool:
        """Whether the current call was ended."""
        return self._ended is not None


def _run_calls(call: tuple[Context, Callable[[], Any]]) -> NoReturn:
    """The body of a runner: run a function, hand its result to the hub, wait for the next."""
    while True:
        context, function = call
        try:
            answer: tuple[bool, Any] = (False, context.run(function))
        except BaseException as error:  # noqa: BLE001  handed on, whatever it is
            answer = (True, error)
        hub: Any = getcurrent().parent
        call = hub.switch(answer)


def _note_fork() -> None:
    life = NOW.life
    if life is not None and life.awake:
        _FORKED.append(True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def has_forked() -> bool:
    """Whether this is a process that the handler has forked."""
    return bool(_FORKED)


class process_exit_as:  # noqa: N801  used as a function is
    """Let `os._exit` and `os.abort` end the sandbox, not our process. A fork ends itself.

    A class and no generator: it is entered for every run.
    """

    __slots__ = ("_before", "_end")

    def __init__(self, end: Callable[[int], NoReturn]) -> None:
        self._end = end

    def __enter__(self) -> None:
        self._before = os._exit, os.abort
        os._exit = self._exit
        os.abort = self._abort

    def __exit__(self, *_: object) -> None:
        os._exit, os.abort = self._before

    def _exit(self, status: int) -> NoReturn:
        if _FORKED:
            _real_exit(status)
        self._end(status)

    def _abort(self) -> NoReturn:
        self._exit(_ABORTED)


_real_exit: Final = os._exit
_FORKED: Final[list[bool]] = []
"""Not empty in a process that a handler has forked: it must not go on with our work."""
