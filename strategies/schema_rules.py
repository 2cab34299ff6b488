"""JSON Schema, the part of it that is understood: which keywords, and what satisfies them.

What is drawn from a schema is checked by these rules before it is handed out, so that
a combination of keywords that no single one draws by itself still holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from hypothesis.errors import InvalidArgument

from sqs_contract.strategies.arguments import shown

Schema = Mapping[str, Any] | bool

ANNOTATIONS: Final = frozenset(
    {
        "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default",
        "examples", "example", "deprecated", "readOnly", "writeOnly", "discriminator",
        "contentEncoding", "contentMediaType", "contentSchema",
    }
)  # fmt: skip
"""Keywords that rule nothing out."""

TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: (
        isinstance(value, int) and not isinstance(value, bool)
    ) or (isinstance(value, float) and value.is_integer()),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}  # fmt: skip

COMBINERS: Final = ("allOf", "anyOf", "oneOf")

CONDITIONS: Final = ("not", "if", "then", "else", "dependentRequired", "dependentSchemas")
"""Keywords that rule values out by other schemas, whatever the type."""

_BY_TYPE: Final[dict[str, tuple[str, ...]]] = {
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "array": (
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems",
        "contains", "minContains", "maxContains",
    ),
    "object": (
        "properties", "required", "additionalProperties", "minProperties", "maxProperties",
        "patternProperties", "propertyNames",
    ),
}  # fmt: skip
KEYWORDS: Final = frozenset(
    {"type", "enum", "const", "$ref", *COMBINERS, *CONDITIONS}
    | {keyword for keywords in _BY_TYPE.values() for keyword in keywords}
)
"""Keywords that are understood."""


def check_schema(schema: Any, where: str = "#") -> None:
    """Make sure that every keyword is understood, all the way down.

    Raises:
        InvalidArgument: one is not; the message names it, where it stands and those that are.
    """
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise InvalidArgument(f"schema: {where} is {shown(schema)}, which is no JSON Schema")
    for keyword, value in schema.items():
        if keyword not in KEYWORDS | ANNOTATIONS:
            raise InvalidArgument(
                f"schema: {where} has the keyword {keyword!r}, which is not understood; "
                f"understood are {', '.join(sorted(KEYWORDS))}"
            )
        for name, part in _parts(keyword, value, f"{where}/{keyword}"):
            check_schema(part, name)
        for pattern in value if keyword == "patternProperties" else ():
            compiled(pattern, f"{where}/{keyword}")
    for name in types_of(schema):
        if name not in TYPES:
            raise InvalidArgument(
                f"schema: {where}/type is {shown(name)}; known are {', '.join(TYPES)}"
            )


_ONE_SCHEMA: Final = frozenset(
    {"items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"}
)
_SCHEMAS_BY_NAME: Final = frozenset(
    {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}
)


def _parts(keyword: str, value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """The schemas inside of a keyword, each with where it stands."""
    if keyword in _ONE_SCHEMA:
        yield where, value
    elif keyword in _SCHEMAS_BY_NAME:
        if not isinstance(value, Mapping):
            raise InvalidArgument(f"schema: {where} is {shown(value)}, and must be an object")
        yield from ((f"{where}/{name}", part) for name, part in value.items())
    elif keyword in {*COMBINERS, "prefixItems"}:
        if not isinstance(value, list) or not value:
            raise InvalidArgument(f"schema: {where} is {shown(value)}, and must be a list")
        yield from ((f"{where}/{number}", part) for number, part in enumerate(value))


def compiled(pattern: Any, where: str) -> re.Pattern[str]:
    """A regular expression of a schema.

    Raises:
        InvalidArgument: Python does not read it.
    """
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as error:
        raise InvalidArgument(
            f"schema: {where} has the pattern {shown(pattern)}, which Python does not read: {error}"
        ) from None


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types a schema allows: those it names; else those its keywords are about; else all."""
    named = schema.get("type")
    if named is not None:
        return [named] if isinstance(named, str) else list(named)
    told = [kind for kind, keywords in _BY_TYPE.items() if any(k in schema for k in keywords)]
    return told or [kind for kind in TYPES if kind != "integer"]


def resolve(reference: Any, root: Schema) -> Schema:
    """What a `$ref` refers to inside of the same schema.

    Raises:
        InvalidArgument: it refers to something else, or to nothing.
    """
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        raise InvalidArgument(
            f"schema: $ref {shown(reference)} is not understood; it must lie in the same schema, "
            "such as '#/$defs/order'"
        )
    found: Any = root
    for step in reference.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(name)] if isinstance(found, list) else found[name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise InvalidArgument(f"schema: $ref {reference!r} refers to nothing") from None
    return found  # type: ignore[no-any-return]  # checked with the schema it lies in


def accepts(schema: Schema, value: Any, root: Schema) -> bool:
    """Whether a value is valid. `format` is taken as kept: it is drawn, never parsed."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema and not accepts(resolve(schema["$ref"], root), value, root):
        return False
    if "type" in schema and not any(TYPES[kind](value) for kind in types_of(schema)):
        return False
    if "const" in schema and not same(schema["const"], value):
        return False
    if "enum" in schema and not any(same(item, value) for item in schema["enum"]):
        return False
    return (
        _accepts_branches(schema, value, root)
        and accepts_conditions(schema, value, root)
        and _accepts_kind(schema, value, root)
    )


def _accepts_branches(schema: Mapping[str, Any], value: Any, root: Schema) -> bool:
    for combiner in COMBINERS:
        branches = schema.get(combiner, ())
        valid = sum(accepts(branch, value, root) for branch in branches)
        enough = {"allOf": valid == len(branches), "anyOf": valid > 0, "oneOf": valid == 1}
        if branches and not enough[combiner]:
            return False
    return True


def accepts_conditions(schema: Mapping[str, Any], value: Any, root: Schema) -> bool:
    """Whether a value keeps to what a schema says by `not`, `if` and what depends on a property."""
    if "not" in schema and accepts(schema["not"], value, root):
        return False
    if "if" in schema:
        branch = "then" if accepts(schema["if"], value, root) else "else"
        if not accepts(schema.get(branch, True), value, root):
            return False
    if not isinstance(value, dict):
        return True
    needed = schema.get("dependentRequired", {})
    dependent = schema.get("dependentSchemas", {})
    return all(value.keys() >= set(needed.get(name, ())) for name in value) and all(
        accepts(dependent.get(name, True), value, root) for name in value
    )


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; to Python `1` is `True`, to JSON it is not."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def _accepts_kind(schema: Mapping[str, Any], value: Any, root: Schema) -> bool:
    if isinstance(value, dict):
        return _accepts_object(schema, value, root)
    if isinstance(value, list):
        return _accepts_list(schema, value, root)
    if isinstance(value, str):
        return (
            schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        ) and ("pattern" not in schema or re.search(schema["pattern"], value) is not None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _accepts_number(schema, value)
    return True


def _accepts_number(schema: Mapping[str, Any], value: float) -> bool:
    return (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and (
            "multipleOf" not in schema
            or Decimal(str(value)) % Decimal(str(schema["multipleOf"])) == 0
        )
    )


def _accepts_list(schema: Mapping[str, Any], value: list[Any], root: Schema) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return False
    first = schema.get("prefixItems", [])
    rest = schema.get("items", True)
    if schema.get("uniqueItems") and any(
        same(item, other) for number, item in enumerate(value) for other in value[:number]
    ):
        return False
    if "contains" in schema:
        found = sum(accepts(schema["contains"], item, root) for item in value)
        if not schema.get("minContains", 1) <= found <= schema.get("maxContains", found):
            return False
    return all(
        accepts(first[number] if number < len(first) else rest, item, root)
        for number, item in enumerate(value)
    )


def _accepts_object(schema: Mapping[str, Any], value: dict[str, Any], root: Schema) -> bool:
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    if not set(schema.get("required", ())) <= set(value):
        return False
    names = schema.get("propertyNames", True)
    return all(
        accepts(names, name, root)
        and all(accepts(part, item, root) for part in parts_about(name, schema))
        for name, item in value.items()
    )


def parts_about(name: str, schema: Mapping[str, Any]) -> list[Schema]:
    """The schemas that a property of this name must satisfy: its own, those of the patterns
    the name matches, or else the one for all others."""
    known = schema.get("properties", {})
    parts = [known[name]] if name in known else []
    patterns = schema.get("patternProperties", {})
    parts += [part for pattern, part in patterns.items() if re.search(pattern, name)]
    return parts or [schema.get("additionalProperties", True)]
