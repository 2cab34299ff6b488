"""What a kind of malformed body is, and what the kinds are made with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

FIELDS_MAX: Final = 8
"""Fields of a body that are spoilt one by one."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A malformed body and what is wrong with it."""

    body: str
    note: str


Make = Callable[[str, Any], Iterator[Malformed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to be malformed.

    Attributes:
        name: how the catalogue calls it.
        make: from a good body, and its JSON value if it is JSON, to malformed ones.
        needs_json: whether it is malformed only where JSON is expected.
        needs_object: whether it takes a JSON object to make.
        injected: whether a verification sends it to the handler under test. A handler may
            be expected to refuse such a body, or to take it without harm to others; the
            other kinds are for tests that ask for them.
    """

    name: str
    make: Make
    needs_json: bool = True
    needs_object: bool = False
    injected: bool = False


def fixed(*bodies: tuple[str, str]) -> Make:
    """Makes the same bodies of every good one: each with its note."""

    def make(_body: str, _value: Any) -> Iterator[Malformed]:
        for body, note in bodies:
            yield Malformed(body, note)

    return make


def parse(body: str) -> tuple[Any, bool]:
    """The JSON value of a body, and whether it has one."""
    try:
        return json.loads(body), True
    except (ValueError, RecursionError):
        return None, False
