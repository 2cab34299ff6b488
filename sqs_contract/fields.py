"""Fields of JSON data that a person may have edited: each is of its kind, or is refused by name."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any, TypeVar, overload

from sqs_contract.errors import UsageError

T = TypeVar("T")

_KINDS: Mapping[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def mapping(value: object, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        UsageError: it is something else.
    """
    if not isinstance(value, dict):
        raise UsageError(f"{what} must be an object, not {reprlib.repr(value)}")
    return value


@overload
def field(data: Mapping[str, Any], name: str, kind: type[T], default: T) -> T: ...
@overload
def field(data: Mapping[str, Any], name: str, kind: type[T], default: None = None) -> T | None: ...
def field(data: Mapping[str, Any], name: str, kind: type[T], default: T | None = None) -> T | None:
    """The value under a name, or the default where there is none.

    Null does for a field that may be missing altogether.

    Raises:
        UsageError: it is of another kind.
    """
    value = data.get(name, default)
    if value is None and default is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UsageError(f"{name} must be {_KINDS[kind]}, not {reprlib.repr(value)}")
    return value


def whole_number(
    data: Mapping[str, Any], name: str, default: int, low: int, high: int | None = None
) -> int:
    """A whole number of a range, or the default.

    Raises:
        UsageError: it is none, or lies outside.
    """
    value = field(data, name, int, default)
    if value < low or (high is not None and value > high):
        to = f" to {high}" if high is not None else ""
        raise UsageError(f"{name} must be a whole number from {low}{to}, not {reprlib.repr(value)}")
    return value
