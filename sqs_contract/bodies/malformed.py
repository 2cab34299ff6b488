"""The catalogue of malformed bodies: what a body can be instead of what it should be.

Each kind makes bodies from a good one. All of them are bodies SQS accepts, so
each can arrive in production.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.bodies.refusal import why_sqs_refuses

_FIELDS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Malformed:
    """A malformed body and what is wrong with it."""

    body: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to be malformed.

    Attributes:
        name: how the catalogue calls it.
        make: from a good body, and its JSON value if it is JSON, to malformed ones.
        needs_json: whether it is malformed only where JSON is expected.
        needs_object: whether it takes a JSON object to make.
    """

    name: str
    make: Callable[[str, Any], Iterator[Malformed]]
    needs_json: bool = True
    needs_object: bool = False


def _fixed(*bodies: tuple[str, str]) -> Callable[[str, Any], Iterator[Malformed]]:
    def make(_body: str, _value: Any) -> Iterator[Malformed]:
        for body, note in bodies:
            yield Malformed(body, note)

    return make


def _truncated(body: str, _value: Any) -> Iterator[Malformed]:
    """The first half; or all but the end, where the half is JSON too, as the `4` of `42`."""
    text = body.rstrip()
    for cut in (text[: len(text) // 2], text[:-1]):
        if cut.strip() and not _parse(cut)[1]:
            yield Malformed(cut, "cut off in the middle")
            return


def _double_encoded(body: str, value: Any) -> Iterator[Malformed]:
    if not isinstance(value, str):
        yield Malformed(json.dumps(body), "JSON encoded twice")


def _missing_fields(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:_FIELDS_MAX]:
        rest = {name: item for name, item in value.items() if name != field}
        yield Malformed(json.dumps(rest), f"field {field!r} is missing")


def _null_fields(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:_FIELDS_MAX]:
        if value[field] is not None:
            yield Malformed(json.dumps({**value, field: None}), f"field {field!r} is null")


def _wrong_types(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:_FIELDS_MAX]:
        wrong = _of_another_type(value[field])
        kind = type(wrong).__name__
        yield Malformed(
            json.dumps({**value, field: wrong}), f"field {field!r} is of another type ({kind})"
        )


def _of_another_type(value: Any) -> Any:
    match value:
        case bool() | int() | float():
            return "not a number"
        case str():
            return {"unexpected": "object"}
        case list():
            return {"unexpected": "object"}
        case dict():
            return "not an object"
    return ["unexpected"]


CATALOGUE: Final = (
    Kind(name="not-json", make=_fixed(("not json", "not JSON"))),
    Kind(name="empty-object", make=_fixed(("{}", "an empty object")), needs_object=True),
    Kind(
        name="wrong-shape",
        make=_fixed(
            ("null", "null"), ("[]", "an array"), ("42", "a number"), ('"text"', "a JSON string")
        ),
        needs_object=True,
    ),
    Kind(name="truncated", make=_truncated),
    Kind(name="blank", make=_fixed((" ", "blank")), needs_json=False),
    Kind(name="double-encoded", make=_double_encoded),
    Kind(name="missing-field", make=_missing_fields, needs_object=True),
    Kind(name="null-field", make=_null_fields, needs_object=True),
    Kind(name="wrong-type", make=_wrong_types, needs_object=True),
)
"""All kinds, the plainest first."""


def malformed_from(body: str) -> Iterator[Malformed]:
    """Every malformed body the catalogue makes from a good one, the plainest kinds first."""
    value, is_json = _parse(body)
    for kind in CATALOGUE:
        if kind.needs_json and not is_json:
            continue
        if kind.needs_object and not isinstance(value, dict):
            continue
        try:
            yield from [
                made
                for made in kind.make(body, value)
                if not _means(made.body, body, value) and why_sqs_refuses(made.body) is None
            ]
        except RecursionError:  # nested as deeply as can just be read
            continue


def _means(made: str, body: str, value: Any) -> bool:
    """Whether a body says the same as the good one, in the same words or others."""
    if made == body:
        return True
    other, is_json = _parse(made)
    return is_json and type(other) is type(value) and other == value


def _parse(body: str) -> tuple[Any, bool]:
    """The JSON value of a body, and whether it has one."""
    try:
        return json.loads(body), True
    except (ValueError, RecursionError):
        return None, False
