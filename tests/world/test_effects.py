"""When two looks at the world are the same."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import sqlite3
import uuid
from types import MappingProxyType, SimpleNamespace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract.errors import UsageError
from sqs_contract.world.effects import (
    NO_MASK,
    Mask,
    canonical,
    contained,
    masked,
    noise_between,
    normalise,
)


class Colour(enum.Enum):
    RED = "red"


class Label(str):
    __slots__ = ()


class Count(int):
    pass


@dataclasses.dataclass
class Row:
    id: str
    total: int


class Pair(NamedTuple):
    a: int
    b: int


class Model:
    """Looks like a pydantic model."""

    def model_dump(self):
        return {"x": 1}


class Attrs:
    """Looks like an attrs class."""

    __attrs_attrs__ = (SimpleNamespace(name="x"),)
    x = 1


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (Count(3), 3),
        ("x", "x"),
        (Label("x"), "x"),
        (1.5, 1.5),
        (10.0, 10),
        (decimal.Decimal("10.00"), 10),
        (decimal.Decimal("1.5"), "1.5"),
        (float("nan"), "NaN"),
        (b"\x00", "b'\\x00'"),
        (bytearray(b"a"), "b'a'"),
        (dt.date(2026, 1, 5), "2026-01-05"),
        (dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC), "2026-01-05T09:00:00+00:00"),
        (dt.timedelta(seconds=1), "0:00:01"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        ((1, 2), [1, 2]),
        ({1}, [1]),
        (frozenset({"a"}), ["a"]),
        (collections.deque([1]), [1]),
        (range(2), [0, 1]),
        ((x for x in "ab"), ["a", "b"]),
        ({"a": 1}.values(), [1]),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ({1: "x", (1, 2): "y", None: "z"}, {"1": "x", "[1, 2]": "y", "null": "z"}),
        (Row("a", 1), {"id": "a", "total": 1}),
        (Pair(1, 2), {"a": 1, "b": 2}),
        (Model(), {"x": 1}),
        (Attrs(), {"x": 1}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_data_of_every_usual_kind_is_understood(value, tree):
    if tree == "NaN":
        assert isinstance(normalise(value), str)
    else:
        assert normalise(value) == tree


def test_rows_of_sqlite_are_understood():
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    rows = db.execute("select 1 as id, 'x' as name").fetchall()
    db.close()
    assert normalise(rows) == [{"id": 1, "name": "x"}]


@pytest.mark.parametrize("value", [object(), lambda: 0, Row, print, [object()], {"a": {"b": Row}}])
def test_what_has_no_value_to_compare_is_refused(value):
    with pytest.raises(UsageError, match="cannot be compared: return dicts"):
        normalise(value)


def test_endless_nesting_is_refused():
    endless: list = []
    endless.append(endless)
    with pytest.raises(UsageError, match="levels deep"):
        normalise(endless)


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=2), children, max_size=3)
    ),
    max_leaves=10,
)


@given(trees)
def test_data_is_equal_to_itself_in_any_order(tree):
    """Lists compare as multisets, dicts as dicts."""
    assert canonical(normalise(tree)) == canonical(_reversed(tree))
    assert contained(tree, tree)
    assert noise_between(tree, _reversed(tree)) == NO_MASK


def _reversed(tree):
    if isinstance(tree, dict):
        return {key: _reversed(tree[key]) for key in reversed(tree)}
    if isinstance(tree, list):
        return [_reversed(item) for item in reversed(tree)]
    return tree


@given(st.lists(st.integers(0, 3), max_size=5), st.integers(0, 3))
def test_how_often_a_row_is_there_counts(rows, row):
    assert canonical([*rows, row]) != canonical(rows)
    assert contained(rows, [*rows, row])
    assert not contained([*rows, row], rows)


@pytest.mark.parametrize(
    ("part", "whole", "is_in"),
    [
        ({"a": [1]}, {"a": [1, 2], "b": 1}, True),
        ({"a": [3]}, {"a": [1, 2]}, False),
        ({"x": []}, {}, True),
        ({"x": 1}, {}, False),
        (1, 1, True),
        (1, 2, False),
        ([1], 1, False),
        ({"a": 1}, [1], False),
    ],
)
def test_containment(part, whole, is_in):
    assert contained(part, whole) is is_in


def test_a_column_that_differs_is_noise_and_the_rest_is_not():
    first = {"orders": [{"id": "a", "at": 1}, {"id": "b", "at": 1}]}
    second = {"orders": [{"id": "b", "at": 9}, {"id": "a", "at": 8}]}
    mask = noise_between(first, second)
    assert mask.paths == {("orders", "*", "at")}
    assert canonical(first, mask) == canonical(second, mask)
    doubled = {"orders": [*first["orders"], {"id": "a", "at": 2}]}
    assert canonical(doubled, mask) != canonical(first, mask)


def test_keys_that_differ_are_noise_and_the_number_of_values_is_not():
    first = {"objects": {"k-1": {"size": 1}, "k-2": {"size": 2}}}
    second = {"objects": {"k-8": {"size": 1}, "k-9": {"size": 2}}}
    mask = noise_between(first, second)
    assert canonical(first, mask) == canonical(second, mask)
    more = {"objects": {**first["objects"], "k-3": {"size": 1}}}
    assert canonical(more, mask) != canonical(first, mask)


def test_values_of_another_kind_are_noise_as_a_whole():
    assert noise_between([1], [[1]]).paths == {("*",)}
    assert noise_between(1, 2).paths == {()}


def test_lists_in_lists_are_compared_element_by_element():
    mask = noise_between([["a", 1], ["b", 2]], [["a", 7], ["b", 8]])
    assert mask.paths == {("*", "*")}


def test_another_number_of_rows_is_no_noise():
    assert noise_between([1], [1, 2]) == NO_MASK


def test_masks_grow():
    one, two = Mask(frozenset({("a",)})), Mask(frozenset({("b",)}))
    assert (one | two).paths == {("a",), ("b",)}
    assert one | NO_MASK is one
    assert masked({"a": 1, "c": 2}, one)["c"] == 2
    assert masked({"a": 1}, NO_MASK) == {"a": 1}
