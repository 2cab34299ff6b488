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
    """

    before: Tree
    after: Tree
    at_last_delete: Tree = None
    has_delete: bool = False
    records: list[Delivery] = field(default_factory=list)
    deletes: list[DeleteRequested] = field(default_factory=list)

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
    last_delete: Look | None = None
    for look in looks:
        if look.when == AT_DELETE:
            last_delete = look
            continue
        if start is not None:
            window = Window(before=start.world, after=look.world)
            for event in events[start.position : look.position]:
                if isinstance(event, Received):
                    window.records.extend(event.records)
                elif isinstance(event, DeleteRequested):
                    window.deletes.append(event)
            if last_delete is not None and last_delete.position >= start.position:
                window.at_last_delete, window.has_delete = last_delete.world, True
            if window.records:
                found.append(window)
        start = look
    return found


def idle_pairs(looks: Sequence[Look]) -> list[tuple[Tree, Tree]]:
    """Effects before and after a time in which nothing was delivered: what differs then is
    not the messages' doing."""
    quiet = [look for look in looks if look.when == QUIET]
    return [
        (one.world, other.world)
        for one, other in itertools.pairwise(quiet)
        if one.position == other.position
    ]
