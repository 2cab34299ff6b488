"""How two looks at the effects differ, and whether a difference says that something was done.

Owns the comparison of worlds without a golden run: a consumer that runs by itself cannot
be put into a fresh world at will. So a change counts only where it is of a kind that no
clock and no chance makes: things that were added, or a number that rose by the same amount.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeGuard

from sqs_contract.world.effects import ANY, Path, Tree, canonical

_ROWS_MAX: Final = 500
"""So many rows that differ are set against each other; beyond, what changed is told as a whole."""
_EPOCH_S: Final = (1_000_000_000, 10_000_000_000)
"""Seconds since 1970 that are a time of this century; in milliseconds, a thousand times that."""
_DATE_LENGTH: Final = 10


class How(enum.Enum):
    """In which way something changed."""

    GREW = "grew"
    SHRANK = "shrank"
    COUNTED = "counted"
    """A number is another number."""
    VARIES = "varies"
    """A time or a random id is another: it would be at any repetition."""
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two looks.

    Attributes:
        path: where it is, rows of lists as `*`.
        amount: by how much a number changed, or how many things there are more.
        keyed: whether what was added, or is gone, is shown as a dict of it under its key.
    """

    how: How
    path: Path
    before: Tree = None
    after: Tree = None
    amount: float = 0
    keyed: bool = False


def changes(before: Tree, after: Tree) -> list[Change]:
    """What changed from one look to another."""
    return list(_changes(before, after, ()))


def _changes(before: Tree, after: Tree, at: Path) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in after:
                yield Change(
                    how=How.SHRANK, path=at, before={key: before[key]}, amount=1, keyed=True
                )
            elif key not in before:
                yield Change(how=How.GREW, path=at, after={key: after[key]}, amount=1, keyed=True)
            else:
                yield from _changes(before[key], after[key], (*at, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _changed_rows(before, after, at)
    elif canonical(before) != canonical(after):
        yield _changed_value(before, after, at)


def _changed_rows(before: list[Tree], after: list[Tree], at: Path) -> Iterator[Change]:
    missing, added = _without_common(before, after)
    if len(added) > _ROWS_MAX or len(missing) > _ROWS_MAX:
        yield Change(how=How.CHANGED, path=at, before=len(before), after=len(after))
        return
    for row in list(missing):
        best = min(added, key=partial(_distance, row), default=None)
        if best is not None and _distance(row, best) < 1:
            missing.remove(row)
            added.remove(best)
            yield from _changes(row, best, (*at, ANY))
    for row in missing:
        yield Change(how=How.SHRANK, path=at, before=row, amount=1)
    for row in added:
        yield Change(how=How.GREW, path=at, after=row, amount=1)


def _without_common(before: list[Tree], after: list[Tree]) -> tuple[list[Tree], list[Tree]]:
    ours, theirs = Counter(map(canonical, before)), Counter(map(canonical, after))
    return _surplus(before, ours - theirs), _surplus(after, theirs - ours)


def _surplus(rows: Sequence[Tree], counts: Counter[str]) -> list[Tree]:
    found = []
    for row in rows:
        if counts[canonical(row)] > 0:
            counts[canonical(row)] -= 1
            found.append(row)
    return found


def _distance(one: Tree, other: Tree) -> float:
    """The share of fields in which two rows differ; 1 for rows that are not the same thing."""
    if not isinstance(one, dict) or not isinstance(other, dict) or one.keys() != other.keys():
        return 1.0
    differing = sum(canonical(one[key]) != canonical(other[key]) for key in one)
    return differing / max(len(one), 1)


def _changed_value(before: Tree, after: Tree, at: Path) -> Change:
    if _may_vary(before, after):
        return Change(how=How.VARIES, path=at, before=before, after=after)
    if _is_number(before) and _is_number(after):
        amount = round(float(after) - float(before), 9)
        return Change(how=How.COUNTED, path=at, before=before, after=after, amount=amount)
    return Change(how=How.CHANGED, path=at, before=before, after=after)


def is_same_again(first: Change, again: Change) -> bool:
    """Whether what was added is what was added before, once more.

    It may have an id, a number and a time of its own; a text that is another makes it
    another thing, such as a note that something was known already.
    """
    # What a dict grew by is told with its key, and that may be an id too.
    one, other = (
        next(iter(change.after.values()))
        if isinstance(change.after, dict) and change.keyed
        else change.after
        for change in (first, again)
    )
    leaves = list(_paired(one, other))
    if any(pair is None for pair in leaves):
        return False
    pairs = [pair for pair in leaves if pair is not None]
    if not isinstance(one, dict | list):
        return all(_may_vary(*pair) or pair[0] == pair[1] for pair in pairs)
    return any(canonical(left) == canonical(right) for left, right in pairs) and all(
        canonical(left) == canonical(right)
        or _may_vary(left, right)
        or (_is_number(left) and _is_number(right))
        for left, right in pairs
    )


def _paired(one: Tree, other: Tree) -> Iterator[tuple[Tree, Tree] | None]:
    """The scalars of two trees of the same shape, side by side; `None` where it is not."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _paired(one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _paired(left, right)
    elif isinstance(one, dict | list) or isinstance(other, dict | list):
        yield None
    else:
        yield one, other


def _may_vary(one: Tree, other: Tree) -> bool:
    return (_is_time(one) and _is_time(other)) or (_is_random_id(one) and _is_random_id(other))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(value: object) -> bool:
    if _is_number(value):
        low, high = _EPOCH_S
        return low <= value < high or low * 1_000 <= value < high * 1_000
    if not isinstance(value, str) or len(value) < _DATE_LENGTH:
        return False
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return value.replace(".", "", 1).isdecimal() and _is_time(float(value))
    return True


def _is_random_id(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False
