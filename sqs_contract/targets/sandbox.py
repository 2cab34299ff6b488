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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")

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
        self._running: Any = None
        self._thread = 0
        self._ended: Ended | None = None

    def run(self, function: Callable[[], T]) -> T | Ended:
        """Run `function`; if `end` is called meanwhile, return the `Ended` it left.

        An exception of the function passes through.
        """
        self._hub = getcurrent()
        self._thread = threading.get_ident()
        self._ended = None
        runner = greenlet(function)
        self._running = runner
        try:
            result: T = runner.switch()
        except SandboxEnded:
            assert self._ended is not None
            return self._ended
        finally:
            self._running = None
        if self._ended is not None:
            if not runner.dead:
                _PARKED.append(runner)
                # An event loop that was running in the dead greenlet runs no more.
                asyncio._set_running_loop(None)  # noqa: SLF001
            return self._ended
        return result

    def end(self, cause: object) -> NoReturn:
        """End the running call here and now. Called from within it."""
        if self._ended is None:
            self._ended = Ended(cause)
        if getcurrent() is self._running and threading.get_ident() == self._thread:
            self._hub.switch(None)
        raise SandboxEnded

    @property
    def dead(self) -> bool:
        """Whether the current call was ended."""
        return self._ended is not None


@contextmanager
def process_exit_as(end: Callable[[int], NoReturn]) -> Iterator[None]:
    """Let `os._exit` and `os.abort` end the sandbox, not our process."""
    originals = os._exit, os.abort  # noqa: SLF001

    def abort() -> NoReturn:
        end(134)

    os._exit = end  # type: ignore[assignment]
    os.abort = abort
    try:
        yield
    finally:
        os._exit, os.abort = originals
