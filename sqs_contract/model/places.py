"""Places in an order that changes: a heap whose outdated places are skipped.

Moving something is lazy: it gets a new place, and its ticket says that only this
one counts. An outdated place goes when it comes up, or when there are more of them
than of those that count, so that the heap stays as large as what stands in it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

NOWHERE: Final = -1
"""The ticket of what has no place."""
_FEW: Final = 64


class _Ticketed(Protocol):
    """What can have a place: `ticket` is -1 where it has none."""

    ticket: int


T = TypeVar("T", bound=_Ticketed)


class Tickets:
    """Numbers that are each given out once; places that share things share these."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = 0

    def take(self) -> int:
        """The next number."""
        number = self._next
        self._next = number + 1
        return number


class Places(Generic[T]):
    """Things in the order of a number each, one place each; every step is O(log n)."""

    __slots__ = ("_heap", "_tickets", "count")

    def __init__(self, tickets: Tickets) -> None:
        self._heap: list[tuple[int, int, T]] = []
        self._tickets = tickets
        self.count = 0
        """How many things have a place here."""

    def put(self, item: T, at: int) -> None:
        """Give a thing this place, instead of one that it has here."""
        self.count += item.ticket == NOWHERE
        ticket = item.ticket = self._tickets.take()
        heap = self._heap
        heapq.heappush(heap, (at, ticket, item))
        if len(heap) > 2 * self.count + _FEW:
            self._heap = [place for place in heap if place[2].ticket == place[1]]
            heapq.heapify(self._heap)

    def drop(self, item: T) -> None:
        """Take away the place that a thing has here."""
        item.ticket = NOWHERE
        self.count -= 1

    def first(self) -> tuple[int, T] | None:
        """The lowest number and whose it is, or `None`."""
        heap = self._heap
        while heap:
            at, ticket, item = heap[0]
            if item.ticket == ticket:
                return at, item
            heapq.heappop(heap)
        return None

    def until(self, bound: int) -> Iterator[T]:
        """Take away and give out what stands at `bound` or before, in order."""
        while (first := self.first()) is not None and first[0] <= bound:
            heapq.heappop(self._heap)
            self.drop(first[1])
            yield first[1]
