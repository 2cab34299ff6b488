"""How two looks at the world differ, line by line, in the user's own words."""

from __future__ import annotations

from typing import Any, Final

from sqs_contract.report.text import shown
from sqs_contract.world.effects import Tree

_ROW_WIDTH: Final = 56
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


def differences(before: Tree, after: Tree) -> list[str]:
    """What has to be done to `before` to get `after`: `orders + {order_id: a1}`.

    Lists compare as multisets. At most a dozen lines, in a fixed order.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415  heavy, and only needed where there is one

    if before == after:
        return []
    before, after = _with_same_collections(before, after)
    tree = DeepDiff(before, after, ignore_order=True, report_repetition=True, view="tree")
    lines: list[str] = []
    for kind in _KINDS:
        found = [_line(kind, level, before, after) for level in tree.get(kind, ())]
        lines += sorted(line for line in found if line)
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


def _line(kind: str, level: Any, before: Tree, after: Tree) -> str:
    path = list(level.path(output_format="list"))
    place = _place(path)
    match kind:
        case "iterable_item_added" | "dictionary_item_added":
            return f"{place} + {_item(kind, path, level.t2)}"
        case "iterable_item_removed" | "dictionary_item_removed":
            return f"{place} - {_item(kind, path, level.t1)}"
        case "repetition_change":
            counts = level.additional["repetition"]
            return (
                f"{place} {shown(level.t1, _ROW_WIDTH)} "
                f"{counts['old_repeat']} -> {counts['new_repeat']} times"
            )
    row = _row_of(path, before) or _row_of(path, after)
    what = f" {row}" if row else ""
    return f"{place}{what} {path[-1]} {shown(level.t1, 24)} -> {shown(level.t2, 24)}"


def _place(path: list[Any]) -> str:
    """The collection a path leads into: the dict keys before the first list index."""
    names: list[str] = []
    for part in path:
        if isinstance(part, int):
            break
        names.append(str(part))
    if len(names) == len(path) and len(names) > 1:
        names = names[:-1]
    return shown(" ".join(names), 40) if names else "effects"


def _item(kind: str, path: list[Any], value: Any) -> str:
    if kind.startswith("dictionary") and path:
        if value in ([], {}):
            return str(path[-1])
        return shown(f"{path[-1]}: " if not isinstance(value, dict) else "", 30) + shown(
            {path[-1]: value} if isinstance(value, dict) else value, _ROW_WIDTH
        )
    return shown(value, _ROW_WIDTH)


def _row_of(path: list[Any], tree: Tree) -> str:
    """The row a changed value stands in, named by its other fields."""
    row: Any = tree
    for part in path[:-1]:
        try:
            row = row[part]
        except (KeyError, IndexError, TypeError):
            return ""
    if not isinstance(row, dict):
        return ""
    others = {key: value for key, value in row.items() if key != path[-1]}
    names = {key: value for key, value in others.items() if isinstance(value, str | int)}
    return shown(dict(list(names.items())[:2]), 36) if names else ""
