"""The journal of a worker: what it is doing, in memory that outlives it.

The worker writes, and whoever watches it reads, also after the worker's death.
A few numbers and no queue: writing one costs less than a microsecond.
"""

from __future__ import annotations

import enum
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_LAYOUT: Final = struct.Struct("=4Q")
SIZE: Final = mmap.PAGESIZE


class Phase(enum.IntEnum):
    """Whose code has the word."""

    OURS = 0
    WORLD_IMPORT = 1
    """The modules of `effects`, `reset` and the bodies are imported."""
    HANDLER_IMPORT = 2
    RESET = 3
    EFFECTS = 4
    INVOCATION = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a worker was doing.

    Attributes:
        progress: changes whenever anything happens.
        invocation: the number of the last invocation of the run; 0 before the first.
        calls: how many calls to the outside came back in that invocation.
    """

    progress: int
    phase: Phase
    invocation: int
    calls: int


class Journal:
    """The journal, on a file that both processes have open."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, SIZE)
        self._progress = 0
        self.phase = Phase.OURS
        self.invocation = 0
        self.calls = 0

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()

    def write(self) -> None:
        """Write down where this process is."""
        self._progress += 1
        _LAYOUT.pack_into(self._memory, 0, self._progress, self.phase, self.invocation, self.calls)

    def read(self) -> Moment:
        """What the other process wrote last."""
        progress, phase, invocation, calls = _LAYOUT.unpack_from(self._memory)
        return Moment(progress=progress, phase=Phase(phase), invocation=invocation, calls=calls)

    @contextmanager
    def during(self, phase: Phase) -> Iterator[None]:
        """Somebody else's code has the word."""
        before = self.phase
        self.phase = phase
        self.write()
        try:
            yield
        finally:
            self.phase = before
            self.write()

    def begin_run(self) -> None:
        """A run begins: no invocation yet."""
        self.invocation = self.calls = 0
        self.write()

    def begin_invocation(self, number: int, calls: int) -> None:
        """An invocation begins, or goes on after so many calls."""
        self.invocation, self.calls = number, calls
        self.phase = Phase.INVOCATION
        self.write()

    def end_invocation(self) -> None:
        """The invocation is over."""
        self.phase = Phase.OURS
        self.write()
