"""Bodies as users give them: a file, a name in a module, a list, a Hypothesis strategy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from sqs_contract.bodies.documents import Described, describe
from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.bodies.samples import is_sqs_event, samples_in
from sqs_contract.errors import UsageError
from sqs_contract.references import Reference, first_line, import_for, users_traceback

OUR_OWN: Final = Reference("sqs_contract.strategies", "message_bodies")
"""What is drawn where no bodies are given. Found by its name, as a user's strategy is: the
strategies know the bodies, and the bodies know no strategy."""

OF_SCHEMA: Final = Reference("sqs_contract.strategies", "bodies_from_schema")
OF_MODEL: Final = Reference("sqs_contract.strategies", "bodies_from_model")
"""What draws bodies from a JSON Schema, and from a dataclass or a pydantic model."""

_YAML_SUFFIXES: Final = frozenset({".yaml", ".yml"})
_LINES_SUFFIXES: Final = frozenset({".jsonl", ".ndjson"})


@dataclass(frozen=True, slots=True)
class Bodies:
    """The bodies of a contract: examples in the order given, and a strategy if one was given.

    Attributes:
        found: where they were found, where nobody gave them, for the report.
    """

    examples: tuple[str, ...] = ()
    strategy: Any = None
    origin: str = ""
    found: str = ""


def load_bodies(given: Any) -> Bodies:
    """Read bodies from whatever was given.

    Without any, realistic bodies of our own are drawn. A text with a colon that is
    no file is `module:attribute`; any other text is the path of a JSON array or
    JSON Lines file, of an SQS event, a JSON Schema, an AsyncAPI document or a
    message pact. An attribute may be a class the bodies must fit. In a list, each item is a body, the path of a file with one,
    or JSON data to be written as one.

    Raises:
        UsageError: nothing can be made of it; the message says what and where.
    """
    if isinstance(given, Bodies):
        return given
    if given is None:
        return _from_object(_find(OUR_OWN), "bodies of our own")
    if isinstance(given, Path):
        return _from_file(given)
    if isinstance(given, str):
        if ":" in given and not Path(given).exists():
            reference = Reference.parse(given, "bodies")
            return _from_object(_find(reference), str(reference))
        return _from_file(Path(given))
    return _from_object(given, "bodies")


def _find(reference: Reference) -> Any:
    return reference.find(import_for(reference, "bodies"), "bodies")


def _from_file(path: Path) -> Bodies:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"bodies: there is no file {str(path)!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"bodies: cannot read {str(path)!r}: {first_line(error)}") from None
    if path.suffix in _YAML_SUFFIXES:
        return _from_yaml(path, text)
    if path.suffix in _LINES_SUFFIXES:
        return Bodies(_checked(_from_lines(path, text), str(path)), origin=str(path))
    items = _from_json(path, text)
    if len(items) == 1:
        described = describe(items[0])
        if described is not None:
            return from_described(described, str(path))
        samples = samples_in(items[0]) if is_sqs_event(items[0]) else ""
        if samples and not isinstance(samples, str):
            items = [sample.body for sample in samples]
    return Bodies(_checked(items, str(path)), origin=str(path))


def _from_yaml(path: Path, text: str) -> Bodies:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark is not None else ""
        raise UsageError(f"bodies: {path}{where} is not YAML") from None
    described = describe(data)
    if described is None:
        raise UsageError(
            f"bodies: {path} is no AsyncAPI document and no JSON Schema: give a JSON array of "
            "bodies, or a .jsonl file with one body a line"
        )
    return from_described(described, str(path))


def from_described(described: Sequence[Described], origin: str) -> Bodies:
    """Bodies of what a document describes: its examples, or what its schemas allow.

    Raises:
        UsageError: it describes nothing, or a schema holds what is not understood.
    """
    examples = [item for one in described for item in one.examples]
    if examples:
        return Bodies(_checked(examples, origin), origin=origin)
    schemas = [one.schema for one in described if one.schema is not None]
    if not schemas:
        raise UsageError(f"bodies {origin!r} describes no messages")
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return Bodies(strategy=drawn_from(OF_SCHEMA, schema, origin), origin=origin)


def drawn_from(make: Reference, argument: Any, origin: str) -> Any:
    """The strategy of ours that draws bodies from a schema or a class.

    Raises:
        UsageError: something in it is not understood.
    """
    try:
        return _find(make)(argument)
    except UsageError:
        raise
    except Exception as error:
        if type(error).__name__ != "InvalidArgument":
            raise
        raise UsageError(f"bodies {origin!r}: {first_line(error)}") from None


def _from_json(path: Path, text: str) -> list[Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith(("[", "{")) and "\n{" in text.strip():
            return _from_lines(path, text)
        raise UsageError(
            f"bodies: {path}:{error.lineno}:{error.colno} is not JSON ({error.msg}); "
            "give a JSON array of bodies, or a .jsonl file with one body a line"
        ) from None
    return data if isinstance(data, list) else [data]


def _from_lines(path: Path, text: str) -> list[Any]:
    items: list[Any] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"bodies: {path}:{number} is not JSON ({error.msg}): a JSON Lines file holds one "
                "JSON value a line"
            ) from None
        items.append(value if isinstance(value, str) else line.strip())
    return items


def _from_object(value: Any, origin: str) -> Bodies:
    if _is_strategy(value):
        return Bodies(strategy=value, origin=origin)
    if is_model(value):
        return Bodies(strategy=drawn_from(OF_MODEL, value, origin), origin=origin)
    if callable(value) and not isinstance(value, type):
        try:
            value = value()
        except Exception as error:  # noqa: BLE001  whatever the user's function raises
            raise UsageError(
                f"bodies {origin!r} raised {type(error).__name__}: {first_line(error)}",
                detail=users_traceback(error),
            ) from None
        if isinstance(value, Bodies):
            return value
        if _is_strategy(value):
            return Bodies(strategy=value, origin=origin)
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, Iterable) or isinstance(value, bytes | dict | type):
        raise UsageError(
            f"bodies {origin!r} is {type(value).__name__}: give a list of bodies, a function that "
            "returns one, or a Hypothesis strategy"
        )
    return Bodies(_checked([_example(item) for item in value], origin), origin=origin)


def _example(item: Any) -> Any:
    """The content of a file, where an item is the path of one."""
    if isinstance(item, Path) or (
        isinstance(item, str) and item.endswith(".json") and Path(item).is_file()
    ):
        return Path(item).read_text(encoding="utf-8").strip()
    return item


def _checked(items: list[Any], origin: str) -> tuple[str, ...]:
    if not items:
        raise UsageError(f"bodies {origin!r} is empty: give at least one body")
    return tuple(as_body(item, f"{origin}, body {number}") for number, item in enumerate(items, 1))


def as_body(item: Any, where: str) -> str:
    """A body as SQS takes it: text as it is, other JSON data written as JSON.

    Raises:
        UsageError: it is neither, or SQS would not accept it.
    """
    if isinstance(item, str):
        text = item
    else:
        try:
            text = json.dumps(item, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            why = first_line(error)
            if "JSON compliant" in why:  # the words differ from Python to Python
                why = "JSON has no NaN and no infinity"
            raise UsageError(
                f"{where} is neither text nor JSON: {type(item).__name__} ({why})"
            ) from None
    reason = why_sqs_refuses(text)
    if reason is not None:
        raise UsageError(f"{where} cannot be sent: {reason}")
    return text


def is_model(value: Any) -> bool:
    """Whether it is a dataclass or a pydantic model, from which bodies can be drawn."""
    return isinstance(value, type) and (
        dataclasses.is_dataclass(value) or hasattr(value, "model_json_schema")
    )


def _is_strategy(value: Any) -> bool:
    return any(kind.__name__ == "SearchStrategy" for kind in type(value).__mro__)
