"""Plans: a few bytes that stand for many choices.

Hypothesis draws the bytes in one piece, which costs a tenth of drawing each
choice, and what they stand for is expanded here, without it. A plan is read
from the front; behind its last byte come zeros, and a zero is always the
simplest choice. So a shorter plan of smaller bytes means something simpler, and
shrinking the bytes shrinks what they stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Plan:
    """Reads choices from bytes; after the last byte every choice is the simplest."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        """The next byte, or 0."""
        at = self._at
        if at >= len(self._data):
            return 0
        self._at = at + 1
        return self._data[at]

    def below(self, bound: int) -> int:
        """A choice of 0 to `bound` - 1, `bound` being 256 at the most."""
        return self.byte() % bound

    def wide(self) -> int:
        """A number of 0 to 65,535."""
        return self.byte() << 8 | self.byte()

    def often(self, share: int) -> bool:
        """True in `share` of 256 cases; false is the simplest."""
        return self.byte() >= 256 - share

    def choose(self, options: Sequence[T]) -> T:
        """One of at most 256 options; the first is the simplest."""
        return options[self.byte() % len(options)]
