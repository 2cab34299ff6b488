"""Intrinsic functions whose value hangs on their arguments alone, which are worked out already."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqs_contract.deployment.values import Unresolved


def text_of(value: Any) -> str:
    """A value as CloudFormation writes it into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    return str(value)


def truth_of(value: Any) -> bool | Unresolved:
    """Whether a condition holds."""
    if isinstance(value, bool | Unresolved):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    return Unresolved(f"hangs on a condition that is {value!r}")


def is_pair(value: Any) -> bool:
    """Whether an argument is a list of two."""
    return isinstance(value, list) and len(value) == 2


def _open_in(items: list[Any]) -> Unresolved | None:
    return next((item for item in items if isinstance(item, Unresolved)), None)


def _join(argument: Any) -> Any:
    if not is_pair(argument):
        return Unresolved("hangs on Fn::Join without a list of two")
    delimiter, parts = argument
    if isinstance(parts, Unresolved):
        return parts
    if not isinstance(parts, list):
        return Unresolved("hangs on Fn::Join of something that is no list")
    return _open_in(parts) or text_of(delimiter).join(map(text_of, parts))


def _split(argument: Any) -> Any:
    delimiter, text = argument if is_pair(argument) else (None, None)
    if isinstance(text, Unresolved):
        return text
    if not isinstance(text, str) or not isinstance(delimiter, str) or not delimiter:
        return Unresolved("hangs on Fn::Split of something that is no text")
    return text.split(delimiter)


def _select(argument: Any) -> Any:
    index, items = argument if is_pair(argument) else (0, [])
    if isinstance(items, Unresolved):
        return items
    try:
        number = int(index)
        return items[number] if number >= 0 else _NO_ITEM
    except (IndexError, ValueError, TypeError, KeyError):
        return _NO_ITEM


_NO_ITEM: Final = Unresolved("hangs on Fn::Select of an item that is not there")


def _equals(argument: Any) -> Any:
    if not is_pair(argument):
        return Unresolved("hangs on Fn::Equals without two values")
    one, other = argument
    open_ = _open_in([one, other])
    return open_ if open_ is not None else text_of(one) == text_of(other)


def _and(argument: Any) -> Any:
    return _decide(argument, deciding=False)


def _or(argument: Any) -> Any:
    return _decide(argument, deciding=True)


def _decide(argument: Any, *, deciding: bool) -> bool | Unresolved:
    """And or Or: one truth that decides is enough, whatever else is open."""
    truths = [truth_of(item) for item in (argument if isinstance(argument, list) else [argument])]
    if any(truth is deciding for truth in truths):
        return deciding
    return _open_in(truths) or (not deciding)


def _not(argument: Any) -> Any:
    truth = truth_of(argument[0] if isinstance(argument, list) and argument else argument)
    return truth if isinstance(truth, Unresolved) else not truth


def _base64(argument: Any) -> Any:
    return base64.b64encode(argument.encode()).decode() if isinstance(argument, str) else argument


def _json(argument: Any) -> Any:
    if isinstance(argument, Unresolved):
        return argument
    return json.dumps(argument, separators=(",", ":"), ensure_ascii=False, default=str)


def _length(argument: Any) -> Any:
    return len(argument) if isinstance(argument, list) else argument


PLAIN_FUNCTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Equals": _equals,
    "Fn::And": _and,
    "Fn::Or": _or,
    "Fn::Not": _not,
    "Fn::Base64": _base64,
    "Fn::ToJsonString": _json,
    "Fn::Length": _length,
}
