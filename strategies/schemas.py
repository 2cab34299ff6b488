"""Bodies that are valid under a JSON Schema."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies.arguments import shown
from sqs_contract.strategies.json_text import as_body
from sqs_contract.strategies.realistic import kind_of, texts_of
from sqs_contract.strategies.schema_rules import (
    ANNOTATIONS,
    COMBINERS,
    Schema,
    accepts,
    check_schema,
    resolve,
    types_of,
)

_ITEMS_MAX: Final = 4
_TEXT_MAX: Final = 20
"""More items and characters than there must be, at the most."""

_FORMATS: Final[dict[str, Callable[[], st.SearchStrategy[str]]]] = {
    "date-time": lambda: texts_of("iso_time"),
    "date": lambda: texts_of("iso_date"),
    "time": lambda: texts_of("iso_time").map(lambda text: text.partition("T")[2]),
    "email": lambda: texts_of("email"),
    "uuid": lambda: texts_of("uuid"),
    "uri": lambda: texts_of("url"),
    "hostname": lambda: texts_of("host"),
    "ipv4": lambda: texts_of("ip"),
}


def bodies_from_schema(
    schema: Mapping[str, Any] | bool,  # noqa: FBT001  true and false are schemas
) -> st.SearchStrategy[str]:
    """Bodies that are valid under a JSON Schema (draft 2020-12, the useful part of it).

    Texts of a field that says nothing of its form are realistic where its name tells what
    they are. Properties the schema does not name are drawn only where it says what they hold.

    Args:
        schema: the schema as JSON data. Understood: `type`, `enum`, `const`, `$ref` inside of
            the schema, `allOf`, `anyOf`, `oneOf`; bounds and `multipleOf` of numbers; length,
            `pattern` and `format` of strings; `items`, `prefixItems`, sizes and `uniqueItems`
            of arrays; `properties`, `required`, `additionalProperties` and sizes of objects.

    Raises:
        InvalidArgument: a keyword is not understood. None is passed over in silence.

    Shrinks to the required properties, each with its simplest value, by the first branch.
    """
    return values_from_schema(schema).map(as_body)


def values_from_schema(schema: Any) -> st.SearchStrategy[Any]:
    """The JSON values of `bodies_from_schema`.

    Raises:
        InvalidArgument: a keyword is not understood.
    """
    check_schema(schema)
    return (
        _Translation(schema)
        .values(schema, "#", None)
        .filter(lambda value: accepts(schema, value, schema))
    )


class _Translation:
    """From the parts of one schema to strategies; a part that refers to itself is drawn so."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.referred: dict[str, st.SearchStrategy[Any]] = {}
        self.makers: dict[str, Callable[..., st.SearchStrategy[Any]]] = {
            "null": lambda *_: st.none(),
            "boolean": lambda *_: st.booleans(),
            "integer": self._integers,
            "number": self._numbers,
            "string": self._strings,
            "array": self._arrays,
            "object": self._objects,
        }

    def values(self, schema: Schema, where: str, name: str | None) -> st.SearchStrategy[Any]:
        """Values valid under a part of the schema; `name` is that of the property, if any."""
        if where.count("/") > _DEPTH_MAX:
            raise InvalidArgument(
                f"schema: {where[:80]}... goes on without end: a $ref that leads back to itself "
                "must stand alone, without other keywords beside it"
            )
        if isinstance(schema, bool):
            return _ANYTHING if schema else st.nothing()
        rules = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
        if "const" in rules:
            return self._fixed([rules["const"]], schema, where)
        if "enum" in rules:
            return self._fixed(rules["enum"], schema, where)
        if "$ref" in rules:
            reference = rules.pop("$ref")
            if not rules:
                return self._referred(reference, name)
            return self.values(_merged(rules, resolve(reference, self.root), where), where, name)
        for combiner in COMBINERS:
            if combiner in rules:
                return self._combined(combiner, rules, where, name)
        drawn = [self.makers[kind](rules, where, name) for kind in types_of(rules)]
        return st.one_of(drawn)

    def _fixed(self, items: Any, schema: Schema, where: str) -> st.SearchStrategy[Any]:
        if not isinstance(items, list):
            raise InvalidArgument(f"schema: {where}/enum is {shown(items)}, and must be a list")
        left = [item for item in items if accepts(schema, item, self.root)]
        if not left:
            raise InvalidArgument(f"schema: {where} allows no value: {shown(items)}")
        return st.sampled_from(left)

    def _referred(self, reference: str, name: str | None) -> st.SearchStrategy[Any]:
        if reference not in self.referred:
            target = resolve(reference, self.root)
            self.referred[reference] = st.deferred(lambda: self.values(target, reference, name))
        return self.referred[reference]

    def _combined(
        self, combiner: str, rules: dict[str, Any], where: str, name: str | None
    ) -> st.SearchStrategy[Any]:
        given: list[Schema] = rules.pop(combiner)
        inside = f"{where}/{combiner}"
        branches = [self._flat(branch) for branch in given] if rules else given
        if combiner == "allOf":
            branches = [self._flat(branch) for branch in given]
            whole: Schema = rules
            for branch in branches:
                whole = _merged(whole, branch, inside)
            return self.values(whole, where, name)
        drawn = st.one_of(
            [self.values(_merged(rules, branch, inside), inside, name) for branch in branches]
            if rules
            else [self.values(branch, inside, name) for branch in branches]
        )
        if combiner == "anyOf":
            return drawn
        return drawn.filter(lambda value: accepts({"oneOf": branches}, value, self.root))

    def _flat(self, branch: Schema) -> Schema:
        """A branch to be merged with others: what it refers to in place of the reference."""
        if isinstance(branch, Mapping) and set(branch) - ANNOTATIONS == {"$ref"}:
            return resolve(branch["$ref"], self.root)
        return branch

    def _integers(self, rules: Mapping[str, Any], _w: str, _n: str | None) -> Any:
        low, high = _bounds(rules)
        step = Decimal(str(rules.get("multipleOf", 1)))
        if step != int(step):  # the multiples that are whole numbers
            step = Decimal(step.as_integer_ratio()[0])
        return _multiples(low, high, step).map(int)

    def _numbers(self, rules: Mapping[str, Any], _w: str, _n: str | None) -> Any:
        low, high = _bounds(rules)
        if "multipleOf" in rules:
            return _multiples(low, high, Decimal(str(rules["multipleOf"]))).map(float)
        return st.floats(
            min_value=None if low is None else float(low),
            max_value=None if high is None else float(high),
            allow_nan=False,
            allow_infinity=False,
            exclude_min=low is not None and rules.get("exclusiveMinimum") == low,
            exclude_max=high is not None and rules.get("exclusiveMaximum") == high,
        )

    def _strings(self, rules: Mapping[str, Any], where: str, name: str | None) -> Any:
        least, most = rules.get("minLength", 0), rules.get("maxLength")
        fits = lambda text: least <= len(text) and (most is None or len(text) <= most)  # noqa: E731
        if "pattern" in rules:
            try:
                pattern = re.compile(rules["pattern"])
            except re.error as error:
                raise InvalidArgument(
                    f"schema: {where} has the pattern {shown(rules['pattern'])}, which Python "
                    f"does not read: {error}"
                ) from None
            return st.from_regex(pattern).filter(fits)
        kind = kind_of(name) if name and "format" not in rules else None
        if "format" in rules:
            if rules["format"] not in _FORMATS:
                raise InvalidArgument(
                    f"schema: {where} has the format {shown(rules['format'])}; known are "
                    f"{', '.join(_FORMATS)}"
                )
            return _FORMATS[rules["format"]]().filter(fits)
        longest = least + _TEXT_MAX if most is None else min(most, least + _TEXT_MAX)
        plain = st.text(min_size=least, max_size=longest)
        return plain if kind is None or most is not None else texts_of(kind).filter(fits) | plain

    def _arrays(self, rules: Mapping[str, Any], where: str, name: str | None) -> Any:
        first = [
            self.values(item, f"{where}/prefixItems/{number}", name)
            for number, item in enumerate(rules.get("prefixItems", []))
        ]
        least, most = rules.get("minItems", 0), rules.get("maxItems")
        items = rules.get("items", not first)
        room = max(least - len(first), 0)
        longest = room + _ITEMS_MAX if most is None else max(most - len(first), 0)
        unique = _as_json if rules.get("uniqueItems") else None
        if items is False:
            tail: st.SearchStrategy[list[Any]] = st.just([])
        else:
            rest = self.values(items, f"{where}/items", name)
            most_items = min(longest, room + _ITEMS_MAX)
            tail = st.lists(rest, min_size=room, max_size=most_items, unique_by=unique)
        return st.builds(lambda head, more: [*head, *more], st.tuples(*first), tail)

    def _objects(self, rules: Mapping[str, Any], where: str, _name: str | None) -> Any:
        known = rules.get("properties", {})
        required = set(rules.get("required", ()))
        other = rules.get("additionalProperties", True)
        fields = {
            name: self.values(known.get(name, other), f"{where}/properties/{name}", name)
            for name in [*known, *sorted(required - set(known))]
        }
        named = st.fixed_dictionaries(
            {name: values for name, values in fields.items() if name in required},
            optional={
                name: values
                for name, values in fields.items()
                if name not in required and known[name] is not False
            },
        )
        least = max(rules.get("minProperties", 0) - len(required), 0)
        if not isinstance(other, Mapping) and (known or not least or other is False):
            return named
        more = st.dictionaries(
            _FIELD_NAMES.filter(lambda name: name not in fields),
            self.values(other, f"{where}/additionalProperties", None),
            min_size=0 if known else least,
            max_size=rules.get("maxProperties", least + _ITEMS_MAX),
        )
        return st.builds(lambda one, two: {**two, **one}, named, more)


_FIELD_NAMES: Final = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
_ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=_TEXT_MAX),
    lambda inner: (
        st.lists(inner, max_size=_ITEMS_MAX) | st.dictionaries(_FIELD_NAMES, inner, max_size=3)
    ),
    max_leaves=4,
)
_DEPTH_MAX: Final = 200
"""Steps into a schema: no schema written by hand comes near."""
_WHOLE: Final = 2**31
"""Whole numbers lie below this, where a schema sets no bound."""


def _as_json(value: Any) -> str:
    return as_body(value)


def _bounds(rules: Mapping[str, Any]) -> tuple[Any, Any]:
    """The least and the greatest number, bounds that are excluded included."""
    lows = [rules[key] for key in ("minimum", "exclusiveMinimum") if key in rules]
    highs = [rules[key] for key in ("maximum", "exclusiveMaximum") if key in rules]
    return max(lows, default=None), min(highs, default=None)


def _multiples(low: Any, high: Any, step: Decimal) -> st.SearchStrategy[Decimal]:
    """Multiples of a step within bounds; one that is excluded is filtered out at the end."""
    least = -_WHOLE if low is None else math.ceil(Decimal(str(low)) / step)
    most = max(least, 0) + _WHOLE if high is None else math.floor(Decimal(str(high)) / step)
    if low is None:
        least = min(least, most - _WHOLE)
    if least > most:
        return st.nothing()
    return st.integers(least, most).map(lambda count: count * step)


def _merged(one: Schema, other: Schema, where: str) -> Schema:
    """One schema that demands what both demand.

    Raises:
        InvalidArgument: both say something of their own with the same keyword.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        both = [part for part in (one, other) if part is not True]
        return False if False in both else (both[0] if both else True)
    merged = dict(one)
    for keyword, value in other.items():
        if keyword in ANNOTATIONS:
            continue
        if keyword not in merged or merged[keyword] == value:
            merged[keyword] = value
        elif keyword == "required":
            merged[keyword] = [*merged[keyword], *value]
        elif keyword == "properties":
            merged[keyword] = {
                name: _merged(merged[keyword].get(name, True), value.get(name, True), where)
                for name in [*merged[keyword], *value]
            }
        elif keyword in _TIGHTER:
            merged[keyword] = _TIGHTER[keyword](merged[keyword], value)
        else:
            raise InvalidArgument(
                f"schema: {where} has the keyword {keyword!r} more than once with different "
                "values, and these cannot be put together; write it once"
            )
    return merged


_TIGHTER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), min),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), min),
}
"""Of two bounds the tighter one holds."""
