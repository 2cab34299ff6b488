"""Reading one step of a recorded program: what each operation may say, and of what type.

A key without a meaning, or a value of the wrong type (prose, mostly), makes the
program one that cannot be executed.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

_COMMON: Final = frozenset({"op", "note", "queue", "error"})

KEYS: Final[Mapping[str, frozenset[str]]] = {
    "send": frozenset({"body", "group", "dedup", "delay", "attributes", "trace"}),
    "schedule_send": frozenset({"after", "body", "group", "dedup", "delay", "attributes", "trace"}),
    "send_batch": frozenset({"entries", "expect_failed", "expect_successful"}),
    "receive": frozenset(
        {
            "absent_system",
            "attempt",
            "expect",
            "expect_any",
            "expect_at_least",
            "expect_attributes",
            "expect_count",
            "expect_one_of",
            "expect_set",
            "expect_system",
            "max",
            "may_be_empty",
            "same_message_id",
            "save",
            "takes_less_than",
            "visibility",
            "wait",
        }
    ),
    "delete": frozenset({"handle"}),
    "delete_batch": frozenset({"handles", "expect_failed", "expect_successful"}),
    "change_visibility": frozenset({"handle", "timeout"}),
    "change_visibility_batch": frozenset(
        {"handles", "timeout", "expect_failed", "expect_successful"}
    ),
    "advance": frozenset({"seconds"}),
    "drain": frozenset({"expect_set", "visibility"}),
    "counts": frozenset({"expect"}),
    "depth": frozenset({"expect"}),
    "purge": frozenset(),
    "set_attributes": frozenset({"attributes"}),
    "start_move_task": frozenset({"destination", "max_per_second", "save"}),
    "cancel_move_task": frozenset({"task", "expect_moved"}),
    "assert_distinct": frozenset({"handles"}),
    "assert_sequence_increasing": frozenset(),
}
"""What each operation's step may hold beside `op`, `queue`, `error` and `note`."""

_SECONDS_MAX: Final = 10**9
"""Some thirty years: no program takes longer."""

_VALUE_TYPES: Final = {"DataType": str, "StringValue": str, "BinaryValue": bytes}

ENTRY_KEYS: Final = KEYS["send"] | {"Id"}


class NotExecutable(Exception):
    """Something in a program has no meaning that could be executed."""


class Step:
    """One step of a program; its accessors check types."""

    def __init__(self, number: int, given: object) -> None:
        self.place = f"step {number}"
        if not isinstance(given, Mapping):
            raise self.senseless(f"is no object: {given!r}")
        self.given: Mapping[str, Any] = given
        op = given.get("op")
        if not isinstance(op, str) or op not in KEYS:
            raise self.senseless(f"has the operation {op!r}, which has no meaning here")
        self.op: str = op
        self.place = f"step {number} ({op})"
        for key in sorted(given.keys() - KEYS[op] - _COMMON):
            raise self.senseless(f"says {key!r}, which has no meaning here")

    def __contains__(self, key: str) -> bool:
        return key in self.given

    def senseless(self, what: str) -> NotExecutable:
        """The reason why the program cannot be executed."""
        return NotExecutable(f"{self.place} {what}")

    def of(self, key: str, *types: type, default: object = None) -> Any:
        """A value of one of some types."""
        if key not in self.given and default is not None:
            return default
        value = self.given.get(key)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise self.senseless(f"has {key} {value!r}, which cannot be executed")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of strings; a single one counts as a list of one."""
        value = self.of(key, str, list)
        if isinstance(value, str):
            return [value]
        if not all(isinstance(item, str) for item in value):
            raise self.senseless(f"has {key} {value!r}, which cannot be executed")
        return list(value)

    def seconds_ms(self, key: str) -> int:
        """A time in seconds, as milliseconds."""
        seconds: float = self.of(key, int, float)
        if not math.isfinite(seconds) or not 0 <= seconds <= _SECONDS_MAX:
            raise self.senseless(f"has {key} {seconds!r}, which cannot be executed")
        return round(seconds * 1_000)

    def message(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The SendMessage parameters of a `send`, or of one entry of a batch."""
        for key, kinds in (("body", str), ("group", str), ("dedup", str), ("delay", int)):
            value = given.get(key)
            if not (isinstance(value, kinds) or (value is None and key != "body")):
                raise self.senseless(f"has {key} {value!r}, which cannot be executed")
        parameters = {
            name: given[key]
            for key, name in (
                ("body", "MessageBody"),
                ("group", "MessageGroupId"),
                ("dedup", "MessageDeduplicationId"),
                ("delay", "DelaySeconds"),
            )
            if given.get(key) is not None
        }
        if "attributes" in given:
            parameters["MessageAttributes"] = self._attributes(given["attributes"])
        if "trace" in given:
            if not isinstance(given["trace"], str):
                raise self.senseless(f"has trace {given['trace']!r}, which cannot be executed")
            header = {"DataType": "String", "StringValue": given["trace"]}
            parameters["MessageSystemAttributes"] = {"AWSTraceHeader": header}
        return parameters

    def entries(self) -> list[dict[str, Any]]:
        """The entries of a SendMessageBatch."""
        entries = []
        for place, entry in enumerate(self.of("entries", list)):
            if not isinstance(entry, Mapping) or entry.keys() - ENTRY_KEYS:
                raise self.senseless(f"has the entry {entry!r}, which cannot be executed")
            entries.append({"Id": entry.get("Id", str(place)), **self.message(entry)})
        return entries

    def _attributes(self, given: object) -> dict[str, dict[str, Any]]:
        if not isinstance(given, Mapping):
            raise self.senseless(f"has attributes {given!r}, which cannot be executed")
        return {name: self._attribute(value) for name, value in given.items()}

    def _attribute(self, given: object) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            raise self.senseless(f"has an attribute {given!r}, which cannot be executed")
        attribute = {
            name: bytes_of(value) if name == "BinaryValue" else value
            for name, value in given.items()
        }
        for name, value in attribute.items():
            if name not in _VALUE_TYPES or not isinstance(value, _VALUE_TYPES[name]):
                raise self.senseless(f"has an attribute {given!r}, which cannot be executed")
        return attribute


def bytes_of(value: Any) -> Any:
    """Bytes where a recording shows them as Python does, `b'...'`; else the value."""
    if isinstance(value, str) and value[:2] in {"b'", 'b"'}:
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
    return value


def as_list(value: object) -> Sequence[Any]:
    """A value that may stand for a list of one."""
    return value if isinstance(value, list) else [value]
