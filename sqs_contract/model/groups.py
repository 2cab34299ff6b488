"""The message groups of a FIFO queue: each a line of its own, and whose turn it is.

What the head of a line waits for decides when its group is looked at: it stands
among the waiting, by that moment, until the moment has come, and then among the
ready, by its turn. So a step costs O(log n), however many groups there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqs_contract.model.entry import Entry, State
from sqs_contract.model.places import NOWHERE, Places, Tickets


class Group:
    """A message group: the line of its messages, linked, and its place among the groups.

    Attributes:
        turn: groups with a lower number come first.
        ready: whether its head's moment has come.
    """

    __slots__ = ("_first", "_last", "name", "ready", "ticket", "turn")

    def __init__(self, name: str, turn: int, entry: Entry) -> None:
        self.name = name
        self.turn = turn
        self.ready = False
        self.ticket = NOWHERE
        self._first: Entry | None = entry
        self._last = entry

    def append(self, entry: Entry) -> None:
        """Put a message at the end of the line."""
        self._last.follower = entry
        self._last = entry

    def head(self) -> Entry | None:
        """The first message that is still there."""
        return next(iter(self), None)

    def starts_with(self, entry: Entry) -> bool:
        """Whether this message was the head, until it left or still."""
        return self._first is entry

    def __iter__(self) -> Iterator[Entry]:
        """The messages in sending order; those that left are dropped on the way.

        What is given out may leave before the next is asked for.
        """
        before: Entry | None = None
        entry = self._first
        while entry is not None:
            if entry.state is State.WAITING:
                yield entry
            after = entry.follower
            if entry.state is State.WAITING:
                before = entry
            else:
                entry.follower = None  # or it would keep alive all that came after it
                if before is None:
                    self._first = after
                else:
                    before.follower = after
                    if entry is self._last:
                        self._last = before
            entry = after


class Groups:
    """The message groups of a queue that have messages."""

    def __init__(self) -> None:
        tickets = Tickets()
        self._by_name: dict[str, Group] = {}
        self._waiting: Places[Group] = Places(tickets)
        self._ready: Places[Group] = Places(tickets)
        self._turns = Tickets()

    def append(self, name: str, entry: Entry) -> None:
        """Put a message behind the others of its group."""
        group = self._by_name.get(name)
        if group is not None:
            group.append(entry)
            return
        group = self._by_name[name] = Group(name, self._turns.take(), entry)
        self._place(group)

    def changed(self, entry: Entry) -> None:
        """A message left, or is available at another moment: the others of its group wait for
        it where it is the head. A group that has its turn is placed after it."""
        name = entry.message.group_id
        assert name is not None
        group = self._by_name[name]
        if group.ticket != NOWHERE and group.starts_with(entry):
            self._place(group)

    def take_turns(self, now_ms: int) -> Iterator[Group]:
        """The groups whose heads are available or expired, in turn, each once.

        Whoever takes from one calls `again` when all have had their turn.
        """
        for group in self._waiting.until(now_ms):
            group.ready = True
            self._ready.put(group, group.turn)
        while (first := self._ready.first()) is not None:
            self._ready.drop(first[1])
            yield first[1]

    def again(self, group: Group, *, gave: bool) -> None:
        """Let a group that had its turn wait again, behind the others if it gave something (S49)."""
        if gave:
            group.turn = self._turns.take()
        self._place(group)

    def next_ms(self) -> int | None:
        """The moment of a group that is ready, or else the first of those that wait."""
        ready = self._ready.first()
        if ready is not None:
            head = ready[1].head()
            assert head is not None
            return moment(head)
        waiting = self._waiting.first()
        return None if waiting is None else waiting[0]

    def _place(self, group: Group) -> None:
        """Let a group wait for the moment of its head; without messages it is none more."""
        if group.ticket != NOWHERE:
            (self._ready if group.ready else self._waiting).drop(group)
        group.ready = False
        head = group.head()
        if head is None:
            del self._by_name[group.name]
        else:
            self._waiting.put(group, moment(head))


def moment(entry: Entry) -> int:
    """When something becomes of a message by itself: it is visible, or its retention over."""
    return min(entry.available_ms, entry.expires_ms)
