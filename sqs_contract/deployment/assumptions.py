"""What is taken for the open points about AWS (N1 to N11), as text and as JSON data."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions

_WORDS: Final[Mapping[str, bool]] = {"yes": True, "no": False}


def _choices() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for field in dataclasses.fields(Assumptions):
        match field.default:
            case bool():
                yield field.name, _WORDS
            case enum.Enum() as member:
                yield field.name, {str(other.value): other for other in type(member)}
            case _:
                pass


_CHOICES: Final[Mapping[str, Mapping[str, Any]]] = dict(_choices())
"""Of each setting, what it may be, by name. The pauses between throttled attempts (N6) are
none of these: no run of the simulator hangs on them."""


def read_assumptions(given: Mapping[str, Any]) -> Assumptions:
    """Assumptions from the names of settings and of values.

    Raises:
        UsageError: there is no such setting, or it cannot have this value.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        choices = _CHOICES.get(name)
        if choices is None:
            raise UsageError(f"nothing is assumed about {name!r}; known: {', '.join(_CHOICES)}")
        if not isinstance(value, str) or value not in choices:
            raise UsageError(f"{name} may be {' or '.join(map(repr, choices))}, not {value!r}")
        values[name] = choices[value]
    return dataclasses.replace(DEFAULT_ASSUMPTIONS, **values)


def parse_assumptions(items: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` pairs.

    Raises:
        UsageError: one is not of that form.
    """
    given: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--assume must be given as NAME=VALUE, not {item!r}")
        given[name] = value
    return given


def assumptions_to_json(assumptions: Assumptions) -> dict[str, str]:
    """What is not assumed by default, as `read_assumptions` reads it."""
    return {
        name: next(word for word, meant in choices.items() if meant == getattr(assumptions, name))
        for name, choices in _CHOICES.items()
        if getattr(assumptions, name) != getattr(DEFAULT_ASSUMPTIONS, name)
    }
