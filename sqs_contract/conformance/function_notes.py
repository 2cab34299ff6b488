"""The notes of a deployed function, read as the story of a program. Calls nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.conformance.runner import Invoked, Story

MARGIN_MS: Final = 500
"""How exactly the time between two invocations is known: an environment may begin meanwhile."""

_LATE_MS: Final = 1_000
"""How long the note of an invocation that has ended may be under way."""

_STRANGER: Final = "a message nobody sent"


@dataclass(slots=True, kw_only=True)
class _Noted:
    began_ms: int
    records: list[tuple[str, int]]
    seen_ms: int
    ended_ms: int | None = None
    failed: bool = False
    reported: list[str] = field(default_factory=list)


class Notes:
    """What a function noted so far.

    Args:
        bodies: the body of each message, by its id there, in the order they were sent.
        timeout_ms: the function's: an invocation without an end took so long.
        reporting: whether the mapping reads reports.
    """

    def __init__(self, bodies: Mapping[str, str], timeout_ms: int, *, reporting: bool) -> None:
        self._bodies = bodies
        self._timeout_ms = timeout_ms
        self._reporting = reporting
        self._noted: dict[str, _Noted] = {}
        self._late: dict[str, Mapping[str, Any]] = {}
        self._dead_after: dict[int, int] = {}

    def take(
        self, notes: Iterable[Mapping[str, Any]], *, dead_before: int = 0, now_ms: int = 0
    ) -> bool:
        """Take new notes; whether there were any.

        Args:
            notes: in any order.
            dead_before: how many messages the dead-letter queue held just before they were read.
            now_ms: by the clock of `running`.
        """
        found = list(notes)
        for note in found:
            if note["what"] == "begin":
                records = [(str(message), int(count)) for message, count in note["records"]]
                noted = _Noted(began_ms=int(note["at"]), records=records, seen_ms=now_ms)
                self._noted[str(note["invocation"])] = noted
            else:
                self._late[str(note["invocation"])] = note
        for invocation in self._late.keys() & self._noted.keys():
            note, noted = self._late.pop(invocation), self._noted[invocation]
            noted.ended_ms = int(note["at"])
            noted.failed = bool(note.get("failed"))
            noted.reported = [str(message) for message in note.get("reported", ())]
        # An invocation that had begun by then has its note among these, or those before: so
        # many were dead-lettered by no more than that many invocations.
        self._dead_after[len(self._noted)] = dead_before
        return bool(found)

    def running(self, now_ms: int) -> bool:
        """Whether the end of an invocation may still be noted."""
        since_ms = now_ms - self._timeout_ms - _LATE_MS
        return any(
            noted.ended_ms is None and noted.seen_ms > since_ms for noted in self._noted.values()
        )

    def story(self, *, fifo: bool, dead: Sequence[tuple[str, str]], left: int) -> Story:
        """What the program came to.

        Args:
            fifo: whether the queue is one.
            dead: id and body of each message in the dead-letter queue in the end.
            left: how many messages the queue still holds.
        """
        noted = sorted(self._noted.values(), key=lambda item: item.began_ms)
        story = Story(fifo=fifo, margin_ms=MARGIN_MS, left=left)
        story.invocations = [self._invoked(item, number) for number, item in enumerate(noted, 1)]
        story.most_at_once = self._most_at_once(noted)
        story.dead_lettered = [self._bodies.get(message, body) for message, body in dead]
        story.same_ids = all(message in self._bodies for message, _ in dead)
        delivered = {message for item in noted for message, _ in item.records}
        gone = {message for message, _ in dead}
        if left:  # it is not known which: those that came back last
            gone |= self._bodies.keys() - delivered
            for item in noted:
                kept = {message for message, _ in item.records if self._is_kept(item, message)}
                gone = gone - {message for message, _ in item.records} | kept
        for message, body in self._bodies.items():
            if message not in gone:
                (story.deleted if message in delivered else story.filtered).append(body)
        return story

    def _is_kept(self, item: _Noted, message: str) -> bool:
        reported = self._reporting and message in item.reported
        return item.failed or item.ended_ms is None or reported

    def _invoked(self, item: _Noted, number: int) -> Invoked:
        return Invoked(
            at_ms=item.began_ms,
            records=tuple(
                (self._bodies.get(message, _STRANGER), count) for message, count in item.records
            ),
            failed=item.failed or item.ended_ms is None,
            reported=tuple(
                self._bodies.get(message, _STRANGER)
                for message in (item.reported if self._reporting else ())
            ),
            dead_lettered=self._dead_after.get(number, 0),
        )

    def _most_at_once(self, noted: Sequence[_Noted]) -> int:
        """Most invocations that were under way together; an end makes room before a beginning."""
        changes: list[tuple[int, int]] = []
        for item in noted:
            end_ms = item.began_ms + self._timeout_ms if item.ended_ms is None else item.ended_ms
            changes += [(item.began_ms, 1), (end_ms, -1)]
        most = now = 0
        for _, change in sorted(changes):
            now += change
            most = max(most, now)
        return most
