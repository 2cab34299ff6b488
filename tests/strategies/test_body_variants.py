"""Variants of a given body tell the same business fact about another thing; bodies as given."""

from __future__ import annotations

import json
import uuid

import pytest
from aws_could_send import check_body
from hypothesis import example, given
from hypothesis import strategies as st

from sqs_contract.bodies.drawing import draw_bodies
from sqs_contract.bodies.variants import siblings_of, variants_of
from sqs_contract.errors import UsageError
from sqs_contract.strategies import message_bodies

ORDER = {
    "type": "order.placed",
    "order_id": "A-0009",
    "customerId": 41,
    "amount": 12.5,
    "paid": True,
    "note": None,
    "items": [{"sku": "WIDGET-9", "quantity": 3}, {"sku": "x", "quantity": 1}],
    "address": {"city": "Köln", "street": "Am Hof 1"},
}

NAMES = [
    "amount", "quantity", "city", "paid", "valid", "void", "grid", "monkey", "currency", "note",
    "type", "email", "at", "status", "PAID", "VALID", "VOID",
]  # fmt: skip
"""Names that name no thing, though some end in the letters of `id` or `key`."""

IDS = [
    "id", "_id", "order_id", "order-id", "orderId", "orderID", "ID", "uuid", "event_uuid", "key",
    "s3Key", "order_number", "reference", "payment_ref", "sku", "pk",
]  # fmt: skip


def one(value, count=1):
    return [json.loads(text) for text in variants_of(json.dumps(value), count)]


def test_a_variant_is_about_another_thing_and_says_the_same_of_it():
    """Identifiers change, all else stays as it was, in the same order."""
    assert one(ORDER, 2) == [
        {
            **ORDER,
            "order_id": "A-0010",
            "customerId": 42,
            "items": [{"sku": "WIDGET-10", "quantity": 3}, {"sku": "x-2", "quantity": 1}],
        },
        {
            **ORDER,
            "order_id": "A-0011",
            "customerId": 43,
            "items": [{"sku": "WIDGET-11", "quantity": 3}, {"sku": "x-3", "quantity": 1}],
        },
    ]
    assert [list(variant) for variant in one(ORDER)] == [list(ORDER)]


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("value", ["a", "a1", 7, str(uuid.UUID(int=5, version=4))], ids=str)
def test_an_identifier_is_changed(name, value):
    (variant,) = one({name: value, "amount": 3})
    assert variant[name] != value
    assert type(variant[name]) is type(value)
    assert variant["amount"] == 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["a1", 7], ids=str)
def test_what_is_no_identifier_is_kept(name, value):
    """Money, counts and flags keep their meaning, whatever letters their names end in."""
    (variant,) = one({"id": 1, name: value})
    assert variant == {"id": 2, name: value}


@pytest.mark.parametrize("value", [True, False, None, 1.5, "", [], {}], ids=str)
def test_values_that_name_nothing_are_kept(value):
    assert one({"id": value}) == []


def test_the_same_identifier_in_two_places_stays_the_same():
    """A reference within a body still refers to what it referred to."""
    (variant,) = one({"order_id": "a1", "lines": [{"order_id": "a1"}, {"order_id": "a1"}]})
    assert {variant["order_id"], *(line["order_id"] for line in variant["lines"])} == {"a2"}


@given(st.uuids(version=4))
def test_a_uuid_becomes_another_uuid_of_its_kind(value):
    (variant,) = one({"id": str(value)})
    changed = uuid.UUID(variant["id"])
    assert changed != value
    assert (changed.version, changed.variant) == (value.version, value.variant)
    assert variant["id"] == str(changed)


@pytest.mark.parametrize("value", [2**128 - 1, 0xFFFFFFFFFFFF4FFFBFFFFFFFFFFFFFFF])
def test_the_last_uuid_is_followed_by_one_of_its_kind(value):
    """What tells the version is no number to count in."""
    (variant,) = one({"id": str(uuid.UUID(int=value))})
    assert uuid.UUID(variant["id"]).int == value & ~(2**62 - 1)


@pytest.mark.parametrize(
    "body",
    ['{"id": ' + "9" * 4_300 + "}", '{"id": 1, "a": ' + "[" * 600 + "]" * 600 + "}"],
    ids=["long number", "deep"],
)
def test_a_body_at_the_edge_of_what_can_be_read_is_no_failure(body):
    """Variants or none, and no error."""
    assert len(variants_of(body, 2)) in {0, 1, 2}


def test_a_text_of_many_digits_is_counted_on():
    assert one({"id": "7" * 5_000}) == [{"id": "7" * 4_999 + "8"}]


def test_a_number_keeps_its_leading_zeros():
    assert one({"id": "INV-0099"}) == [{"id": "INV-0100"}]


def test_a_list_of_things_becomes_a_list_of_others():
    assert one([{"id": 1}, {"id": 5}]) == [[{"id": 2}, {"id": 6}]]


@pytest.mark.parametrize(
    "body", ["hello", "", "42", '"a1"', "null", "[]", '{"amount": 1}', "[" * 9_999]
)
def test_a_body_that_names_no_thing_has_no_variants(body):
    """None is better than a wrong one."""
    assert variants_of(body, 3) == []


@given(message_bodies(), st.integers(0, 6))
def test_variants_of_realistic_bodies(body, count):
    """As many as asked for or none; all different; none like the original; the same each time."""
    made = variants_of(body, count)
    assert len(made) in {0, count}
    assert len({*made, body}) == len(made) + 1
    assert made == variants_of(body, count)
    for text in made:
        check_body(text)


@given(st.dictionaries(st.sampled_from(["id", "name", "order_id", "n"]), st.text() | st.integers()))
@example({"id": 1, "note": "￿"})
@example({"id": 1, "note": "\ud800"})
@example({"id": "a", "note": "€" * 349_000})
def test_every_variant_of_a_body_sqs_accepts_is_one_it_accepts(value):
    """S23, S27: JSON may hold, escaped, what a body may not hold as it is."""
    body = json.dumps(value, ensure_ascii="€" not in str(value), separators=(",", ":"))
    body = (
        body.removesuffix("}") + " " * (1_048_576 - len(body.encode()) if "€" in body else 0) + "}"
    )
    check_body(body)
    for text in variants_of(body, 2):
        check_body(text)


def test_bodies_drawn_from_a_strategy_are_distinct_and_the_same_for_a_seed():
    """The simplest first, up to the number asked for."""
    strategy = st.integers(0, 50).map(lambda number: {"id": number})
    first = draw_bodies(strategy, 5, 7, "shop:bodies")
    assert first == draw_bodies(strategy, 5, 7, "shop:bodies")
    assert len(set(first)) == len(first) == 5
    assert first[0] == '{"id": 0}'
    assert first != draw_bodies(strategy, 5, 8, "shop:bodies")


def test_fewer_bodies_where_the_strategy_has_no_more():
    assert draw_bodies(st.just("x"), 5, 0, "shop:bodies") == ["x"]


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (st.just(""), "S28"),
        (st.just(b"x"), "neither text nor JSON: bytes"),
        (st.just(float("nan")), "neither text nor JSON"),
        (st.integers().map(lambda number: 1 // 0), "raised ZeroDivisionError"),
        (st.nothing(), "shop:bodies"),
        (st.integers().filter(lambda number: False), "shop:bodies"),
    ],
)
def test_a_strategy_that_draws_no_bodies_is_told(strategy, said):
    """One line, with where the strategy comes from."""
    with pytest.raises(UsageError, match=said) as caught:
        draw_bodies(strategy, 3, 0, "shop:bodies")
    assert "shop:bodies" in str(caught.value)
    assert "\n" not in str(caught.value)


def siblings(value):
    return [json.loads(text) for text in siblings_of(json.dumps(value))]


def test_a_sibling_differs_in_one_identifier_alone():
    """A second order of the same customer; the same order of another one; and so on."""
    order = {"order_id": "o-1", "customerId": 7, "lines": [{"order_id": "o-1", "sku": "w-1"}]}
    assert siblings(order) == [
        {"order_id": "o-2", "customerId": 7, "lines": [{"order_id": "o-2", "sku": "w-1"}]},
        {"order_id": "o-1", "customerId": 8, "lines": [{"order_id": "o-1", "sku": "w-1"}]},
        {"order_id": "o-1", "customerId": 7, "lines": [{"order_id": "o-1", "sku": "w-2"}]},
    ]


@pytest.mark.parametrize("value", [{"id": 1, "amount": 5}, {"amount": 5}, [1], "id", 7], ids=str)
def test_where_there_is_one_identifier_at_most_there_is_no_sibling(value):
    assert siblings(value) == []


def test_a_body_that_is_no_json_has_no_sibling():
    assert siblings_of("{") == []


def test_what_stands_in_an_envelope_is_varied_too():
    """SNS puts the message into the notification as text."""
    note = {"MessageId": "n-1", "Message": json.dumps({"id": "a1", "amount": 5})}
    (variant,) = one(note)
    assert variant["MessageId"] == "n-2"
    assert json.loads(variant["Message"]) == {"id": "a2", "amount": 5}
    assert [json.loads(it["Message"])["id"] for it in siblings(note)] == ["a1", "a2"]
