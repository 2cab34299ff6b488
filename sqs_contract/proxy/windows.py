"""A history of a polling consumer, cut into windows: from one quiet moment to the next.

Quiet is a moment at which the consumer is through with all that it was handed. Owns the
cutting; what a window says about a clause is told in `judging`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqs_contract.history import DeleteRequested, Delivery, Event, Received
from sqs_contract.world.effects import Tree

QUIET: Final = "quiet"
AT_DELETE: Final = "at a delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the effects were at a moment.

    Attributes:
        position: how many events had happened.
        when: `QUIET`, or `AT_DELETE`: a delete was asked for and not yet answered.
    """

    position: int
    when: str
    world: Tree


@dataclass(slots=True, kw_only=True)
class Window:
    """What happened between two quiet moments.

    Attributes:
        before: the effects at its beginning; `after` at its end.
        at_last_delete: the effects when its last delete was asked for.
        steps: by message that was deleted by itself, the effects at the look before, and when
            its delete was asked for: what a worker did in between that goes one by one.
    """

    before: Tree
    after: Tree
    at_last_delete: Tree = None
    has_delete: bool = False
    records: list[Delivery] = field(default_factory=list)
    deletes: list[DeleteRequested] = field(default_factory=list)
    steps: dict[str, tuple[Tree, Tree]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The messages delivered in it."""
        return tuple(dict.fromkeys(record.message for record in self.records))

    @property
    def all_deleted(self) -> bool:
        """Whether the consumer asked for the delete of every message it was handed."""
        return set(self.names) == {delete.message for delete in self.deletes}


def windows(events: Sequence[Event], looks: Sequence[Look]) -> list[Window]:
    """The windows of a session in which something was delivered; those without looks on
    both sides are left out."""
    found: list[Window] = []
    start: Look | None = None
    at_deletes: list[Look] = []
    for look in looks:
        if look.when == AT_DELETE:
            at_deletes.append(look)
            continue
        if start is not None:
            window = _window(events, start, at_deletes, look)
            if window.records:
                found.append(window)
        start, at_deletes = look, []
    return found


def _window(events: Sequence[Event], start: Look, at_deletes: Sequence[Look], end: Look) -> Window:
    window = Window(before=start.world, after=end.world)
    for event in events[start.position : end.position]:
        if isinstance(event, Received):
            window.records.extend(event.records)
        elif isinstance(event, DeleteRequested):
            window.deletes.append(event)
    if at_deletes:
        window.at_last_delete, window.has_delete = at_deletes[-1].world, True
    for before, at_delete, later in zip(
        (start, *at_deletes), at_deletes, (*at_deletes[1:], end), strict=False
    ):
        asked = {
            event.message
            for event in events[at_delete.position : later.position]
            if isinstance(event, DeleteRequested)
        }
        if len(asked) == 1:
            window.steps[asked.pop()] = before.world, at_delete.world
    return window


def idle_pairs(looks: Sequence[Look]) -> list[tuple[Tree, Tree]]:
    """Effects before and after a time in which nothing was delivered: what differs then is
    not the messages' doing."""
    quiet = [look for look in looks if look.when == QUIET]
    return [
        (one.world, other.world)
        for one, other in itertools.pairwise(quiet)
        if one.position == other.position
    ]
