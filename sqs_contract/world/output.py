"""What the handler prints: kept apart from our own output, and bounded."""

from __future__ import annotations

import io
import sys
from collections import deque
from typing import Final

_KEPT_CHARACTERS: Final = 65_536


class OutputTail(io.TextIOBase):
    """A text stream that keeps the last 64 Ki characters written to it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._parts: deque[str] = deque()
        self._size = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str, /) -> int:
        """Keep the end of what was written."""
        part = text[-_KEPT_CHARACTERS:]
        self._parts.append(part)
        self._size += len(part)
        while self._size > _KEPT_CHARACTERS and len(self._parts) > 1:
            self._size -= len(self._parts.popleft())
        return len(text)

    def close(self) -> None:
        """Stay open: a handler that closes stdout closes nothing of ours."""

    def text(self) -> str:
        """What is kept."""
        return "".join(self._parts)[-_KEPT_CHARACTERS:]

    def last_line(self) -> str:
        """The last line that is not blank, or nothing."""
        lines = [line for line in self.text().splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    def clear(self) -> None:
        """Forget what was written."""
        self._parts.clear()
        self._size = 0


class captured:  # noqa: N801  used as a function is
    """Send `sys.stdout` and `sys.stderr` to a stream while the handler has the word.

    A class and no generator: it is entered for every invocation.
    """

    __slots__ = ("_before", "_stream")

    def __init__(self, stream: OutputTail) -> None:
        self._stream = stream

    def __enter__(self) -> None:
        self._before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self._stream

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._before
