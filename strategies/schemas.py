"""Bodies that are valid under a JSON Schema."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies.arguments import shown
from sqs_contract.strategies.json_text import as_body
from sqs_contract.strategies.realistic import kind_of, texts_of
from sqs_contract.strategies.schema_merging import APART, merged, with_conditions_apart
from sqs_contract.strategies.schema_rules import (
    ANNOTATIONS,
    COMBINERS,
    CONDITIONS,
    Schema,
    accepts,
    accepts_conditions,
    check_schema,
    compiled,
    parts_about,
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
            the schema, `allOf`, `anyOf`, `oneOf`, `not`, `if`, `then`, `else`; bounds and
            `multipleOf` of numbers; length, `pattern` and `format` of strings; `items`,
            `prefixItems`, `contains`, sizes and `uniqueItems` of arrays; `properties`,
            `patternProperties`, `propertyNames`, `required`, `additionalProperties`,
            `dependentRequired`, `dependentSchemas` and sizes of objects.

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
            return self.values(merged(rules, resolve(reference, self.root), where), where, name)
        for combiner in COMBINERS:
            if combiner in rules:
                return self._combined(combiner, rules, where, name)
        own = {key: rules.pop(key) for key in CONDITIONS if key in rules}
        conditions = [*rules.pop(APART, ()), *([own] if own else ())]
        if conditions:
            return self._under(conditions, rules, where, name)
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
                whole = merged(whole, with_conditions_apart(branch), inside)
            return self.values(whole, where, name)
        drawn = st.one_of(
            [self.values(merged(rules, branch, inside), inside, name) for branch in branches]
            if rules
            else [self.values(branch, inside, name) for branch in branches]
        )
        if combiner == "anyOf":
            return drawn
        return drawn.filter(lambda value: accepts({"oneOf": branches}, value, self.root))

    def _under(
        self, conditions: list[dict[str, Any]], rules: Schema, where: str, name: str | None
    ) -> st.SearchStrategy[Any]:
        """Values of the rules that keep to conditions: one branch for each way to do so, and
        what does not, after all, is filtered out."""
        branches: list[Schema] = [rules]
        for condition in conditions:
            branches = [
                merged(branch, way, where)
                for branch in branches
                for way in self._ways_to_keep(condition, where)
            ]
            branches = branches[:_BRANCHES_MAX]
        drawn = st.one_of([self.values(branch, where, name) for branch in branches])
        return drawn.filter(
            lambda value: all(accepts_conditions(part, value, self.root) for part in conditions)
        )

    def _ways_to_keep(self, condition: Any, where: str) -> list[Schema]:
        """Schemas under which a condition may hold, what asks for nothing first."""
        ways: list[Schema] = [True]
        if "if" in condition:
            given = self._flat(condition["if"])
            then, other = (self._flat(condition.get(key, True)) for key in ("then", "else"))
            ways = [other, merged(given, then, f"{where}/then")]
        for key, part in condition.get("dependentSchemas", {}).items():
            there = merged({"required": [key]}, self._flat(part), f"{where}/dependentSchemas")
            ways += [merged(way, there, where) for way in ways]
        for key, needed in condition.get("dependentRequired", {}).items():
            ways += [merged(way, {"required": [key, *needed]}, where) for way in ways]
        return ways

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
            return st.from_regex(compiled(rules["pattern"], where)).filter(fits)
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
            count = rules.get("minContains", 1) if "contains" in rules else 0
            if count:
                part = merged(items, self._flat(rules["contains"]), f"{where}/contains")
                wanted = self.values(part, f"{where}/contains", name)
                needed = st.lists(wanted, min_size=count, max_size=count, unique_by=unique)
                tail = st.builds(lambda more, some: [*some, *more][:longest], tail, needed)
        return st.builds(lambda head, more: [*head, *more], st.tuples(*first), tail)

    def _objects(self, rules: Mapping[str, Any], where: str, _name: str | None) -> Any:
        known = rules.get("properties", {})
        required = set(rules.get("required", ()))
        other = rules.get("additionalProperties", True)
        fields: dict[str, st.SearchStrategy[Any]] = {}
        for name in [*known, *sorted(required - set(known))]:
            place = f"{where}/properties/{name}"
            whole, *patterns = parts_about(name, rules)
            for part in patterns:
                whole = merged(self._flat(whole), self._flat(part), place)
            fields[name] = self.values(whole, place, name)
        names = rules.get("propertyNames", True)
        named = st.fixed_dictionaries(
            {name: values for name, values in fields.items() if name in required},
            optional={
                name: values
                for name, values in fields.items()
                if name not in required
                and known[name] is not False
                and accepts(names, name, self.root)
            },
        )
        least = max(rules.get("minProperties", 0) - len(required), 0)
        for pattern, part in rules.get("patternProperties", {}).items():
            place = f"{where}/patternProperties"
            matching = st.dictionaries(
                st.from_regex(compiled(pattern, place)).filter(lambda name: name not in fields),
                self.values(part, f"{place}/{pattern}", None),
                min_size=least if other is False else 0,
                max_size=least + _ITEMS_MAX,
            )
            named = st.builds(lambda one, two: {**two, **one}, named, matching)
        if not isinstance(other, Mapping) and (known or not least or other is False):
            return named
        drawn_names = _FIELD_NAMES
        if names is not True:
            place = f"{where}/propertyNames"
            drawn_names = self.values(
                merged({"type": "string"}, self._flat(names), place), place, None
            )
        more = st.dictionaries(
            drawn_names.filter(lambda name: name not in fields),
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
_BRANCHES_MAX: Final = 64
"""Ways to keep to several conditions at once; more are left to the filter."""
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
