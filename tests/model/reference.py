"""A queue that is as dumb as can be: one list, looked through from end to end on every call.

Written from the rules of SQS, not from the model, to be held against it. Where a
rule leaves the queue a choice (which message of a standard queue, S42; which
message group, S45), the reference takes what the model chose and says whether
it might. A standard queue is told here as a FIFO queue in which every message
is a group of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

TWELVE_HOURS = 12 * 60 * 60 * 1_000
FIVE_MINUTES = 5 * 60 * 1_000

WAITING, DELETED, DEAD_LETTERED = "waiting", "deleted", "dead-lettered"
EXPIRED, PURGED, MOVED = "expired", "purged", "moved"
CAME_BACK = "came back after its delete"

BEYOND_LIMIT, HANDLE_EXPIRED = "beyond the limit", "the handle has expired"


@dataclass(eq=False)
class Kept:
    """A message, for ever: what became of it is its fate."""

    name: str
    line: str
    sent_ms: int
    expires_ms: int
    visible_ms: int
    receives: int = 0
    received_ms: int = 0
    first_ms: int | None = None
    fate: str = WAITING


@dataclass(eq=False)
class ReferenceQueue:
    fifo: bool = False
    visibility_ms: int = 30_000
    retention_ms: int = 345_600_000
    delay_ms: int = 0
    limit: int | None = None
    per_group: bool = False  # deduplicates within a group (S52), else the queue (S51)
    dead_letters: ReferenceQueue | None = None
    kept: list[Kept] = field(default_factory=list)
    handles: dict[str, tuple[Kept, int]] = field(default_factory=dict)
    accepted: list[tuple[int, str | None, str]] = field(default_factory=list)

    def waiting(self, now_ms: int) -> list[Kept]:
        """S32: what is over is over at the deadline, in flight or not."""
        for one in self.kept:
            if one.fate == WAITING and one.expires_ms <= now_ms:
                one.fate = EXPIRED
        return [one for one in self.kept if one.fate == WAITING]

    def send(
        self,
        now_ms: int,
        name: str,
        group: str | None = None,
        dedup: str | None = None,
        delay_ms: int | None = None,
    ) -> bool:
        """Whether it is a new message; the second copy of one is not (S51, S52)."""
        if self.fifo:
            assert dedup is not None
            for at_ms, known_group, known in self.accepted:
                young = now_ms < at_ms + FIVE_MINUTES
                if young and known == dedup and (known_group == group or not self.per_group):
                    return False
            self.accepted.append((now_ms, group, dedup))
            delay_ms = None  # S31: the queue's own, whatever the message says
        delay_ms = self.delay_ms if delay_ms is None else delay_ms
        self.add(name, group, sent_ms=now_ms, visible_ms=now_ms + delay_ms)
        return True

    def add(self, name: str, group: str | None, *, sent_ms: int, visible_ms: int) -> Kept:
        line = group if self.fifo and group is not None else f"{len(self.kept)}"
        one = Kept(name, line, sent_ms, sent_ms + self.retention_ms, visible_ms)
        self.kept.append(one)
        return one

    def reachable(self, now_ms: int) -> dict[str, list[Kept]]:
        """Of each line what a receive comes by: all up to the first invisible one (S46, S48)."""
        lines: dict[str, list[Kept]] = {}
        blocked: set[str] = set()
        for one in self.waiting(now_ms):
            if one.visible_ms > now_ms:
                blocked.add(one.line)
            if one.line not in blocked:
                lines.setdefault(one.line, []).append(one)
        return lines

    def receive(
        self,
        now_ms: int,
        most: int,
        visibility_ms: int | None,
        given: list[tuple[str, str]],
        redriven: list[str],
    ) -> list[Kept]:
        """Judge a receive: `given` are names and handles, `redriven` names, as the model chose."""
        lines = self.reachable(now_ms)
        names = [name for name, _ in given]
        taken = [self._found(lines, name) for name in names]
        moved = [self._found(lines, name) for name in redriven]
        assert len(given) <= most  # S36
        assert len(set(taken + moved)) == len(taken + moved), "one receive, one message, once"

        def over(one: Kept) -> bool:  # S57: N times and never again
            return self.limit is not None and one.receives >= self.limit

        assert all(map(over, moved))
        assert not any(map(over, taken))
        runs = [(line, list(run)) for line, run in groupby(taken, lambda one: one.line)]
        assert len({line for line, _ in runs}) == len(runs), "a group at a time (S45)"
        for number, (line, run) in enumerate(runs):
            free = [one for one in lines[line] if not over(one)]
            assert run == free[: len(run)], "in order of sending (S45)"
            last = number == len(runs) - 1
            assert last or len(run) == len(free), "as much of a group as can be (S45)"
            before = lines[line][: lines[line].index(run[-1])]
            assert {one for one in before if over(one)} <= set(moved), "none is passed by (S62)"
        if len(taken) < most:
            everything = {one for line in lines.values() for one in line}
            assert everything == {*taken, *moved}, "there was room for more"

        for one in moved:
            one.fate = DEAD_LETTERED
            assert self.dead_letters is not None
            self.dead_letters.take_over(one, now_ms)
        duration_ms = self.visibility_ms if visibility_ms is None else visibility_ms
        for one, (_, handle) in zip(taken, given, strict=True):
            one.receives += 1  # S38
            one.received_ms = now_ms
            one.first_ms = now_ms if one.first_ms is None else one.first_ms
            one.visible_ms = now_ms + duration_ms  # S37
            assert handle not in self.handles, "a new handle for every receive (S14)"
            self.handles[handle] = (one, one.receives)
        return taken

    @staticmethod
    def _found(lines: dict[str, list[Kept]], name: str) -> Kept:
        """Only what waits, is visible and not held back may be handed out, or moved."""
        return next(one for line in lines.values() for one in line if one.name == name)

    def take_over(self, one: Kept, now_ms: int) -> None:
        """S59: its count goes on. S60: on FIFO its retention begins anew."""
        if self.fifo:
            self.accepted.append((now_ms, one.line, one.name))  # S61
        sent_ms = now_ms if self.fifo else one.sent_ms
        group = one.line if self.fifo else None
        moved = self.add(one.name, group, sent_ms=sent_ms, visible_ms=now_ms)
        moved.receives = one.receives
        moved.first_ms = one.first_ms

    def delete(self, now_ms: int, handle: str) -> bool | str:
        one, receive = self.handles[handle]
        if one not in self.waiting(now_ms):
            return False  # S41, and S32: answered with success
        if self.fifo and (one.visible_ms <= now_ms or one.receives != receive):
            return HANDLE_EXPIRED  # S50
        if one.receives != receive:
            return False  # S40: "might not" delete
        one.fate = DELETED
        return True

    def change_visibility(self, now_ms: int, handle: str, visibility_ms: int) -> bool | str:
        one, receive = self.handles[handle]
        if one not in self.waiting(now_ms):
            return False  # S41
        if self.fifo and (one.visible_ms <= now_ms or one.receives != receive):
            return False
        if visibility_ms and now_ms + visibility_ms > one.received_ms + TWELVE_HOURS:
            return BEYOND_LIMIT  # S37
        one.visible_ms = now_ms + visibility_ms
        return True

    def purge(self, now_ms: int) -> None:
        """S44: all of them, and what was remembered."""
        for one in self.waiting(now_ms):
            one.fate = PURGED
        self.accepted.clear()

    def copy(self, handle: str, now_ms: int) -> bool:
        """S42: what is in flight surfaces, what was deleted comes back. Whether it can."""
        one, _ = self.handles[handle]
        if one in self.waiting(now_ms):
            one.visible_ms = now_ms
            return True
        if one.fate != DELETED or one.expires_ms <= now_ms:
            return False
        one.fate = CAME_BACK
        again = self.add(one.name, None, sent_ms=one.sent_ms, visible_ms=now_ms)
        again.receives = one.receives
        again.first_ms = one.first_ms
        return True

    def move_all(self, now_ms: int, destination: ReferenceQueue, new_names: list[str]) -> None:
        """S64, S65: what is visible, in order, as new messages."""
        visible = [one for one in self.waiting(now_ms) if one.visible_ms <= now_ms]
        for one, new_name in zip(visible, new_names, strict=True):
            one.fate = MOVED
            destination.send(now_ms, new_name, one.line, one.name)

    def next_ms(self, now_ms: int) -> int | None:
        """When a receive may first find something: the end of a head frees its group, too."""
        heads: dict[str, Kept] = {}
        for one in self.waiting(now_ms):
            heads.setdefault(one.line, one)
        if not self.fifo:
            return min(
                (h.visible_ms for h in heads.values() if h.visible_ms < h.expires_ms), default=None
            )
        return min((min(head.visible_ms, head.expires_ms) for head in heads.values()), default=None)

    def counts(self, now_ms: int) -> tuple[int, int, int]:
        """Visible (S56: those held back too), in flight, delayed."""
        waiting = self.waiting(now_ms)
        hidden = [one for one in waiting if one.visible_ms > now_ms]
        in_flight = sum(one.receives > 0 for one in hidden)
        return len(waiting) - len(hidden), in_flight, len(hidden) - in_flight
