"""The class a handler says its bodies are of: in its annotations, and in those of Powertools.

Looked at, never called.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

from sqs_contract.bodies.source import is_model

_POWERTOOLS: Final = "aws_lambda_powertools"
_DEPTH_MAX: Final = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Annotated:
    """A class that bodies are of, or a JSON Schema of them, and where that is said."""

    model: Any
    where: str


def annotated(module: ModuleType, name: str) -> Annotated | None:
    """What the bodies of a handler are of, as far as its module says; `None` if it does not."""
    handler: Any = module
    for part in name.split("."):
        handler = getattr(handler, part, None)
    return next(_said(module, handler), None)


def _said(module: ModuleType, handler: Any) -> Iterator[Annotated]:
    shown = getattr(handler, "__name__", "the handler")
    model, envelope = _parser_of(handler)
    if model is not None:
        body = model if envelope else body_of_event(model)
        if body is not None:
            yield Annotated(body, f"the event_parser of {shown}")
    schema = _validator_of(handler)
    if schema is not None:
        yield Annotated(schema, f"the validator of {shown}")
    hint = _event_hint(inspect.unwrap(handler) if callable(handler) else handler)
    body = body_of_event(hint)
    if body is not None:
        yield Annotated(body, f"the annotation of {shown}")
    for value in vars(module).values():
        if type(value).__module__.startswith(_POWERTOOLS) and hasattr(value, "model"):
            body = body_of_record(value.model)
            if body is not None:
                yield Annotated(body, f"the {type(value).__name__} of {module.__name__}")


def body_of_event(hint: Any) -> Any:
    """The class of the bodies in a class of events: of the `body` of its `Records`."""
    hints = _hints(hint)
    if "Records" not in hints:
        # Powertools' SqsEnvelope hands the handler a list of bodies.
        items = typing.get_args(hint) if typing.get_origin(hint) is list else ()
        return items[0] if items and _is_own(items[0]) else None
    items = typing.get_args(_bare(hints["Records"]))
    return next((found for item in items if (found := body_of_record(item)) is not None), None)


def body_of_record(hint: Any) -> Any:
    """The class of the `body` in a class of records."""
    body = _hints(hint).get("body")
    return _own_in(body, 0)


def _own_in(hint: Any, depth: int) -> Any:
    """The class of the user's own in a type such as `Json[Order]` or `Order | None`."""
    hint = _bare(hint)
    if _is_own(hint):
        return hint
    if depth < _DEPTH_MAX:
        for item in typing.get_args(hint):
            found = _own_in(item, depth + 1)
            if found is not None:
                return found
    return None


def _bare(hint: Any) -> Any:
    while typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    return hint


def _is_own(hint: Any) -> bool:
    return is_model(hint) and not str(getattr(hint, "__module__", "")).startswith(_POWERTOOLS)


def _hints(hint: Any) -> dict[str, Any]:
    fields = getattr(hint, "model_fields", None)
    if isinstance(hint, type) and isinstance(fields, dict):
        # pydantic keeps `Json` among the metadata; what is in it stands in the annotation.
        return {name: field.annotation for name, field in fields.items()}
    if is_model(hint):
        try:
            return typing.get_type_hints(hint)
        except (NameError, TypeError, AttributeError):
            return {}
    return {}


def _event_hint(handler: Any) -> Any:
    try:
        (first, *_) = inspect.signature(handler).parameters.values()
        return typing.get_type_hints(handler).get(first.name)
    except (ValueError, TypeError, NameError, AttributeError):
        return None


def _parser_of(handler: Any) -> tuple[Any, bool]:
    """The model and whether there is an envelope, of a handler under `event_parser`."""
    for settings in _decorations(handler, "event_parser"):
        model = settings.get("model") or _event_hint(inspect.unwrap(handler))
        if settings.get("envelope"):
            return _own_in(model, 0), True
        return model, False
    return None, False


def _validator_of(handler: Any) -> Any:
    """The JSON Schema of the bodies, of a handler under `validator` with an SQS envelope."""
    for settings in _decorations(handler, "validator"):
        schema, envelope = settings.get("inbound_schema"), settings.get("envelope")
        if isinstance(schema, dict) and isinstance(envelope, str) and "body" in envelope:
            items = schema.get("items")
            return items if schema.get("type") == "array" and isinstance(items, dict) else schema
    return None


def _decorations(handler: Any, name: str) -> Iterator[dict[str, Any]]:
    """The keyword arguments of Powertools' decorators of some name around a handler."""
    function = handler
    for _ in range(_WRAPPED_MAX):
        if inspect.isfunction(function):
            held = inspect.getclosurevars(function).nonlocals
            keywords = held.get("kwargs")
            if getattr(held.get("decorator"), "__name__", None) == name:
                yield keywords if isinstance(keywords, dict) else {}
        function = getattr(function, "__wrapped__", None)
        if function is None:
            return


_WRAPPED_MAX: Final = 20
