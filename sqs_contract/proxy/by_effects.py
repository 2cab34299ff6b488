"""`no-loss` and `idempotent` of a consumer that polls by itself: judged by looks at the effects.

There is no golden run here, so only what a window between two quiet moments shows for sure
counts; what cannot be told is not checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.clauses import idempotent, no_loss
from sqs_contract.clauses.verdict import Violation, listed
from sqs_contract.history import Event
from sqs_contract.proxy.changes import Change, How, changes, is_same_again
from sqs_contract.proxy.session import Result, Session, held, not_checked, violated
from sqs_contract.proxy.windows import Look, Window, idle_pairs, windows
from sqs_contract.world.effects import ANY, Path, canonical

_GIVE_EFFECTS: Final = (
    "nothing tells what the consumer does: give --effects module:function, or --effects-command"
)
_NEVER_AGAIN: Final = (
    "no message came again by itself after it had been done: give --seed, or another one"
)
_NOTHING_SEEN: Final = "no message that was deleted changed anything in the effects"


def _noise(looks: Iterable[Look]) -> frozenset[Path]:
    """Places that change while nothing is delivered."""
    return frozenset(change.path for pair in idle_pairs(list(looks)) for change in changes(*pair))


def _lasting(found: Iterable[Change], noise: frozenset[Path]) -> list[Change]:
    """Changes that neither the clock nor somebody else makes."""
    return [change for change in found if change.how is not How.VARIES and change.path not in noise]


# no-loss


def judge_no_loss(session: Session) -> Result:
    """Whether the effects of each message were there when its delete was asked for."""
    if session.looks is None or session.trouble is not None:
        return not_checked(no_loss.ID, session.trouble or _GIVE_EFFECTS)
    noise = _noise(session.looks)
    tested = False
    deleted: set[str] = set()
    for window, done in _seen(session.looks, session.events):
        is_new = not deleted.issuperset(window.names)
        deleted |= {delete.message for delete in window.deletes}
        if not is_new or not window.has_delete or not window.all_deleted or not done:
            continue  # what a message leaves that failed may come when it likes
        tested = True
        early = _lasting(changes(window.before, window.at_last_delete), noise)
        late = _lasting(changes(window.at_last_delete, window.after), noise)
        if late and not early:
            # Where something was there before, the rest may be a tally kept when all is done.
            return violated(_deleted_first(window))
    if tested:
        return held(no_loss.ID)
    return not_checked(no_loss.ID, _NOTHING_SEEN)


def _deleted_first(window: Window) -> Violation:
    names = list(dict.fromkeys(delete.message for delete in window.deletes))
    were, came = ("was", "its effect") if len(names) == 1 else ("were", "any effect of theirs")
    return Violation(
        clause=no_loss.ID,
        mode="deleted-first",
        claim=f"{listed(names)} {were} deleted, and only then {came} was there.",
        messages=tuple(names),
        why="If the consumer dies in between, the message never comes back.",
        remedies=("do the work first, and delete the message when it is done",),
    )


# idempotent


def judge_idempotent(session: Session) -> Result:
    """Whether deliveries of messages that were done before changed anything."""
    if session.looks is None or session.trouble is not None:
        return not_checked(idempotent.ID, session.trouble or _GIVE_EFFECTS)
    done: dict[str, _First] = {}
    again: dict[str, list[Change]] = {}
    tested, unclear = False, ""
    for window, found in _seen(session.looks, session.events):
        if not set(window.names) <= done.keys():
            if window.all_deleted and found and not set(window.names) & done.keys():
                done |= {name: _first(name, window, found) for name in window.names}
            continue
        tested = True
        violation = _repetition(window, found, done, again)
        if violation is not None:
            return violated(violation)
        unclear = unclear or (_told(found[0]) if found else "")
        if len(window.names) == 1:
            again[window.names[0]] = found
    if unclear:
        return not_checked(
            idempotent.ID,
            f"a message that came again changed {unclear}: whether that is its effect once "
            "more cannot be told; leave it out of the effects if it is not",
        )
    if tested:
        return held(idempotent.ID)
    return not_checked(idempotent.ID, _NEVER_AGAIN if done else _NOTHING_SEEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _First:
    """What changed when a message was done, and which of it was its own doing, as far as that
    is known: where nothing else was handed out then, or it was deleted by itself."""

    changes: list[Change]
    own: list[Change]


def _first(name: str, window: Window, found: list[Change]) -> _First:
    own = found if len(window.names) == 1 else []
    if not own and name in window.steps:
        own = changes(*window.steps[name])
    return _First(changes=found, own=own)


def _seen(looks: Sequence[Look], events: Sequence[Event]) -> Iterator[tuple[Window, list[Change]]]:
    """Each window with what changed in it."""
    noise = _noise(looks)
    for window in windows(events, looks):
        yield window, _lasting(changes(window.before, window.after), noise)


def _repetition(
    window: Window,
    found: Sequence[Change],
    done: Mapping[str, _First],
    again: Mapping[str, list[Change]],
) -> Violation | None:
    """What is wrong with a window in which only messages came that had been done before."""
    firsts = [done[name] for name in window.names]
    first = [change for one in firsts for change in one.changes]
    known: list[Change] = []
    if len(window.names) == 1:
        # A duration is another number each time; a sum rises by the same amount.
        known = [*firsts[0].own, *again.get(window.names[0], ())]
    for change in found:
        if _is_done_again(change, first, known):
            return _done_again(window.names, change)
        if _is_undone(change, first):
            return _undone(window.names, change)
    return None


def _is_done_again(change: Change, first: Sequence[Change], known: Sequence[Change]) -> bool:
    """Whether a change is what the first delivery did, once more."""
    if change.how is How.GREW:
        return any(
            one.how is How.GREW and one.path == change.path and is_same_again(one, change)
            for one in first
        )
    return change.how is How.COUNTED and any(_same_amount(one, change) for one in known)


def _same_amount(first: Change, again: Change) -> bool:
    if first.how is How.COUNTED:
        return first.path == again.path and first.amount == again.amount
    if first.how is not How.GREW:
        return False
    # The thing itself was new: {"ada": 25}, or a row with a total of 25, and then 50.
    grown = first.after
    if not isinstance(grown, dict) or not again.path:
        return False
    if again.path[:-1] == first.path and again.path[-1] in grown:
        return bool(grown[again.path[-1]] == again.amount)
    inner = again.path[len(first.path) :]
    if again.path[: len(first.path)] != first.path or len(inner) != 2:
        return False
    row = grown if inner[0] == ANY else grown.get(inner[0])
    return isinstance(row, dict) and bool(row.get(inner[1]) == again.amount)


def _is_undone(change: Change, first: Sequence[Change]) -> bool:
    return change.how is How.SHRANK and any(
        one.how is How.GREW
        and one.path == change.path
        and canonical(one.after) == canonical(change.before)
        for one in first
    )


def _told(change: Change) -> str:
    return ".".join(change.path) or "the effects"


def _done_again(names: Sequence[str], change: Change) -> Violation:
    what = (
        f"{_told(change)} went from {change.before} to {change.after}"
        if change.how is How.COUNTED
        else f"there is one more in {_told(change)}"
    )
    return _broken_again(names, "done-again", f"done again: {what}")


def _undone(names: Sequence[str], change: Change) -> Violation:
    return _broken_again(names, "undone-again", f"what it had done is gone from {_told(change)}")


def _broken_again(names: Sequence[str], mode: str, what: str) -> Violation:
    """Messages that were delivered again did not leave everything as it was."""
    were = "was" if len(names) == 1 else "were"
    return Violation(
        clause=idempotent.ID,
        mode=mode,
        claim=f"{listed(names)} {were} delivered again, and {what}.",
        messages=tuple(names),
        why="SQS may deliver a message more than once, so doing it again must change nothing.",
        remedies=idempotent.REMEDIES,
    )
