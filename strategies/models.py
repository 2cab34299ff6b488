"""Bodies a class of the consumer's accepts: a dataclass or a pydantic model."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import types
import typing
from typing import Any, Final

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies.arguments import shown
from sqs_contract.strategies.json_text import as_body
from sqs_contract.strategies.schemas import values_from_schema
from sqs_contract.strategies.shapes import values_of_type

_ITEMS_MAX: Final = 3


def bodies_from_model(model: type) -> st.SearchStrategy[str]:
    """Bodies from which the consumer's own class can be made.

    Of a pydantic model: what its JSON Schema allows and `model_validate_json` takes, under
    the aliases it is read by. Of a dataclass: a JSON object with its fields, by their types;
    times, UUIDs, decimals and members of an enumeration as the texts or values they are
    written as; and `__post_init__` takes it. Texts are realistic where the name tells what
    they are.

    Args:
        model: the class.

    Raises:
        InvalidArgument: it is neither; or a field is of a type that is not understood. The
            message names it.

    Shrinks to the fields there must be, each with its simplest value.
    """
    if isinstance(model, type) and hasattr(model, "model_json_schema"):
        pydantic: Any = model
        bodies = values_from_schema(pydantic.model_json_schema(by_alias=True)).map(as_body)
        return bodies.filter(lambda body: _validates(pydantic, body))
    if isinstance(model, type) and dataclasses.is_dataclass(model):
        return _dataclass_values(model, model.__name__).map(_told).map(as_body)
    raise InvalidArgument(
        f"model={shown(model)} must be a dataclass or a pydantic model, the class itself"
    )


def _validates(model: Any, body: str) -> bool:
    """Whether the model takes a body: validators of its own are beyond its schema."""
    try:
        model.model_validate_json(body)
    except ValueError:  # pydantic's ValidationError is one
        return False
    return True


@dataclasses.dataclass(frozen=True, slots=True)
class _Made:
    """An instance that could be made, and the JSON value it is made from."""

    instance: Any
    value: Any


def _told(made: Any) -> Any:
    """The JSON value of what was drawn."""
    if isinstance(made, _Made):
        return made.value
    if isinstance(made, list):
        return [_told(item) for item in made]
    if isinstance(made, dict):
        return {name: _told(item) for name, item in made.items()}
    return made


def _instance(made: Any) -> Any:
    if isinstance(made, _Made):
        return made.instance
    if isinstance(made, list):
        return [_instance(item) for item in made]
    if isinstance(made, dict):
        return {name: _instance(item) for name, item in made.items()}
    return made


def _dataclass_values(model: Any, path: str) -> st.SearchStrategy[_Made]:
    hints = typing.get_type_hints(model)
    fields = [field for field in dataclasses.fields(model) if field.init]
    drawn = {
        field.name: _values(hints[field.name], field.name, f"{path}.{field.name}")
        for field in fields
    }
    may_miss = {
        field.name
        for field in fields
        if field.default is not dataclasses.MISSING
        or field.default_factory is not dataclasses.MISSING
    }

    def make(given: dict[str, Any]) -> _Made:
        try:
            instance = model(**{name: _instance(item) for name, item in given.items()})
        except ValueError:  # what __post_init__ does not take
            reject()
        return _Made(instance, {name: _told(item) for name, item in given.items()})

    return st.fixed_dictionaries(
        {name: values for name, values in drawn.items() if name not in may_miss},
        optional={name: values for name, values in drawn.items() if name in may_miss},
    ).map(make)


def _values(hint: Any, name: str, path: str) -> st.SearchStrategy[Any]:
    """Values of a type hint: what a JSON reader gives, or `_Made` where it makes an object."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Annotated, typing.Required, typing.NotRequired}:
        return _values(arguments[0], name, path)
    if origin in {typing.Union, types.UnionType}:
        # Nothing is the simplest.
        ordered = sorted(arguments, key=lambda item: item is not type(None))
        return st.one_of([_values(item, name, path) for item in ordered])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is not None:
        made = _containers(origin, arguments, name, path)
    else:
        made = _objects(hint, name, path) if isinstance(hint, type) else None
    if made is None:
        raise InvalidArgument(
            f"model: {path} is of type {shown(hint)}, which is not understood; write a strategy "
            "with json_bodies instead"
        )
    return made


def _containers(
    origin: Any, arguments: tuple[Any, ...], name: str, path: str
) -> st.SearchStrategy[Any] | None:
    if origin in {dict, collections.abc.Mapping}:
        keys = _values(arguments[0], "", f"{path} (its keys)")
        return st.dictionaries(keys, _values(arguments[1], "", path), max_size=_ITEMS_MAX)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*(_values(item, name, path) for item in arguments)).map(list)
    if origin in {list, tuple, set, frozenset, collections.abc.Sequence}:
        items = _values(arguments[0], name, path)
        return st.lists(items, max_size=_ITEMS_MAX, unique=origin in {set, frozenset})
    return None


def _objects(hint: type, name: str, path: str) -> st.SearchStrategy[Any] | None:
    if dataclasses.is_dataclass(hint):
        return st.deferred(lambda: _dataclass_values(hint, path))
    if issubclass(hint, enum.Enum):
        return st.sampled_from([member.value for member in hint])
    return values_of_type(hint, name)
