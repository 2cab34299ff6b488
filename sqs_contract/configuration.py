"""Contracts by name in `pyproject.toml`, under `[tool.sqs-contract]`: read, and checked key by key.

What stands in the table itself holds for every contract that does not say otherwise. What a key
means is told by the flag of the same name; no contract is run here, and nothing heavy imported.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.contract import CLAUSE_IDS
from sqs_contract.errors import UsageError

FILE: Final = "pyproject.toml"
TABLE: Final = "sqs-contract"
POISON: Final = ("either", "report", "drop", "none")

_NAME: Final = re.compile(r"[\w.-]+", re.ASCII)
_CONTRACTS: Final = "contracts"
_LINT: Final = "lint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """One contract of a file.

    Attributes:
        name: what it is called there.
        handler: `module:function`; `None` where the template tells it.
        options: what is given, by the names that the command line has for its flags.
        where: the file and the table, for messages.
        directory: of the file; its paths and modules are looked for from there.
    """

    name: str
    handler: str | None
    options: Mapping[str, Any]
    where: str
    directory: Path


class _Wrong(Exception):
    """What a value must be."""


def _of_kind(kind: type, what: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _Wrong(what)
        return value

    return check


_text: Final = _of_kind(str, "text")
_yes_or_no: Final = _of_kind(bool, "true or false")
_whole: Final = _of_kind(int, "a whole number")


def _from(low: int) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if _whole(value) < low:
            raise _Wrong(f"a whole number from {low}")
        return value

    return check


def _seconds(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value < math.inf:
        raise _Wrong("a number of seconds from 0")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong("a list of texts")
    return tuple(value)


def _pairs(value: Any) -> tuple[str, ...]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise _Wrong("a table of texts")
    if not all(name and "=" not in name for name in value):
        raise _Wrong("a table whose names hold no '='")
    return tuple(f"{name}={text}" for name, text in value.items())


def _bodies(value: Any) -> Any:
    if isinstance(value, str):
        return value
    try:
        return list(_texts(value))
    except _Wrong:
        raise _Wrong("text (a file, or module:attribute) or a list of texts") from None


def _one_of(*choices: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in choices:
            raise _Wrong(" or ".join(map(repr, choices)))
        return value

    return check


def _clauses(value: Any) -> tuple[str, ...]:
    clauses = _texts(value)
    if not clauses or not set(clauses) <= set(CLAUSE_IDS):
        raise _Wrong(f"a list of clauses, of {', '.join(CLAUSE_IDS)}")
    return tuple(dict.fromkeys(clauses))


_OF_ONE: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "handler": ("handler", _text),
    "function": ("function", _text),
}
"""Keys of one contract only: the name of the option, and what checks the value."""

_OF_ALL: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "template": ("template", _text),
    "parameters": ("parameters", _pairs),
    "batch-size": ("batch_size", _whole),
    "batch-window": ("batch_window", _seconds),
    "report-batch-item-failures": ("report_batch_item_failures", _yes_or_no),
    "visibility-timeout": ("visibility_timeout", _seconds),
    "max-receive-count": ("max_receive_count", _whole),
    "fifo": ("fifo", _yes_or_no),
    "filters": ("filters", _texts),
    "maximum-concurrency": ("maximum_concurrency", _whole),
    "retention": ("retention", _seconds),
    "delay": ("delay", _seconds),
    "function-timeout": ("function_timeout", _seconds),
    "memory-size": ("memory_size", _whole),
    "assume": ("assume", _pairs),
    "env": ("env", _pairs),
    "bodies": ("bodies", _bodies),
    "effects": ("effects", _text),
    "reset": ("reset", _text),
    "fault-sites": ("fault_sites", _texts),
    "clauses": ("clauses", _clauses),
    "poison": ("poison", _one_of(*POISON)),
    "seed": ("seed", _whole),
    "max-examples": ("max_examples", _from(0)),
    "budget": ("budget", _seconds),
    "strict": ("strict", _yes_or_no),
    "runtime": ("runtime", _text),
    "runtime-command": ("runtime_command", _text),
    "wall-limit": ("wall_limit", _seconds),
    "isolated": ("isolated", _yes_or_no),
    "memory-limit": ("memory_limit", _from(1)),
}
"""Keys that may also stand above all contracts."""

_MANY: Final = frozenset({"parameters", "env", "assume"})
"""Tables: what a contract says is added to what holds for all."""

_OTHERS_ARE_EMPTY: Final = ("filters", "fault_sites", "clauses", *sorted(_MANY))

NOTHING_GIVEN: Final[Mapping[str, Any]] = {
    "from_aws": None,
    **dict.fromkeys([option for option, _ in [*_OF_ONE.values(), *_OF_ALL.values()]]),
    **dict.fromkeys(_OTHERS_ARE_EMPTY, ()),
    "isolated": False,
    "strict": False,
}
"""Every option, as it is where nobody gives it."""


def with_flags(configured: Mapping[str, Any], flags: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a contract, and over them the flags that were given."""
    options = {**NOTHING_GIVEN, **configured}
    for name, value in flags.items():
        if name in _MANY:
            options[name] = (*options[name], *value)
        elif value is not None and value is not False and value != ():
            options[name] = value
        else:
            options.setdefault(name, value)
    return options


def find_file(start: Path) -> Path | None:
    """The nearest `pyproject.toml` from a directory upwards that has a table of ours; one that
    only tells which rules of lint to ignore says nothing of contracts, and is passed over.

    Raises:
        UsageError: one on the way is no TOML.
    """
    for directory in (start, *start.parents):
        path = directory / FILE
        table = _table(path) if path.is_file() else None
        if table is not None and (not table or table.keys() - {_LINT}):
            return path
    return None


def read_contracts(path: Path) -> dict[str, Configured]:
    """The contracts of a file, by their names.

    Raises:
        UsageError: something in the table is wrong; the message names file and key.
    """
    table = _table(path)
    if table is None:
        raise UsageError(f"{_shown(path)}: there is no [tool.{TABLE}]")
    root = f"tool.{TABLE}"
    shared = _checked(
        {key: value for key, value in table.items() if key not in (_CONTRACTS, _LINT)},
        _OF_ALL, path, root, also=[_CONTRACTS, _LINT],
    )  # fmt: skip
    contracts = table.get(_CONTRACTS, {})
    if not isinstance(contracts, dict) or not contracts:
        raise UsageError(
            f"{_shown(path)}: {root}.{_CONTRACTS} must hold a table for each contract, such as "
            f"[{root}.{_CONTRACTS}.orders]"
        )
    return {name: _contract(name, given, shared, path) for name, given in contracts.items()}


def _contract(name: str, given: Any, shared: Mapping[str, Any], path: Path) -> Configured:
    table = f"tool.{TABLE}.{_CONTRACTS}.{name}"
    where = f"{_shown(path)}: {table}"
    if not _NAME.fullmatch(name):
        raise UsageError(f"{where}: the name must be of letters, digits, '-', '_' and '.'")
    if not isinstance(given, dict):
        raise UsageError(f"{where} must be a table, not {given!r}")
    own = _checked(given, {**_OF_ONE, **_OF_ALL}, path, table)
    options = {**shared, **own}
    for key in _MANY & shared.keys() & own.keys():
        options[key] = (*shared[key], *own[key])
    handler = options.pop("handler", None)
    if handler is not None and ":" not in handler and "runtime_command" not in options:
        raise UsageError(f"{where}.handler must be given as module:name, not {handler!r}")
    if "template" not in options:
        if handler is None:
            raise UsageError(f"{where} needs a handler, or a template that tells it")
        for key in ("function", "parameters"):
            if options.get(key):
                raise UsageError(f"{where}.{key} is about a template: give template too")
    return Configured(
        name=name,
        handler=handler,
        options=dict(_located(options, path.parent)),
        where=where,
        directory=path.parent,
    )


def _checked(
    given: Mapping[str, Any],
    known: Mapping[str, tuple[str, Callable[[Any], Any]]],
    path: Path,
    table: str,
    also: list[str] | None = None,
) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise UsageError(f"{_shown(path)}: {_unknown(key, table, [*known, *(also or [])])}")
        option, check = known[key]
        try:
            options[option] = check(value)
        except _Wrong as wrong:
            raise UsageError(
                f"{_shown(path)}: {table}.{key} must be {wrong}, not {value!r}"
            ) from None
    return options


def _unknown(key: str, table: str, known: list[str]) -> str:
    if key in _OF_ONE:
        return f"{table}.{key} is a key of one contract: give it in [{table}.{_CONTRACTS}.NAME]"
    close = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
    return f"{table} has no key {key!r}; {hint}"


def _located(options: Mapping[str, Any], directory: Path) -> Iterator[tuple[str, Any]]:
    """Paths are meant from the file's directory, wherever the work is done."""
    for name, value in options.items():
        if name == "template":
            yield name, _path(value, directory)
        elif name == "bodies" and isinstance(value, str):
            is_file = ":" not in value or (directory / value).exists()
            yield name, _path(value, directory) if is_file else value
        elif name == "bodies":
            yield (
                name,
                [
                    _path(item, directory)
                    if item.endswith(".json") and (directory / item).is_file()
                    else item
                    for item in value
                ],
            )
        else:
            yield name, value


def _path(text: str, directory: Path) -> str:
    return text if directory.resolve() == Path.cwd() else _shown(directory / text)


def _table(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{_shown(path)} is no TOML: {str(error).splitlines()[0]}") from None
    except OSError as error:
        raise UsageError(f"cannot read {_shown(path)}: {error.strerror}") from None
    table = data.get("tool", {})
    found = table.get(TABLE) if isinstance(table, dict) else None
    if found is not None and not isinstance(found, dict):
        raise UsageError(f"{_shown(path)}: tool.{TABLE} must be a table, not {found!r}")
    return found


def _shown(path: Path) -> str:
    """A path from the working directory, if it lies below it or not far above."""
    relative = os.path.relpath(path.resolve())
    return str(path) if relative.startswith(os.path.join("..", "..", "..")) else relative  # noqa: PTH118
