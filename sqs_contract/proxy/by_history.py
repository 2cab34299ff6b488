"""`fifo-order` and `drains` of a consumer that polls by itself: judged by what it received and
deleted, whatever its effects are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqs_contract.clauses import drains, fifo_order
from sqs_contract.clauses.verdict import Violation, listed
from sqs_contract.history import Called, DeleteRequested, Event, Received, Struck
from sqs_contract.proxy.session import Result, Session, held, not_checked, violated

PATIENCE: Final = 3
"""A message that was accepted once and came more often than this since, undeleted each time
and with no fault between, is stuck."""


# fifo-order


def judge_fifo_order(session: Session) -> Result:
    """Whether messages behind one that failed, in its batch and group, were left alone."""
    if not session.fifo:
        return not_checked(fifo_order.ID, "no FIFO queue was polled")
    tested = False
    for failed, followers, deleted in _failures(session):
        if not followers:
            continue
        tested = True
        overtaking = [name for name in followers if name in deleted]
        if overtaking:
            return violated(_overtaken(failed, overtaking))
    if tested:
        return held(fifo_order.ID)
    return not_checked(
        fifo_order.ID, "no message failed that others of its group stood behind in its batch"
    )


def _failures(session: Session) -> Iterator[tuple[str, list[str], set[str]]]:
    """Each message that failed for sure: the consumer had it, never asked for its delete then,
    and it came back or was given back. With those behind it in its batch and group, and those
    of which the delete was asked for before it came back."""
    events = session.events
    for position, event in enumerate(events):
        if not isinstance(event, Received):
            continue
        for place, record in enumerate(event.records):
            group = session.groups.get(record.message)
            end = _came_back(events, position, record.message)
            if group is None or end is None:
                continue
            since = events[position + 1 : end]
            asked = {one.message for one in since if isinstance(one, DeleteRequested)}
            if record.message in asked:
                continue
            followers = [
                other.message
                for other in event.records[place + 1 :]
                if session.groups.get(other.message) == group and other.message != record.message
            ]
            yield record.message, followers, asked


def _came_back(events: Sequence[Event], position: int, name: str) -> int | None:
    """When a message that was received came again."""
    for later in range(position + 1, len(events)):
        event = events[later]
        if isinstance(event, Received) and any(one.message == name for one in event.records):
            return later
    return None


def _overtaken(failed: str, overtaking: Sequence[str]) -> Violation:
    return Violation(
        clause=fifo_order.ID,
        mode="overtaken",
        claim=(
            f"{failed} failed and came back, and {listed(overtaking)}, which stood behind it in "
            "its group, was deleted before."
        ),
        messages=(failed, *overtaking),
        why="A FIFO queue keeps the order of a group only if the consumer stops where one fails.",
        remedies=("stop at the first message of a group that fails, and delete none behind it",),
    )


# drains


def judge_drains(session: Session) -> Result:
    """Whether all that was accepted once was deleted in the end, faults or not."""
    struck = any(
        isinstance(event, Struck | Called) and event.fault is not None for event in session.events
    )
    delivered = _delivered(session.events)
    unsettled: list[str] = []
    stuck: list[str] = []
    for name in delivered:
        accepted, clean, done = _course(session.events, name)
        if done:
            continue
        if accepted and clean > PATIENCE:
            stuck.append(name)
        else:
            unsettled.append(name)
    if stuck:
        return violated(_never_done(stuck))
    if not delivered:
        return not_checked(drains.ID, "no message was delivered")
    if not struck:
        return not_checked(drains.ID, "no fault struck: give --seed or --scenario")
    if unsettled:
        verb = "was" if len(unsettled) == 1 else "were"
        return not_checked(
            drains.ID,
            f"{listed(unsettled)} {verb} not deleted when the session ended; whether the "
            "consumer refuses it or was not through with it cannot be told",
        )
    return held(drains.ID)


def _delivered(events: Iterable[Event]) -> list[str]:
    return list(
        dict.fromkeys(
            record.message
            for event in events
            if isinstance(event, Received)
            for record in event.records
        )
    )


def _course(events: Sequence[Event], name: str) -> tuple[bool, int, bool]:
    """Whether the consumer ever accepted a message, how often it came after the last fault
    on it without being accepted, and whether it is deleted."""
    accepted, clean, done = False, 0, False
    for event in events:
        match event:
            case Received() if any(record.message == name for record in event.records):
                clean += 1
            case DeleteRequested(message=message) if message == name:
                accepted, clean, done = True, 0, done or event.done
            case Struck(message=message) if message == name:
                clean = 0
            case Called() if event.fault is not None:
                clean = 0
            case _:
                pass
    return accepted, clean, done


def _never_done(names: Sequence[str]) -> Violation:
    were, it, them = ("was", "it", "it") if len(names) == 1 else ("were", "they", "them")
    return Violation(
        clause=drains.ID,
        mode="never-done",
        claim=(
            f"{listed(names)} {were} accepted once, and since a fault brought {them} back {it} "
            f"came more than {PATIENCE} times and {were} not deleted, although nothing was wrong "
            "any more."
        ),
        messages=tuple(names),
        why="What is not deleted comes back until a dead-letter queue takes it, or for ever.",
        remedies=(
            "delete a message that comes again although it is done: skipping it is not enough",
            "look at what the delete is answered, and try again if it failed",
        ),
    )
