"""Names for SQL statements: `sqlite3.INSERT orders a1`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

COMMIT: Final = "COMMIT"

_MAX_KEY: Final = 40
_COMMENTS: Final = re.compile(r"^(?:\s+|--[^\n]*\n|/\*.*?\*/|\()+", re.DOTALL)
_VERB: Final = re.compile(r"[a-z]+", re.IGNORECASE)
_TABLE: Final = re.compile(
    r"\b(?:into|update|from|table|truncate|call|exec|execute)\s+"
    r"(?:only\s+|if\s+(?:not\s+)?exists\s+)*[\"`\[]?([\w.$]+)",
    re.IGNORECASE,
)
_WRITES: Final = re.compile(r"\b(insert|update|delete|merge|replace)\b", re.IGNORECASE)
_LOOKS: Final = frozenset({"SELECT", "SHOW", "EXPLAIN", "VALUES", "DESCRIBE", "TABLE"})
_SILENT: Final = frozenset(
    {"PRAGMA", "BEGIN", "START", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "ATTACH", "DETACH"}
)
_WHERE: Final = re.compile(r"\bwhere\b", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(r"\?|%s")
_NAMED: Final = re.compile(r"[:@$](\w+)|%\((\w+)\)s")
_SCANNED: Final = 2_000


def statement_label(library: str, statement: object, parameters: Any = None) -> str | None:
    """The label of a statement, with the first text or number among its parameters as the key;
    of an update, among those that say which rows.

    `None` for a statement whose failure is that of the next one: the beginning of a
    transaction, a setting, and a rollback.
    """
    text = statement.decode("utf-8", "replace") if isinstance(statement, bytes) else str(statement)
    text = _COMMENTS.sub("", text[:_SCANNED])
    found = _VERB.match(text)
    verb = found.group().upper() if found else "STATEMENT"
    if verb in _SILENT:
        return None
    if verb == "END":
        verb = COMMIT
    if verb == "WITH":
        writes = _WRITES.search(text)
        verb = writes.group().upper() if writes else "SELECT"
    words = [f"{library}.{'SELECT' if verb in _LOOKS else verb}"]
    table = _TABLE.search(text) if verb != COMMIT else None
    if verb == "UPDATE":
        table = (
            re.match(r"update\s+(?:or\s+\w+\s+|only\s+)?[\"`\[]?([\w.$]+)", text, re.IGNORECASE)
            or table
        )
    if table:
        words.append(table.group(1))
    key = _key(_which_rows(text, parameters) if verb == "UPDATE" else parameters)
    if key and table:
        words.append(key)
    return " ".join(words)


def _which_rows(text: str, parameters: Any) -> Any:
    """The parameters behind WHERE; all of them where there are none."""
    values, *conditions = _WHERE.split(text, maxsplit=1)
    if not conditions:
        return parameters
    if isinstance(parameters, Mapping):
        names = [found.group(1) or found.group(2) for found in _NAMED.finditer(conditions[0])]
        return {name: parameters[name] for name in names if name in parameters} or parameters
    if isinstance(parameters, list | tuple):
        return parameters[len(_PLACEHOLDER.findall(values)) :] or parameters
    return parameters


def _key(parameters: Any) -> str:
    if isinstance(parameters, Mapping):
        parameters = parameters.values()
    if isinstance(parameters, str | bytes) or not isinstance(parameters, Iterable):
        return ""
    if not isinstance(parameters, list | tuple):
        parameters = [*parameters] if hasattr(parameters, "__len__") else ()
    for value in parameters:
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)[:_MAX_KEY]
    return ""
