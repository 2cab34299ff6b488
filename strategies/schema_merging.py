"""Several JSON Schemas made into one that demands what all of them demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis.errors import InvalidArgument

from sqs_contract.strategies.schema_rules import ANNOTATIONS, CONDITIONS, Schema, same, types_of

APART: Final = "$conditions"
"""Where conditions stand that come from several schemas put together: no keyword of a schema."""


def with_conditions_apart(schema: Schema) -> Schema:
    """The same schema, of which the conditions can be put together with those of others."""
    if isinstance(schema, bool):
        return schema
    conditions = {key: value for key, value in schema.items() if key in CONDITIONS}
    rest = {key: value for key, value in schema.items() if key not in CONDITIONS}
    return {**rest, APART: [conditions]} if conditions else schema


def merged(one: Schema, other: Schema, where: str) -> Schema:
    """One schema that demands what both demand.

    Raises:
        InvalidArgument: both say something of their own with the same keyword.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        both = [part for part in (one, other) if part is not True]
        return False if False in both else (both[0] if both else True)
    whole = dict(one)
    for keyword, value in other.items():
        if keyword in ANNOTATIONS:
            continue
        if keyword not in whole or whole[keyword] == value:
            whole[keyword] = value
        elif keyword in {"required", APART}:
            whole[keyword] = [*whole[keyword], *value]
        elif keyword == "properties":
            whole[keyword] = {
                name: merged(whole[keyword].get(name, True), value.get(name, True), where)
                for name in [*whole[keyword], *value]
            }
        elif keyword in _TIGHTER:
            whole[keyword] = _TIGHTER[keyword](whole[keyword], value)
        elif keyword in _CHOICES:
            left = _CHOICES[keyword](whole[keyword], value)
            if not left:
                return False
            whole[keyword] = left
        else:
            raise InvalidArgument(
                f"schema: {where} has the keyword {keyword!r} more than once with different "
                "values, and these cannot be put together; write it once"
            )
    return whole


def _common_values(one: Any, other: Any) -> list[Any]:
    if not (isinstance(one, list) and isinstance(other, list)):
        return [one, other]  # told where it is drawn from
    return [item for item in one if any(same(item, also) for also in other)]


def _common_types(one: Any, other: Any) -> list[str]:
    first, second = types_of({"type": one}), types_of({"type": other})
    wider = [{*kinds, *(["integer"] if "number" in kinds else [])} for kinds in (first, second)]
    return [kind for kind in dict.fromkeys([*first, *second]) if wider[0] & wider[1] & {kind}]


_CHOICES: Final[dict[str, Callable[[Any, Any], list[Any]]]] = {
    "const": lambda *_: [],  # two that differ
    "enum": _common_values,
    "type": _common_types,
}
"""What is left of two sets of which both must hold the value."""

_TIGHTER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), min),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), min),
}
"""Of two bounds the tighter one holds."""
