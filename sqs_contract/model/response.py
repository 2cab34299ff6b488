"""How the event source mapping reads what an invocation came to.

The table of section G: the first row that matches wins. "Delete all" deletes
every record of the batch; "keep all" deletes none, and each comes back after
its visibility timeout.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sqs_contract.model.invocation import FunctionError, Outcome, Returned

REPORT_KEY: Final = "batchItemFailures"
ITEM_KEY: Final = "itemIdentifier"


class Row(enum.IntEnum):
    """The rows of the table, by their number. Row 2 (throttle) never reaches a response."""

    FUNCTION_ERROR = 1
    REPORTING_OFF = 3
    NULL = 4
    EMPTY_OBJECT = 5
    EMPTY_LIST = 6
    NO_KEY = 7
    EMPTY_RESPONSE = 8
    REPORT = 9
    BAD_KEY = 10
    EMPTY_IDENTIFIER = 11
    UNKNOWN_IDENTIFIER = 12
    NOT_JSON = 13
    OTHER_SHAPE = 14


class Effect(enum.Enum):
    """What the mapping does with the batch."""

    DELETE_ALL = "delete all"
    KEEP_ALL = "keep all"
    KEEP_REPORTED = "keep reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoints:
    """What AWS does is not settled for these; each is a setting.

    Attributes:
        other_shape: row 14, JSON of another shape with reporting on (N1).
        empty_response: row 8, `""` or `[]` as the whole response (N2).
    """

    other_shape: Effect = Effect.KEEP_ALL
    empty_response: Effect = Effect.DELETE_ALL


DEFAULT_OPEN_POINTS: Final = OpenPoints()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How AWS read an outcome.

    Attributes:
        row: the row of the table that matched.
        effect: what happens to the batch.
        reported: message ids that are kept under `KEEP_REPORTED`.
        offending: the identifier or item that spoiled the report, as JSON text.
    """

    row: Row
    effect: Effect
    reported: frozenset[str] = frozenset()
    offending: str | None = None

    def keeps(self, message_id: str) -> bool:
        """Whether the message stays in the queue."""
        if self.effect is Effect.KEEP_REPORTED:
            return message_id in self.reported
        return self.effect is Effect.KEEP_ALL


_DELETE_ALL: Final = {
    row: Reading(row=row, effect=Effect.DELETE_ALL)
    for row in (Row.REPORTING_OFF, Row.NULL, Row.EMPTY_OBJECT, Row.EMPTY_LIST, Row.NO_KEY)
}
_COMMON: Final[dict[str | bytes, Reading]] = {
    "null": _DELETE_ALL[Row.NULL],
    f'{{"{REPORT_KEY}": []}}': _DELETE_ALL[Row.EMPTY_LIST],
}
"""Responses that need no parsing: nearly all there are."""
_FUNCTION_ERROR: Final = Reading(row=Row.FUNCTION_ERROR, effect=Effect.KEEP_ALL)
_NOT_JSON: Final = Reading(row=Row.NOT_JSON, effect=Effect.KEEP_ALL)


def read_outcome(
    outcome: Outcome,
    message_ids: Collection[str],
    *,
    reporting: bool,
    open_points: OpenPoints = DEFAULT_OPEN_POINTS,
) -> Reading:
    """Read an outcome for a batch of `message_ids`; `reporting` is ReportBatchItemFailures."""
    if isinstance(outcome, FunctionError):
        return _FUNCTION_ERROR
    if not reporting:
        return _DELETE_ALL[Row.REPORTING_OFF]
    return _read_response(outcome, message_ids, open_points)


def _read_response(
    returned: Returned, message_ids: Collection[str], open_points: OpenPoints
) -> Reading:
    common = _COMMON.get(returned.payload)
    if common is not None:
        return common
    try:
        response = parse_json(returned.payload)
    except (ValueError, RecursionError):
        return _NOT_JSON
    if response is None:
        return _DELETE_ALL[Row.NULL]
    if response in ("", []):
        return Reading(row=Row.EMPTY_RESPONSE, effect=open_points.empty_response)
    if not isinstance(response, dict):
        return _other(response, open_points)
    if not response:
        return _DELETE_ALL[Row.EMPTY_OBJECT]
    if REPORT_KEY not in response:
        return _DELETE_ALL[Row.NO_KEY]
    items = response[REPORT_KEY]
    if items is None or items == []:
        return _DELETE_ALL[Row.EMPTY_LIST]
    if not isinstance(items, list):
        return _other(items, open_points)
    return _read_items(items, message_ids, open_points)


def _read_items(items: list[Any], message_ids: Collection[str], open_points: OpenPoints) -> Reading:
    # One bad item spoils the whole report (S84); duplicates count once (S89).
    reported: set[str] = set()
    for item in items:
        if not isinstance(item, dict):
            return _other(item, open_points)
        if ITEM_KEY not in item:
            return _spoiled(Row.BAD_KEY, item)
        identifier = item[ITEM_KEY]
        if identifier is None or identifier == "":
            return _spoiled(Row.EMPTY_IDENTIFIER, item)
        if not isinstance(identifier, str) or identifier not in message_ids:
            return _spoiled(Row.UNKNOWN_IDENTIFIER, item)
        reported.add(identifier)
    return Reading(row=Row.REPORT, effect=Effect.KEEP_REPORTED, reported=frozenset(reported))


def _spoiled(row: Row, item: object) -> Reading:
    return Reading(row=row, effect=Effect.KEEP_ALL, offending=json.dumps(item))


def _other(value: object, open_points: OpenPoints) -> Reading:
    return Reading(row=Row.OTHER_SHAPE, effect=open_points.other_shape, offending=json.dumps(value))


def parse_json(payload: str | bytes) -> Any:
    """Parse as a strict reader does: `NaN` and `Infinity` are no JSON (S124).

    Raises:
        ValueError: the payload is not JSON, or not UTF-8.
    """
    return json.loads(payload, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
