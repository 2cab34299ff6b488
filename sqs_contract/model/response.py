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

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions, OpenPoint
from sqs_contract.model.effect import Effect
from sqs_contract.model.invocation import FunctionError, Outcome, Returned

__all__ = ["ITEM_KEY", "REPORT_KEY", "Effect", "Reading", "Row", "parse_json", "read_outcome"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How AWS read an outcome.

    Attributes:
        row: the row of the table that matched.
        effect: what happens to the batch.
        reported: message ids that are kept under `KEEP_REPORTED`.
        offending: the identifier or item that spoiled the report, as JSON text.
        rests_on: the open point the effect was decided by, if it was by one.
    """

    row: Row
    effect: Effect
    reported: frozenset[str] = frozenset()
    offending: str | None = None
    rests_on: OpenPoint | None = None

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
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
) -> Reading:
    """Read an outcome for a batch of `message_ids`; `reporting` is ReportBatchItemFailures.

    A function error fails the whole batch, whatever the handler had to report
    (S88, S101). With reporting off, whatever is returned deletes it (S85). With
    reporting on, a response in which AWS finds no report deletes it as well (S86).
    """
    if isinstance(outcome, FunctionError):
        return _FUNCTION_ERROR
    if not reporting:
        return _DELETE_ALL[Row.REPORTING_OFF]
    return _read_response(outcome, message_ids, assumptions)


def _read_response(
    returned: Returned, message_ids: Collection[str], assumptions: Assumptions
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
        return Reading(
            row=Row.EMPTY_RESPONSE, effect=assumptions.empty_response, rests_on=OpenPoint.N2
        )
    if not isinstance(response, dict):
        return _other(response, assumptions)
    if not response:
        return _DELETE_ALL[Row.EMPTY_OBJECT]
    if REPORT_KEY not in response:  # S87: in another case it is another key
        return _DELETE_ALL[Row.NO_KEY]
    items = response[REPORT_KEY]
    if items is None or items == []:
        return _DELETE_ALL[Row.EMPTY_LIST]
    if not isinstance(items, list):
        return _other(items, assumptions)
    return _read_items(items, message_ids, assumptions)


def _read_items(
    items: list[Any], message_ids: Collection[str], assumptions: Assumptions
) -> Reading:
    # One bad item spoils the whole report (S84); duplicates count once (S89).
    reported: set[str] = set()
    for item in items:
        if not isinstance(item, dict):
            return _other(item, assumptions)
        if ITEM_KEY not in item:
            return _spoiled(Row.BAD_KEY, item)
        identifier = item[ITEM_KEY]
        if identifier is None or identifier == "":
            return _spoiled(Row.EMPTY_IDENTIFIER, item)
        if not isinstance(identifier, str) or identifier not in message_ids:
            return _unknown(item, items, message_ids, assumptions)
        reported.add(identifier)
    return Reading(row=Row.REPORT, effect=Effect.KEEP_REPORTED, reported=frozenset(reported))


def _spoiled(row: Row, item: object) -> Reading:
    return Reading(row=row, effect=Effect.KEEP_ALL, offending=json.dumps(item))


def _unknown(
    item: object, items: list[Any], message_ids: Collection[str], assumptions: Assumptions
) -> Reading:
    """An identifier that is not of this batch (S83), alone or beside some that are (N3)."""
    given = [other.get(ITEM_KEY) if isinstance(other, dict) else None for other in items]
    reported = frozenset(id_ for id_ in given if isinstance(id_, str) and id_ in message_ids)
    if not reported or None in given or "" in given:
        return _spoiled(Row.UNKNOWN_IDENTIFIER, item)  # what is wrong beside it spoils it anyway
    return Reading(
        row=Row.UNKNOWN_IDENTIFIER,
        effect=assumptions.extra_identifiers,
        reported=reported if assumptions.extra_identifiers is Effect.KEEP_REPORTED else frozenset(),
        offending=json.dumps(item),
        rests_on=OpenPoint.N3,
    )


def _other(value: object, assumptions: Assumptions) -> Reading:
    return Reading(
        row=Row.OTHER_SHAPE,
        effect=assumptions.other_shape,
        offending=json.dumps(value),
        rests_on=OpenPoint.N1,
    )


def parse_json(payload: str | bytes) -> Any:
    """Parse as a strict reader does: `NaN` and `Infinity` are no JSON (S124).

    Raises:
        ValueError: the payload is not JSON, or not UTF-8.
    """
    return json.loads(payload, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
