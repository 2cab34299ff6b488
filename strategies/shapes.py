"""Bodies of a shape that is given as plain data."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies.arguments import check_names, shown
from sqs_contract.strategies.json_text import as_body
from sqs_contract.strategies.realistic import kind_of, texts_for, texts_of

_ITEMS_MAX: Final = 3
_CENTS_MAX: Final = 1_000_000


def json_bodies(
    shape: Mapping[str, Any], *, optional: Iterable[str] = ()
) -> st.SearchStrategy[str]:
    """Bodies that are JSON objects of this shape.

    Args:
        shape: for each field what its values are: a type (`str`, `int`, `float`, `bool`,
            `None`, `datetime.datetime`, `datetime.date`, `uuid.UUID`, `decimal.Decimal`), a
            Hypothesis strategy, a shape again, a list with the shape of its items, or an
            example, whose like are drawn. Texts are realistic where the field's name tells
            what they are, such as `email`, `phone`, `street`, `iban` or `created_at`.
        optional: fields that are left out at times.

    Raises:
        InvalidArgument: a field's shape is none of these; the message names the field.

    Shrinks to the fields that are not optional, each with its simplest value: the example,
    where there is one.
    """
    if not isinstance(shape, Mapping):
        raise InvalidArgument(
            f"shape={shown(shape)} must map fields to what they hold, such as "
            '{"order_id": str, "amount": 5}'
        )
    left_out = list(optional) if isinstance(optional, Iterable) else optional
    check_names("optional", optional if isinstance(optional, str) else left_out, shape)
    return _object(shape, "", left_out).map(as_body)


def _object(
    shape: Mapping[str, Any], path: str, optional: Iterable[str] = ()
) -> st.SearchStrategy[dict[str, Any]]:
    for name in shape:
        if not isinstance(name, str):
            raise InvalidArgument(f"shape: {shown(name)} is no text, and JSON's fields are texts")
    fields = {name: _values(item, name, f"{path}{name}") for name, item in shape.items()}
    return st.fixed_dictionaries(
        {name: values for name, values in fields.items() if name not in optional},
        optional={name: values for name, values in fields.items() if name in optional},
    )


def _values(shape: Any, name: str, path: str) -> st.SearchStrategy[Any]:
    if isinstance(shape, st.SearchStrategy):
        return shape
    if isinstance(shape, Mapping):
        return _object(shape, f"{path}.")
    if isinstance(shape, list):
        if len(shape) != 1:
            raise InvalidArgument(
                f"shape: {path} is a list of {len(shape)}; give one item, the shape of all"
            )
        return st.lists(_values(shape[0], name, f"{path}[]"), max_size=_ITEMS_MAX)
    if shape is None:
        return st.none()
    if isinstance(shape, type):
        made = values_of_type(shape, name)
        if made is not None:
            return made
    elif isinstance(shape, str):
        return like_text(shape, name)
    elif isinstance(shape, bool | int | float):
        return st.one_of(st.just(shape), _BY_TYPE[type(shape)](name))
    raise InvalidArgument(
        f"shape: {path} is {shown(shape)}, and must be a type such as str or int, a strategy, "
        "an example, a dict or a list of one"
    )


def like_text(example: str, name: str) -> st.SearchStrategy[str]:
    """The example; and others of its kind, where the name of the field tells which."""
    kind = kind_of(name)
    return st.just(example) if kind is None else st.one_of(st.just(example), texts_of(kind))


def values_of_type(kind: type, name: str | None) -> st.SearchStrategy[Any] | None:
    """JSON values for a Python type, or `None` if it is not one of those known."""
    make = _BY_TYPE.get(kind)
    return None if make is None else make(name)


_BY_TYPE: Final[dict[type, Callable[[str | None], st.SearchStrategy[Any]]]] = {
    str: texts_for,
    int: lambda _: st.integers(0, 2**31 - 1),
    float: lambda _: st.integers(0, _CENTS_MAX).map(lambda cents: cents / 100),
    bool: lambda _: st.booleans(),
    type(None): lambda _: st.none(),
    dt.datetime: lambda _: texts_of("iso_time"),
    dt.date: lambda _: texts_of("iso_date"),
    uuid.UUID: lambda _: texts_of("uuid"),
    decimal.Decimal: lambda _: st.integers(0, _CENTS_MAX).map(lambda cents: f"{cents / 100:.2f}"),
}
"""Types, and values of theirs by the name of the field."""
