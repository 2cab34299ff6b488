"""How two looks at the world differ, line by line, in the user's own words."""

from __future__ import annotations

from typing import Any, Final

from sqs_contract.report.text import WIDTH, clip, columns, shown
from sqs_contract.world.effects import Tree

_LINE_WIDTH: Final = WIDTH - 4
_PLACE_WIDTH: Final = 40
_ROW_WIDTH: Final = 56
_NAME_WIDTH: Final = 36
_VALUE_WIDTH: Final = 24
_LINES_MAX: Final = 12
_KINDS: Final = (
    "iterable_item_removed",
    "iterable_item_added",
    "dictionary_item_removed",
    "dictionary_item_added",
    "values_changed",
    "type_changes",
    "repetition_change",
)
_EVERYTHING: Final = "effects"
"""How the whole is called, where the effects are a bare list or value."""


def differences(before: Tree, after: Tree, width: int = _LINE_WIDTH) -> list[str]:
    """What has to be done to `before` to get `after`: `orders + {order_id: a1}`.

    Lists compare as multisets. At most a dozen lines of at most `width`
    columns, in a fixed order, safe to show.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415  heavy, and only needed where there is one

    if before == after:
        return []
    before, after = _with_same_collections(before, after)
    tree = DeepDiff(before, after, ignore_order=True, report_repetition=True, view="tree")
    lines: list[str] = []
    for kind in _KINDS:
        lines += sorted(_line(kind, level, width) for level in tree.get(kind, ()))
    lines = list(dict.fromkeys(lines))
    if len(lines) > _LINES_MAX:
        rest = len(lines) - _LINES_MAX + 1
        lines = [*lines[: _LINES_MAX - 1], f"and {rest} more"]
    return lines


def _with_same_collections(first: Tree, second: Tree) -> tuple[Tree, Tree]:
    """Both trees with the other's collections, empty: a row is added, not a whole table."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        return first, second
    pairs: dict[str, tuple[Tree, Tree]] = {}
    for key in (*first, *(key for key in second if key not in first)):
        if key in first and key in second:
            pairs[key] = _with_same_collections(first[key], second[key])
        else:
            value = first[key] if key in first else second[key]
            if isinstance(value, list | dict):
                empty: Tree = type(value)()
                pair = (value, empty) if key in first else (empty, value)
                pairs[key] = _with_same_collections(*pair)
    left = {key: pairs[key][0] if key in pairs else first[key] for key in (*pairs, *first)}
    right = {key: pairs[key][1] if key in pairs else second[key] for key in (*pairs, *second)}
    return left, right


def _line(kind: str, level: Any, width: int) -> str:
    """One difference. `level` is DeepDiff's: both values, and the way down to them."""
    path = list(level.path(output_format="list"))
    collection, row, field = _places(path, level)
    match kind:
        case "iterable_item_added":
            return _joined([collection or _EVERYTHING, " + ", shown(level.t2, _ROW_WIDTH)], width)
        case "iterable_item_removed":
            return _joined([collection or _EVERYTHING, " - ", shown(level.t1, _ROW_WIDTH)], width)
        case "dictionary_item_added" | "dictionary_item_removed":
            added = kind == "dictionary_item_added"
            value = shown(level.t2 if added else level.t1, _ROW_WIDTH)
            where = [collection or _EVERYTHING, *((" ", row) if row else ())]
            return _joined([*where, " + " if added else " - ", field, ": ", value], width)
        case "repetition_change":
            counts = level.additional["repetition"]
            times = f" {counts['old_repeat']} -> {counts['new_repeat']} times"
            value = shown(level.t1, _ROW_WIDTH)
            return _joined([collection or _EVERYTHING, " ", value, times], width)
    names = [name for name in (collection, row, field) if name] or [_EVERYTHING]
    where = [part for name in names for part in (name, " ")]
    return _joined(
        [*where, shown(level.t1, _VALUE_WIDTH), " -> ", shown(level.t2, _VALUE_WIDTH)], width
    )


def _places(path: list[Any], level: Any) -> tuple[str, str, str]:
    """Where a difference is: its collection, the row in it and the field of that row.

    The collection is the dict keys before the first list index. Outside of any
    list there are no rows, and the last key is the field.
    """
    indexes = [number for number, part in enumerate(path) if isinstance(part, int)]
    if not indexes:
        return _named(path[:-1], _PLACE_WIDTH), "", _named(path[-1:], _NAME_WIDTH)
    inner = path[indexes[-1] + 1 :]
    row = level
    for _ in inner:
        row = row.up
    name = _row_name(row.t1, inner[0]) if inner else ""
    return _named(path[: indexes[0]], _PLACE_WIDTH), name, _named(inner, _NAME_WIDTH)


def _named(keys: list[Any], width: int) -> str:
    return shown(" ".join(map(str, keys)), width) if keys else ""


def _row_name(row: Any, changed: str) -> str:
    """A row, named by the first two of its other fields."""
    if not isinstance(row, dict):
        return ""
    names = {
        key: value for key, value in row.items() if key != changed and isinstance(value, str | int)
    }
    return shown(dict(list(names.items())[:2]), _NAME_WIDTH) if names else ""


def _joined(parts: list[str], width: int) -> str:
    """The parts in one line; where they do not fit, the longest are clipped alike."""
    longest = max(map(columns, parts))
    while longest > 0 and sum(min(columns(part), longest) for part in parts) > width:
        longest -= 1
    return "".join(clip(part, longest) for part in parts)
