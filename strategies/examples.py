"""Bodies like those one has: examples, changed here and there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.bodies.kinds import parse
from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.bodies.variants import varied_text
from sqs_contract.plan import Plan
from sqs_contract.strategies.arguments import shown
from sqs_contract.strategies.expanding import expanded
from sqs_contract.strategies.json_text import as_body
from sqs_contract.strategies.pools import pool
from sqs_contract.strategies.realistic import kind_of

_CHANGES_MAX: Final = 6
_CHANGE_BYTES: Final = 3
_PLAN_BYTES: Final = _CHANGES_MAX * _CHANGE_BYTES
_CHANGED: Final = 96
"""Of 256: how often one of the changes is none."""

Path = tuple[str | int, ...]

_VARIES: Final = re.compile(r"[0-9]\Z|^[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
"""Texts that name one of many, so that another is as good: by a number, or a UUID."""
_POOLS_THAT_FIT: Final = (
    (re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+\Z", re.IGNORECASE), "email"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"), "iso_time"),
    (re.compile(r"\d{4}-\d\d-\d\d\Z"), "iso_date"),
    (re.compile(r"https?://\S+\Z"), "url"),
)
_FREE_TEXT: Final = frozenset(
    {"name", "first_name", "last_name", "street", "city", "company", "phone", "text", "sentence"}
)
"""Pools of which any value does where another of the kind does."""


def bodies_like(examples: Iterable[str | dict[str, Any] | list[Any]]) -> st.SearchStrategy[str]:
    """Bodies like the examples: one of them, changed in up to six places.

    A number becomes another one, a text that is a name, an address, a time, a UUID or ends in
    a number becomes another of its kind, a boolean the other one, a list longer or shorter;
    or a value is that of another example in the same place. Every field keeps its name and
    its type, and a text that tells nothing, such as a status, stays one of the examples'.

    Args:
        examples: bodies, or JSON data to be written as such.

    Raises:
        InvalidArgument: there is no example, or one is no body.

    Shrinks to the first example, as it is.
    """
    if isinstance(examples, str | dict) or not isinstance(examples, Iterable):
        raise InvalidArgument(f"examples={shown(examples)} must be a list of bodies")
    texts = [_text(example) for example in examples]
    if not texts:
        raise InvalidArgument("examples=[] must hold at least one body")
    plans = st.tuples(
        st.integers(0, len(texts) - 1), st.binary(min_size=_PLAN_BYTES, max_size=_PLAN_BYTES)
    )
    parsed = [
        (value, True) if is_json else (text, False)
        for text, (value, is_json) in zip(texts, map(parse, texts), strict=True)
    ]
    return expanded("bodies_like", plans, lambda drawn: _expand(drawn, texts, parsed))


def _text(example: Any) -> str:
    if not isinstance(example, str):
        return as_body(example)
    reason = why_sqs_refuses(example)
    if reason is not None:
        raise InvalidArgument(f"examples: {shown(example)} is no body: {reason}")
    return example


def _expand(
    drawn: tuple[int, bytes], texts: Sequence[str], parsed: Sequence[tuple[Any, bool]]
) -> str:
    number, data = drawn
    value, is_json = parsed[number]
    alike = [other for other, also_json in parsed if also_json == is_json]
    value = _copy(value)
    places = list(_places(value, ()))
    changed = False
    for start in range(0, _PLAN_BYTES, _CHANGE_BYTES):
        plan = Plan(data[start : start + _CHANGE_BYTES])
        place = plan.byte()
        if place >= _CHANGED:  # else nothing changes here: each change goes without the others
            path = places[(place - _CHANGED) % len(places)]
            for old in _at(value, path):
                value = _replaced(value, path, _another(plan, path, old, alike))
                changed = True
    if not changed:
        return texts[number]
    return as_body(value) if is_json else str(value)


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _places(value: Any, path: Path) -> Iterator[Path]:
    """Every place of a value that is a leaf or a list."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _places(item, (*path, name))
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, (*path, index))
    yield path


def _replaced(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    value[path[0]] = _replaced(value[path[0]], path[1:], new)
    return value


def _another(plan: Plan, path: Path, old: Any, parsed: Sequence[Any]) -> Any:
    way, choice = plan.byte(), plan.byte()
    if way >= 128:
        others = [item for other in parsed for item in _at(other, path) if type(item) is type(old)]
        return _copy(others[choice % len(others)]) if others else old
    for kind, change in _CHANGES:
        if isinstance(old, kind):
            return change(old, path, choice)
    return old


def _at(value: Any, path: Path) -> Iterator[Any]:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return
    yield value


def _another_bool(old: Any, _path: Path, _choice: int) -> Any:
    return not old


def _another_int(old: Any, _path: Path, choice: int) -> Any:
    return old + 1 + choice if old >= 0 else old - 1 - choice


def _another_float(old: Any, _path: Path, choice: int) -> Any:
    return round(old * (1 + (1 + choice) / 64), 2) if old else (1 + choice) / 4


def _another_list(old: Any, _path: Path, choice: int) -> Any:
    if not old:
        return old
    return old[:-1] if choice % 2 and len(old) > 1 else [*old, _copy(old[choice % len(old)])]


def _another_text(old: Any, path: Path, choice: int) -> Any:
    for pattern, kind in _POOLS_THAT_FIT:
        if pattern.match(old):
            return _picked(kind, choice)
    if _VARIES.search(old):
        return varied_text(old, 1 + choice)
    names = [step for step in path if isinstance(step, str)]
    kind_by_name = kind_of(names[-1]) if names and old else None
    return _picked(kind_by_name, choice) if kind_by_name in _FREE_TEXT else old


def _picked(kind: str, choice: int) -> str:
    values = [text for text in pool(kind) if text]
    return values[choice % len(values)]


_CHANGES: Final[tuple[tuple[type, Callable[[Any, Path, int], Any]], ...]] = (
    (bool, _another_bool),
    (int, _another_int),
    (float, _another_float),
    (str, _another_text),
    (list, _another_list),
)
"""How a value of a type is changed; a bool is an int too, so it comes first."""
