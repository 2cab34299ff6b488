"""The catalogue of malformed bodies: what a body can be instead of what it should be.

Each kind makes bodies from a good one. All of them are bodies SQS accepts, so
each can arrive in production.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqs_contract.bodies.kinds import FIELDS_MAX, Kind, Malformed, fixed, parse
from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.bodies.strange import STRANGE


def _truncated(body: str, _value: Any) -> Iterator[Malformed]:
    """The first half; or all but the end, where the half is JSON too, as the `4` of `42`."""
    text = body.rstrip()
    for cut in (text[: len(text) // 2], text[:-1]):
        if cut.strip() and not parse(cut)[1]:
            yield Malformed(cut, "cut off in the middle")
            return


def _double_encoded(body: str, value: Any) -> Iterator[Malformed]:
    if not isinstance(value, str):
        yield Malformed(json.dumps(body), "JSON encoded twice")


def _missing_fields(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:FIELDS_MAX]:
        rest = {name: item for name, item in value.items() if name != field}
        yield Malformed(json.dumps(rest), f"field {field!r} is missing")


def _null_fields(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:FIELDS_MAX]:
        if value[field] is not None:
            yield Malformed(json.dumps({**value, field: None}), f"field {field!r} is null")


def _wrong_types(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:FIELDS_MAX]:
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


INJECTED: Final = (
    Kind(name="not-json", make=fixed(("not json", "not JSON")), injected=True),
    Kind(
        name="empty-object",
        make=fixed(("{}", "an empty object")),
        needs_object=True,
        injected=True,
    ),
    Kind(
        name="wrong-shape",
        make=fixed(
            ("null", "null"), ("[]", "an array"), ("42", "a number"), ('"text"', "a JSON string")
        ),
        needs_object=True,
        injected=True,
    ),
    Kind(name="truncated", make=_truncated, injected=True),
    Kind(name="blank", make=fixed((" ", "blank")), needs_json=False, injected=True),
    Kind(name="double-encoded", make=_double_encoded, injected=True),
    Kind(name="missing-field", make=_missing_fields, needs_object=True, injected=True),
    Kind(name="null-field", make=_null_fields, needs_object=True, injected=True),
    Kind(name="wrong-type", make=_wrong_types, needs_object=True, injected=True),
)
"""The kinds a verification sends, the plainest first."""

CATALOGUE: Final = (*INJECTED, *STRANGE)
"""All kinds, the plainest first."""


def malformed_from(body: str, kinds: Iterable[Kind] = INJECTED) -> Iterator[Malformed]:
    """Every malformed body that kinds make from a good one, in their order.

    Left out are bodies SQS refuses, and such as say the same as the good one.
    """
    value, is_json = parse(body)
    for kind in kinds:
        if kind.needs_json and not is_json:
            continue
        if kind.needs_object and not isinstance(value, dict):
            continue
        try:
            yield from [
                made
                for made in kind.make(body, value)
                if why_sqs_refuses(made.body) is None and not _means(made.body, body, value)
            ]
        except RecursionError:  # nested as deeply as can just be read
            continue


def _means(made: str, body: str, value: Any) -> bool:
    """Whether a body says the same as the good one, in the same words or others."""
    if made == body:
        return True
    other, is_json = parse(made)
    return is_json and type(other) is type(value) and other == value
