"""One invocation that can be ended at any call, as Lambda ends a sandbox.

The handler runs in a greenlet. Ending it means never switching back: no
`except`, no `finally`, nothing after that moment runs (S119, S120). In another
thread of the handler that is not possible; there `SandboxEnded` is raised, and
every later call of that sandbox raises it again.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final, NoReturn, TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")

_ABORTED: Final = 134
"""The exit status of a process that called `abort`: 128 + SIGABRT."""

_PARKED: Final[list[Any]] = []
"""Ended greenlets. Dropping one would unwind it, and run its `finally` blocks."""


class SandboxEnded(BaseException):
    """The sandbox is dead; raised where it cannot simply stop. No `Exception`, so that
    a handler's `except Exception` does not go on."""


class Ended:
    """How an invocation ended that did not come back by itself."""

    __slots__ = ("cause",)

    def __init__(self, cause: object) -> None:
        self.cause = cause


class Sandbox:
    """Runs one function call at a time and ends it on demand."""

    def __init__(self) -> None:
        self._hub: Any = None
        self._runner: Any = None
        self._context = Context()
        self._running = False
        self._thread = 0
        self._ended: Ended | None = None

    def renew(self) -> None:
        """Forget the context variables that calls so far have set, as a new sandbox does."""
        self._context = Context()

    def run(self, function: Callable[[], T]) -> T | Ended:
        """Run `function`; if `end` is called meanwhile, return the `Ended` it left.

        An exception of the function passes through.
        """
        self._hub = getcurrent()
        self._thread = threading.get_ident()
        self._ended = None
        runner = self._runner
        if runner is None:
            # One greenlet runs call after call: making one costs more than a switch.
            runner = self._runner = greenlet(_run_calls)
        runner.parent = self._hub
        self._running = True
        try:
            failed, result = runner.switch((self._context, function))
        finally:
            self._running = False
        ended = self._how_it_ended()
        if ended is not None:
            if failed is None:  # switched away in the middle
                _PARKED.append(runner)
                self._runner = None
                self._context = Context()  # the old one stays entered for good
                # An event loop that was running in the dead greenlet runs no more.
                asyncio._set_running_loop(None)
            return ended
        if failed:
            raise result
        value: T = result
        return value

    def _how_it_ended(self) -> Ended | None:
        return self._ended

    def end(self, cause: object) -> NoReturn:
        """End the running call here and now. Called from within it."""
        if self._ended is None:
            self._ended = Ended(cause)
        if getcurrent() is self._runner and threading.get_ident() == self._thread:
            self._hub.switch((None, None))
        raise SandboxEnded

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


class process_exit_as:  # noqa: N801  used as a function is
    """Let `os._exit` and `os.abort` end the sandbox, not our process.

    A class and no generator: it is entered for every invocation.
    """

    __slots__ = ("_before", "_end")

    def __init__(self, end: Callable[[int], NoReturn]) -> None:
        self._end = end

    def __enter__(self) -> None:
        self._before = os._exit, os.abort
        os._exit = self._end  # type: ignore[assignment]
        os.abort = self._abort

    def __exit__(self, *_: object) -> None:
        os._exit, os.abort = self._before

    def _abort(self) -> NoReturn:
        self._end(_ABORTED)
        raise AssertionError("unreachable")
