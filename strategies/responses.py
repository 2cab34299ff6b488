"""What a handler may return: reports as they should be, and what is returned in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.model.response import ITEM_KEY, REPORT_KEY, Row
from sqs_contract.plan import Plan
from sqs_contract.strategies.arguments import shown
from sqs_contract.strategies.expanding import expanded

WELL_FORMED: Final = (Row.EMPTY_LIST, Row.NULL, Row.EMPTY_OBJECT, Row.REPORT)
"""Rows of responses that AWS reads as they are meant (S83), the simplest first."""

ILL_FORMED: Final = (
    Row.NO_KEY, Row.EMPTY_RESPONSE, Row.BAD_KEY, Row.EMPTY_IDENTIFIER, Row.UNKNOWN_IDENTIFIER,
    Row.NOT_JSON, Row.OTHER_SHAPE,
)  # fmt: skip
"""Rows of responses that AWS takes for something else than what was meant."""

_ROWS: Final = (*WELL_FORMED, *ILL_FORMED)
_PLAN_BYTES: Final = 12


def handler_responses(
    batch: Mapping[str, Any] | Iterable[str],
    *,
    well_formed: bool | None = None,
    rows: Iterable[int] | None = None,
) -> st.SearchStrategy[Any]:
    """What a handler may return for a batch, where partial responses are on: reports, and what
    people return instead. They are read by the table of `sqs_contract.model.response` (rows 4
    to 14 of S82-S89).

    Args:
        batch: the event, or the message ids of the batch.
        well_formed: `True`: only what AWS reads as it is meant: nothing failed (`None`, `{}`,
            an empty or a null list), or these records failed. `False`: only what it takes for
            something else. Left out: both.
        rows: the rows of the table to be drawn, by their numbers; instead of `well_formed`.

    Raises:
        InvalidArgument: there is no record in the batch, or no such row.

    Shrinks to the simplest of the first row: an empty list of failures, a response without
    the key, or the row's own; in a report to as few items as can be.
    """
    ids = _ids_of(batch)
    chosen = _chosen(well_formed, rows)
    plans = st.tuples(
        st.integers(0, len(chosen) - 1), st.binary(min_size=_PLAN_BYTES, max_size=_PLAN_BYTES)
    )
    return expanded(
        "handler_responses",
        plans,
        lambda drawn: _MAKE[chosen[drawn[0]]](Plan(drawn[1]), ids),
    )


def _chosen(well_formed: Any, rows: Any) -> Sequence[Row]:
    if rows is None:
        if well_formed not in {None, True, False}:
            raise InvalidArgument(f"well_formed={shown(well_formed)} must be True, False or None")
        return {None: _ROWS, True: WELL_FORMED, False: ILL_FORMED}[well_formed]
    if well_formed is not None:
        raise InvalidArgument("well_formed and rows exclude each other; give one of them")
    given = list(rows) if isinstance(rows, Iterable) else [rows]
    known = sorted(_ROWS)
    for row in given:
        if row not in known:
            raise InvalidArgument(
                f"rows: there is no {shown(row)}; known are {', '.join(map(str, map(int, known)))}"
            )
    if not given:
        raise InvalidArgument("rows=[] must name at least one row")
    return [Row(row) for row in given]


def _ids_of(batch: Any) -> tuple[str, ...]:
    found: Any = batch
    if isinstance(batch, Mapping):
        found = [record["messageId"] for record in batch.get("Records", ())]
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise InvalidArgument(f"batch={shown(batch)} must be an event, or a list of message ids")
    ids = tuple(found)
    if not ids or not all(isinstance(item, str) and item for item in ids):
        raise InvalidArgument(
            f"batch={shown(batch)} must hold at least one record; ids are texts that are not empty"
        )
    return ids


_Ids = tuple[str, ...]


def _some(plan: Plan, ids: _Ids) -> list[str]:
    """One id, or several."""
    first = plan.below(min(len(ids), 256))
    more = [item for item in ids if plan.often(96)]
    return list(dict.fromkeys([ids[first], *more]))


def _items(ids: Iterable[str]) -> list[Any]:
    return [{ITEM_KEY: item} for item in ids]


def _report(plan: Plan, ids: _Ids) -> Any:
    items = _items(_some(plan, ids))
    if plan.often(32):
        items.append(items[0])  # S89: twice is once
    report: dict[str, Any] = {REPORT_KEY: items}
    if plan.often(32):
        report["statusCode"] = 200  # a key too many does no harm
    return report


def _spoiled(bad: Callable[[Plan, str], Any]) -> Callable[[Plan, _Ids], Any]:
    """A report with a bad item, alone or behind good ones (S84)."""

    def make(plan: Plan, ids: _Ids) -> Any:
        spoiling = bad(plan, plan.choose(ids[:256]))
        good = _items(_some(plan, ids)) if plan.often(96) else []
        return {REPORT_KEY: [*good, spoiling]}

    return make


def _no_key(plan: Plan, ids: _Ids) -> Any:
    some = _items(ids[:1])
    return plan.choose(
        (
            {"statusCode": 200},
            {"BatchItemFailures": some},
            {"batch_item_failures": some},
            {"batchItemFailure": some},
            {"failures": [ids[0]]},
            {"statusCode": 200, "body": "{}"},
        )
    )


def _bad_key(plan: Plan, item: str) -> Any:
    keys = ("ItemIdentifier", "itemidentifier", "messageId", "item_identifier", "id")
    return {} if plan.often(32) else {plan.choose(keys): item}


def _unknown(plan: Plan, item: str) -> Any:
    return {
        ITEM_KEY: plan.choose(
            ("no-such-id", f"{item} ", f"AQEB{item}", 123, True, [item], {"messageId": item})
        )
    }


def _not_json(plan: Plan, ids: _Ids) -> Any:
    return plan.choose(
        (b"not json", b"", float("nan"), {"score": float("inf")}, b'{"batchItemFailures": [',
         b'"\xff"', {REPORT_KEY: _items(ids[:1]), "score": float("nan")})
    )  # fmt: skip


def _other_shape(plan: Plan, ids: _Ids) -> Any:
    return plan.choose(
        ("ok", 7, True, False, 0, [ids[0]], _items(ids[:1]), {REPORT_KEY: ids[0]},
         {REPORT_KEY: [ids[0]]}, {REPORT_KEY: {ITEM_KEY: ids[0]}}, {REPORT_KEY: 0})
    )  # fmt: skip


_MAKE: Final[dict[Row, Callable[[Plan, _Ids], Any]]] = {
    Row.EMPTY_LIST: lambda plan, _: {REPORT_KEY: plan.choose(([], None))},
    Row.NULL: lambda *_: None,
    Row.EMPTY_OBJECT: lambda *_: {},
    Row.REPORT: _report,
    Row.NO_KEY: _no_key,
    Row.EMPTY_RESPONSE: lambda plan, _: plan.choose(("", [])),
    Row.BAD_KEY: _spoiled(_bad_key),
    Row.EMPTY_IDENTIFIER: _spoiled(lambda plan, _: {ITEM_KEY: plan.choose(("", None))}),
    Row.UNKNOWN_IDENTIFIER: _spoiled(_unknown),
    Row.NOT_JSON: _not_json,
    Row.OTHER_SHAPE: _other_shape,
}
