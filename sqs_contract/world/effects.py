"""Effects as comparable data: what the world looks like, and when two looks are the same.

A tree of dicts, lists and scalars. Lists compare as multisets: on a standard
queue no order is owed. What differs between two golden runs of the same
messages (timestamps, random ids) is noise, found by `noise_between` and left
out by `canonical`.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import decimal
import enum
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from sqs_contract.errors import UsageError

Tree = Any
"""None, bool, int, float, str, list[Tree] or dict[str, Tree]."""

Path = tuple[str, ...]
"""Where a value is: dict keys, and `ANY` for every element of a list."""

ANY: Final = "*"
KEYS: Final = "**keys**"
"""Last step of a noise path that says: the keys of this dict are noise."""

MASKED: Final = "\x00noise"
"""Stands in the place of a value that is noise."""

_MAX_DEPTH: Final = 60
_SCALARS: Final = (str, bool, type(None))
_INT_MAX_BITS: Final = 14_000
"""Python writes down no number of more than 4300 digits (`sys.set_int_max_str_digits`)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Mask:
    """The paths whose values are noise."""

    paths: frozenset[Path] = frozenset()

    def __or__(self, other: Mask) -> Mask:
        return self if other.paths <= self.paths else Mask(self.paths | other.paths)


NO_MASK: Final = Mask()


def normalise(value: object) -> Tree:
    """Turn what `effects()` returned into a tree.

    Dataclasses, named tuples, pydantic models, mappings, sequences, sets and
    the usual scalars are understood.

    Raises:
        UsageError: something in it has no value to compare; the message says where.
    """
    return _normalise(value, "effects()", 0)


def _normalise(value: Any, where: str, depth: int) -> Tree:
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is int:
        return value if value.bit_length() <= _INT_MAX_BITS else _too_long(where)
    if depth > _MAX_DEPTH:
        raise UsageError(
            f"{where} is nested more than {_MAX_DEPTH} levels deep: no comparable data"
        )
    if kind is dict:
        return {
            key if type(key) is str else _key(key, where): _normalise(item, where, depth + 1)
            for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return [_normalise(item, where, depth + 1) for item in value]
    return _normalise_rare(value, where, depth)


def _normalise_rare(value: Any, where: str, depth: int) -> Tree:  # noqa: C901, PLR0912
    # One arm per kind of data; a table would hide the order, which matters.
    if isinstance(value, enum.Enum):
        return _normalise(value.value, where, depth + 1)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return _normalise(int(value), where, depth)
    if isinstance(value, float):
        return _number(decimal.Decimal(repr(value)), value)
    if isinstance(value, decimal.Decimal):
        return _number(value, str(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return repr(bytes(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta | uuid.UUID | complex):
        return str(value)
    data: Any
    if isinstance(value, type):
        raise _incomparable(value, where)
    if dataclasses.is_dataclass(value):
        data = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    elif hasattr(value, "_asdict"):
        data = value._asdict()
    elif hasattr(value, "model_dump"):
        data = value.model_dump()
    elif hasattr(type(value), "__attrs_attrs__"):
        data = {field.name: getattr(value, field.name) for field in type(value).__attrs_attrs__}
    elif isinstance(value, Mapping):
        data = dict(value)
    elif callable(getattr(value, "keys", None)) and hasattr(value, "__getitem__"):
        data = {key: value[key] for key in value.keys()}  # noqa: SIM118  a sqlite3.Row is no mapping
    elif isinstance(value, collections.abc.Iterable):
        data = list(value)
    else:
        raise _incomparable(value, where)
    return _normalise(data, where, depth + 1)


def _incomparable(value: object, where: str) -> UsageError:
    shown = f"{type(value).__module__}.{type(value).__qualname__}"
    return UsageError(
        f"{where} holds a value of type {shown}, which cannot be compared: "
        "return dicts, lists, dataclasses or plain values"
    )


def _too_long(where: str) -> NoReturn:
    raise UsageError(
        f"{where} holds a whole number of more than {_INT_MAX_BITS} bits, which cannot be written "
        "down: return it as hexadecimal text, or leave it out"
    )


def _key(key: Any, where: str) -> str:
    tree = _normalise(key, where, 0)
    return tree if isinstance(tree, str) else json.dumps(tree, sort_keys=True)


def _number(number: decimal.Decimal, shown: float | str) -> Tree:
    if number.is_finite() and number == number.to_integral_value() and abs(number) < 10**15:
        return int(number)  # 10, 10.0 and Decimal("10") are the same amount
    return float(shown) if number.is_finite() and isinstance(shown, float) else str(number)


def canonical(tree: Tree, mask: Mask = NO_MASK) -> str:
    """A text that is equal exactly for trees that are equal up to order and noise."""
    if mask.paths:
        tree = _apply(tree, mask.paths, ())
    return _write(tree)


def _write(tree: Tree) -> str:
    if isinstance(tree, dict):
        return "{" + ",".join([f"{key!r}:{_write(tree[key])}" for key in sorted(tree)]) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(sorted(map(_write, tree))) + "]"
    return repr(tree)


def masked(tree: Tree, mask: Mask) -> Tree:
    """The tree with noise replaced by a placeholder; dicts with noisy keys become lists."""
    return _apply(tree, mask.paths, ()) if mask.paths else tree


def _apply(tree: Tree, paths: frozenset[Path], at: Path) -> Tree:
    if at in paths:
        return MASKED
    if isinstance(tree, dict):
        if (*at, KEYS) in paths:
            return [_apply(item, paths, (*at, ANY)) for item in tree.values()]
        return {key: _apply(item, paths, (*at, key)) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_apply(item, paths, (*at, ANY)) for item in tree]
    return tree


def contained(part: Tree, whole: Tree) -> bool:
    """Whether everything in `part` is in `whole` too: keys of dicts, elements of multisets."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            (key in whole and contained(item, whole[key])) or item in ([], {})
            for key, item in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and not (
            Counter(map(_write, part)) - Counter(map(_write, whole))
        )
    return _write(part) == _write(whole)


def noise_between(first: Tree, second: Tree) -> Mask:
    """The paths at which two looks at what should be the same world differ."""
    paths: set[Path] = set()
    _compare([first], [second], (), paths)
    return Mask(frozenset(paths))


def _compare(first: list[Tree], second: list[Tree], at: Path, noise: set[Path]) -> None:
    """Compare all values at one path, as multisets."""
    if len(first) != len(second):
        return  # not the same number of rows: a difference, but no noise
    if sorted(map(_write, first)) == sorted(map(_write, second)):
        return
    both = first + second
    if all(isinstance(item, dict) for item in both):
        _compare_dicts(first, second, at, noise)
    elif all(isinstance(item, list) for item in both):
        _compare(
            [element for item in first for element in item],
            [element for item in second for element in item],
            (*at, ANY),
            noise,
        )
    else:
        noise.add(at)


def _compare_dicts(
    first: list[dict[str, Tree]], second: list[dict[str, Tree]], at: Path, noise: set[Path]
) -> None:
    first_keys, second_keys = _count_keys(first), _count_keys(second)
    if first_keys != second_keys:
        noise.add((*at, KEYS))
        _compare(
            [value for item in first for value in item.values()],
            [value for item in second for value in item.values()],
            (*at, ANY),
            noise,
        )
        return
    for key in first_keys:
        _compare(
            [item[key] for item in first if key in item],
            [item[key] for item in second if key in item],
            (*at, key),
            noise,
        )


def _count_keys(items: Iterable[dict[str, Tree]]) -> Counter[str]:
    return Counter(key for item in items for key in item)
