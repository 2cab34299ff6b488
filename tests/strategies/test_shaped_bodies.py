"""Bodies of a given shape, like given examples, of a JSON Schema, of a class: valid, each."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import re
import uuid
from typing import Annotated, Any, Literal

import jsonschema
import pydantic
import pytest
from aws_could_send import check_body, check_event
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies import (
    bodies_from_model,
    bodies_from_schema,
    bodies_like,
    json_bodies,
    sqs_events,
)


def drawn(strategy, count=60):
    """Bodies, each one SQS takes."""
    found = []

    @settings(
        max_examples=count, database=None, phases=[Phase.generate], derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(body):
        check_body(body)
        found.append(body)

    collect()
    return found


# A shape


SHAPE = {
    "order_id": str, "quantity": int, "price": float, "paid": bool, "nothing": None,
    "created_at": dt.datetime, "due": dt.date, "key": uuid.UUID,
    "total": decimal.Decimal, "status": st.sampled_from(["new", "sent"]), "channel": "web",
    "items": [{"sku": str, "count": 1}], "customer": {"email": str, "phone": "", "iban": str},
}  # fmt: skip


def test_a_body_has_the_shape_asked_for():
    for body in drawn(json_bodies(SHAPE)):
        value = json.loads(body)
        assert set(value) == set(SHAPE)
        uuid.UUID(value["order_id"])
        uuid.UUID(value["key"])
        assert type(value["quantity"]) is int
        assert isinstance(value["price"], float)
        assert isinstance(value["paid"], bool)
        assert value["nothing"] is None
        dt.datetime.fromisoformat(value["created_at"])
        dt.date.fromisoformat(value["due"])
        assert decimal.Decimal(value["total"]).as_tuple().exponent == -2
        assert value["status"] in {"new", "sent"}
        assert value["channel"] == "web"
        assert all(set(item) == {"sku", "count"} for item in value["items"])


def test_texts_are_realistic_where_the_name_tells_what_they_are():
    patterns = {
        "email": r"[\w.+-]+@[\w.-]+\.\w+", "phoneNumber": r"[\d +()x./-]+",
        "iban": r"[A-Z]{2}\d\d[A-Z0-9]+", "currency": r"[A-Z]{3}", "countryCode": r"[A-Z]{2}",
        "createdAt": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "birthday": r"\d{4}-\d\d-\d\d",
        "clientIp": r"\d+\.\d+\.\d+\.\d+", "callbackUrl": r"https?://\S+", "zip": r"[\d-]+",
        "street": r".+", "city": r".+", "first_name": r".+", "lastName": r".+", "company": r".+",
        "name": r".+", "user_name": r"\w+", "host": r"[\w.-]+", "comment": r".+", "sku": r"\w+",
    }  # fmt: skip
    for body in drawn(json_bodies(dict.fromkeys(patterns, str)), 30):
        for name, text in json.loads(body).items():
            assert re.fullmatch(patterns[name], text), (name, text)


def test_optional_fields_are_left_out_at_times(minimal):
    strategy = json_bodies({"id": 1, "note": str}, optional=["note"])
    assert {len(json.loads(body)) for body in drawn(strategy)} == {1, 2}
    assert minimal(strategy) == '{"id": 1}'


def test_a_shape_shrinks_to_its_simplest_values(minimal):
    found = json.loads(
        minimal(json_bodies({"a": int, "b": bool, "c": [int], "d": "x", "e": {"f": float}}))
    )
    assert found == {"a": 0, "b": False, "c": [], "d": "x", "e": {"f": 0.0}}
    assert json.loads(minimal(json_bodies({"a": int}), lambda b: json.loads(b)["a"] >= 17)) == {
        "a": 17
    }


def test_any_text_becomes_a_body_sqs_takes():
    """S27: what a body may not hold is escaped."""
    assert drawn(json_bodies({"x": st.just("\ud800\x00")}), 1) == ['{"x": "\\ud800\\u0000"}']
    drawn(json_bodies({"x": str}))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"shape": 5}, "shape=5 must map fields"),
        ({"shape": {"a": object()}}, "shape: a is <object object at .*>, and must be a type"),
        ({"shape": {"a": {"b": set}}}, "shape: a.b is <class 'set'>"),
        ({"shape": {"a": [1, 2]}}, "shape: a is a list of 2; give one item"),
        ({"shape": {5: str}}, "shape: 5 is no text"),
        ({"shape": {"a": str}, "optional": ["b"]}, "optional: there is no 'b'; known are a"),
        ({"shape": {"a": str}, "optional": "a"}, "must be a list of names"),
    ],
)
def test_a_wrong_shape_is_told_where_it_is(arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        json_bodies(**arguments)


@pytest.mark.parametrize("value", [float("nan"), {1}, b"x"])
def test_a_value_that_is_no_json_is_told_when_it_is_drawn(value):
    with pytest.raises(InvalidArgument, match="was drawn, which is no JSON"):
        drawn(json_bodies({"a": st.just(value)}), 1)


# Examples

ORDER = (
    '{"order_id": "a1", "status": "new", "amount": 5, "paid": true, "price": 1.5, "note": null, '
    '"items": [{"sku": "b2"}], "email": "ann@example.com", "customer": {"name": "Ann"}}'
)
OTHER = '{"order_id": "a9", "status": "sent", "amount": -3, "items": []}'


def types_of(value):
    """Fields and types, all the way down; a list stands for the types in it."""
    if isinstance(value, dict):
        return {name: types_of(item) for name, item in value.items()}
    if isinstance(value, list):
        return [types_of(item) for item in value][:1]
    return type(value)


def test_bodies_like_an_example_have_its_fields_and_types():
    found = drawn(bodies_like([ORDER]), 200)
    assert len(set(found)) > 100
    for body in found:
        assert types_of(json.loads(body)) == types_of(json.loads(ORDER))


def test_every_place_of_an_example_changes_but_what_tells_nothing():
    values = [json.loads(body) for body in drawn(bodies_like([ORDER]), 400)]
    changed = {name for value in values for name in value if value[name] != json.loads(ORDER)[name]}
    assert changed == {"order_id", "amount", "paid", "price", "items", "email", "customer"}
    assert all(re.fullmatch(r"a\d+", value["order_id"]) for value in values)
    assert {len(value["items"]) for value in values} >= {1, 2}


def test_a_text_that_tells_nothing_is_one_of_the_examples():
    values = [json.loads(body) for body in drawn(bodies_like([ORDER, OTHER]), 400)]
    assert {value["status"] for value in values} == {"new", "sent"}
    assert ("new", False) in {(v["status"], "email" in v) for v in values}  # mixed


def test_bodies_like_examples_shrink_to_the_first_as_it_is(minimal):
    assert minimal(bodies_like([ORDER, OTHER])) == ORDER
    found = minimal(bodies_like([ORDER]), lambda body: json.loads(body)["amount"] != 5)
    assert json.loads(found) == {**json.loads(ORDER), "amount": 6}


def test_examples_are_texts_or_data():
    assert drawn(bodies_like(["order 1", {"id": 1}, [1]]), 1)
    kinds = {
        "text" if body.startswith("order") else json.loads(body).__class__.__name__
        for body in drawn(bodies_like(["order 1", {"id": 1}, [1], '"json"']), 200)
    }
    assert kinds == {"text", "dict", "list", "str"}


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ([], "must hold at least one body"), ("x", "must be a list of bodies"),
        (5, "must be a list of bodies"), ([""], "S28"), (["\x00"], r"U\+0000"),
        ([{1}], "no JSON"),
    ],
)  # fmt: skip
def test_wrong_examples_are_told(examples, said):
    with pytest.raises(InvalidArgument, match=said):
        bodies_like(examples)


# JSON Schema

SCHEMAS = {
    "order": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Order", "type": "object", "required": ["id", "amount", "lines"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
            "status": {"enum": ["new", "sent", None, 3]},
            "version": {"const": 2},
            "lines": {
                "type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": True,
                "items": {"$ref": "#/$defs/line"},
            },
            "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"},
            "note": {"type": ["string", "null"], "minLength": 2, "maxLength": 5},
        },
        "additionalProperties": False,
        "$defs": {
            "line": {
                "type": "object", "required": ["sku"],
                "properties": {
                    "sku": {"type": "string", "minLength": 1},
                    "count": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10},
                },
            }
        },
    },
    "tree": {
        "type": "object", "required": ["value"],
        "properties": {
            "value": {"type": "integer"},
            "left": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
            "more": {"type": "array", "items": {"$ref": "#"}, "maxItems": 2},
        },
    },
    "a chain": {"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"type": "null"}}},
    "one of": {
        "oneOf": [
            {"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5},
            {"$ref": "#/definitions/name"},
        ],
        "definitions": {"name": {"type": "string", "maxLength": 3}},
    },
    "all of": {
        "allOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"minimum": 3}}},
            {"properties": {"a": {"type": "integer", "maximum": 9}, "b": {"type": "boolean"}}},
            {"$ref": "#/$defs/c"},
        ],
        "$defs": {"c": {"required": ["c"], "properties": {"c": {"type": "string"}}}},
    },
    "branches beside rules": {
        "type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}},
        "anyOf": [
            {"properties": {"kind": {"const": "card"}, "iban": False}},
            {"properties": {"kind": {"const": "transfer"}}, "required": ["iban"]},
        ],
    },
    "a map": {
        "type": "object", "additionalProperties": {"type": "integer", "minimum": 0},
        "minProperties": 1, "maxProperties": 3,
    },
    "a tuple": {
        "type": "array", "prefixItems": [{"type": "string"}, {"type": "boolean"}],
        "items": {"type": "integer"}, "minItems": 3,
    },
    "a closed tuple": {"prefixItems": [{"type": "null"}], "items": False, "minItems": 1,
                       "type": "array"},
    "steps": {"type": "number", "multipleOf": 0.25, "minimum": -1, "maximum": 1},
    "whole steps": {"type": "integer", "multipleOf": 1.5, "minimum": 1, "maximum": 20},
    "bounds": {"type": "number", "minimum": 1.5, "exclusiveMaximum": 2},
    "no type": {"minLength": 3},
    "not": {"type": "integer", "minimum": 0, "maximum": 4, "not": {"enum": [1, 2]}},
    "if and then": {
        "type": "object", "required": ["kind"],
        "properties": {"kind": {"enum": ["card", "transfer"]}, "iban": {"type": "string"}},
        "if": {"properties": {"kind": {"const": "transfer"}}},
        "then": {"required": ["iban"]},
        "else": {"properties": {"iban": False}},
    },
    "several conditions": {
        "type": "object", "required": ["kind"],
        "properties": {"kind": {"enum": ["a", "b", "c"]}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["of_a"]}},
            {"if": {"properties": {"kind": {"const": "b"}}}, "then": {"required": ["of_b"]}},
            {"not": {"required": ["of_a", "of_b"]}},
        ],
    },
    "contains": {
        "type": "array", "items": {"type": "integer"}, "maxItems": 4,
        "contains": {"minimum": 100}, "minContains": 2, "maxContains": 3,
    },
    "patterns": {
        "type": "object", "additionalProperties": False, "minProperties": 1,
        "properties": {"x_id": {"minLength": 1}},
        "patternProperties": {"^x_[a-z]{1,4}$": {"type": "string"}, "^n": {"type": "integer"}},
    },
    "names": {
        "type": "object", "propertyNames": {"pattern": "^[A-C]{1,3}$"}, "minProperties": 1,
        "properties": {"a": {"type": "null"}}, "additionalProperties": {"type": "boolean"},
    },
    "what depends": {
        "type": "object",
        "properties": {"card": {"type": "integer"}, "cvc": {"type": "integer"}},
        "additionalProperties": False,
        "dependentRequired": {"card": ["cvc"]},
        "dependentSchemas": {"cvc": {"properties": {"cvc": {"minimum": 100}}}},
    },
    "anything": True,
    "formats": {
        "type": "object", "required": ["a", "b", "c", "d", "e", "f", "g", "h"],
        "properties": {
            name: {"type": "string", "format": kind}
            for name, kind in zip(
                "abcdefgh",
                ["date-time", "date", "time", "email", "uuid", "uri", "hostname", "ipv4"],
                strict=True,
            )
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_bodies_of_a_schema_are_valid_under_it(schema):
    """As a validator of others judges, formats included."""
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    found = drawn(bodies_from_schema(schema), 40)
    assert found
    for body in found:
        validator.validate(json.loads(body))


def test_a_schema_reaches_what_it_allows():
    """Both ends of bounds, every branch, optional properties with and without."""
    values = [json.loads(body) for body in drawn(bodies_from_schema(SCHEMAS["order"]), 150)]
    assert {len(value["lines"]) for value in values} == {1, 2, 3}
    assert {value.get("status", 0) for value in values} == {"new", "sent", None, 3, 0}
    assert any("code" in value for value in values)
    assert any(value.get("note", 0) is None for value in values)
    trees = [json.loads(body) for body in drawn(bodies_from_schema(SCHEMAS["tree"]), 60)]
    assert any((tree.get("left") or {}).get("left") for tree in trees)


@pytest.mark.nightly
def test_a_schema_shrinks_to_what_is_required(minimal):
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {
            name: part for name, part in SCHEMAS["order"]["properties"].items() if name != "lines"
        },
    }
    assert list(json.loads(minimal(bodies_from_schema(schema)))) == ["id"]
    assert minimal(bodies_from_schema(SCHEMAS["tree"])) == '{"value": 0}'
    assert minimal(bodies_from_schema({"enum": ["b", "a"]})) == '"b"'


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            {"type": "object", "unevaluatedProperties": False},
            r"# has the keyword 'unevaluatedProperties', which is not understood; under",
        ),
        ({"patternProperties": {"[": {}}}, r"patternProperties has the pattern '\['"),
        ({"properties": {"a": {"iff": {}}}}, "#/properties/a has the keyword 'iff'"),
        ({"$defs": {"a": {"consists": {}}}}, "#/[$]defs/a has the keyword 'consists'"),
        ({"items": {"anyOf": [{"than": 1}]}}, "#/items/anyOf/0 has the keyword 'than'"),
        ({"type": "text"}, "#/type is 'text'; known are null, boolean"),
        ({"type": "string", "format": "iri"}, "the format 'iri'; known are date-time"),
        ({"type": "string", "pattern": "("}, "which Python does not read"),
        ({"$ref": "https://example.com/x"}, "must lie in the same schema"),
        ({"$ref": "#/$defs/none"}, "refers to nothing"),
        ({"allOf": [{"pattern": "a"}, {"pattern": "b"}]}, "keyword 'pattern' more than once"),
        ({"enum": 5}, "#/enum is 5, and must be a list"),
        ({"type": "string", "enum": [1]}, "# allows no value"),
        ({"anyOf": []}, "#/anyOf is .*, and must be a list"),
        ({"properties": []}, "#/properties is .*, and must be an object"),
        ([], r"# is \[\], which is no JSON Schema"),
        ({"type": "object", "allOf": [{"properties": {"a": {"$ref": "#", "minProperties": 1}}}],
          "required": ["a"]}, "goes on without end"),
    ],
)  # fmt: skip
def test_what_is_not_understood_of_a_schema_is_told_where_it_stands(schema, said):
    """Nothing is passed over in silence, and it is told in one line."""
    with pytest.raises(InvalidArgument, match=said) as caught:
        drawn(bodies_from_schema(schema), 1)
    assert "\n" not in str(caught.value)


# Classes


class Status(enum.Enum):
    NEW = "new"
    SENT = "sent"


@dataclasses.dataclass(frozen=True)
class Item:
    sku: str
    count: int

    def __post_init__(self):
        if self.count > 1_000_000_000:
            raise ValueError("too many")


@dataclasses.dataclass
class Order:
    order_id: uuid.UUID
    email: str
    at: dt.datetime
    status: Status
    items: list[Item]
    first: Item
    kind: Literal["a", "b"]
    pair: tuple[int, str]
    tags: set[str]
    prices: dict[str, decimal.Decimal]
    limit: Annotated[int, "in cents"]
    note: str | None = None
    more: list[str] = dataclasses.field(default_factory=list)
    seen: bool = dataclasses.field(default=False, init=False)


@dataclasses.dataclass
class Parcel:
    items: list[Item]
    weight: int
    note: str | None = None


class Line(pydantic.BaseModel):
    sku: str = pydantic.Field(min_length=1)
    count: int = pydantic.Field(ge=1, le=9)


class Purchase(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    purchase_id: uuid.UUID = pydantic.Field(alias="purchaseId")
    email: str
    amount: float = pydantic.Field(gt=0, lt=1000)
    total: decimal.Decimal = pydantic.Field(ge=0, decimal_places=2, max_digits=8)
    lines: list[Line] = pydantic.Field(min_length=1)
    at: dt.datetime
    status: Status = Status.NEW
    parent: Purchase | None = None
    kind: Literal["card", "transfer"] = "card"
    labels: dict[str, int] = {}

    @pydantic.field_validator("email")
    @classmethod
    def no_blanks(cls, email: str) -> str:
        if " " in email:
            raise ValueError("blank")
        return email


def test_of_bodies_of_a_dataclass_an_instance_can_be_made():
    fields = [field.name for field in dataclasses.fields(Order) if field.init]
    found = [json.loads(body) for body in drawn(bodies_from_model(Order), 60)]
    for value in found:
        assert set(fields[:-2]) <= set(value) <= set(fields)
        assert all(Item(**item) for item in [*value["items"], value["first"]])
        dt.datetime.fromisoformat(value["at"])
        uuid.UUID(value["order_id"])
        Status(value["status"])
        assert value["kind"] in {"a", "b"}
        assert [type(item) for item in value["pair"]] == [int, str]
        assert len(set(value["tags"])) == len(value["tags"])
        assert all(decimal.Decimal(price) >= 0 for price in value["prices"].values())
    assert any("note" in value for value in found)
    assert any("note" not in value for value in found)


def test_bodies_of_a_pydantic_model_are_validated_by_it():
    for body in drawn(bodies_from_model(Purchase), 25):
        made = Purchase.model_validate_json(body)
        assert " " not in made.email
        assert "purchaseId" in json.loads(body)


@pytest.mark.nightly
def test_bodies_of_a_class_shrink_to_the_fields_there_must_be(minimal):
    assert json.loads(minimal(bodies_from_model(Parcel))) == {"items": [], "weight": 0}
    assert json.loads(minimal(bodies_from_model(Line)))["count"] == 1


class Strange:
    pass


@dataclasses.dataclass
class Holder:
    thing: Strange


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (5, "model=5 must be a dataclass or a pydantic model"),
        (dict, "must be a dataclass or a pydantic model"),
        (Item("a", 1), "the class itself"),
        (Holder, r"model: Holder.thing is of type .*Strange.*, which is not understood"),
    ],
)
def test_what_is_no_model_is_told(model, said):
    with pytest.raises(InvalidArgument, match=said):
        bodies_from_model(model)


@pytest.mark.parametrize(
    "bodies",
    [json_bodies({"id": int}), bodies_like([ORDER]), bodies_from_model(Item)],
    ids=["shape", "examples", "model"],
)
def test_such_bodies_go_into_events(bodies):
    events: list[Any] = []

    @settings(max_examples=20, database=None)
    @given(sqs_events(bodies=bodies))
    def collect(event):
        check_event(event)
        events.append(event)

    collect()
    assert events
