"""What a handler does to its own process by way of the system, turned into its end alone.

Signals it sends itself, and other programs it puts in its place. Seen by an audit
hook, which does nothing while no handler has the word. Processes the handler leaves
behind are ended with its execution environment, as on Lambda.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from sqs_contract.world.life import life_here
from sqs_contract.world.patching import patched

End = Callable[[int | str], NoReturn]
"""Ends the sandbox: with an exit status, or by a signal's name in small letters."""

_HARMLESS: Final = frozenset(
    number
    for name in ("SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT")
    if (number := getattr(signal, name, None)) is not None
)
"""Signals that do nothing to a process that does not handle them."""

_BIRTHS: Final = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"})


class SelfHarm:
    """Watches one target's handler."""

    def __init__(self, end: End, is_child: Callable[[], bool]) -> None:
        self._end = end
        self._is_child = is_child
        self._has_children = False
        self._before: set[int] = set()

    @contextmanager
    def contained(self) -> Iterator[None]:
        """While entered, the handler harms nobody but itself."""
        raise_signal = signal.raise_signal

        def raised(number: int, /) -> None:
            self._struck_by(number)
            raise_signal(number)

        _install()
        self._before = _children()
        before, _Hook.current = _Hook.current, self
        try:
            with patched((signal, "raise_signal", raised)):
                yield
        finally:
            _Hook.current = before
            self.end_children()

    def end_children(self) -> None:
        """The execution environment is gone, and every process in it."""
        if not self._has_children:
            return
        self._has_children = False
        for pid in _children() - self._before:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        """Something is about to be done to a process."""
        if event not in _WATCHED or life_here() is None or self._is_child():
            return
        if event in _BIRTHS:
            self._has_children = True
        elif event == "os.exec":
            self._end(0)
        elif (
            (event == "os.kill" and args[0] in (os.getpid(), 0, -1, -os.getpgrp()))
            or (event == "os.killpg" and args[0] in (0, os.getpgrp()))
            or (event == "signal.pthread_kill")
        ):
            self._struck_by(args[1])

    def _struck_by(self, number: int) -> None:
        if life_here() is None or self._is_child() or number in _HARMLESS or number == 0:
            return
        handler = signal.getsignal(number)
        if number in (signal.SIGKILL, signal.SIGSTOP) or handler is signal.SIG_DFL:
            self._end((signal.strsignal(number) or f"signal {number}").lower())
        if handler is signal.default_int_handler:
            self._end(1)  # Lambda's runtime does not catch a KeyboardInterrupt (S121)


_WATCHED: Final = _BIRTHS | {"os.exec", "os.kill", "os.killpg", "signal.pthread_kill"}


class _Hook:
    """The audit hook's only state: it cannot be taken away again."""

    current: SelfHarm | None = None
    installed = False


def _install() -> None:
    if not _Hook.installed:
        _Hook.installed = True
        sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in _WATCHED and _Hook.current is not None:
        _Hook.current.note(event, args)


def _children() -> set[int]:
    """The processes this one has started and that are still there, where the system says so."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found.update(map(int, task.read_text("ascii").split()))
    return found
