"""`response-shape`: every return value is one Lambda can take, and reads as it was meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from sqs_contract.clauses.verdict import KEPT, NOT_TESTED, Judgement, PoisonPolicy, Violation
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.model.response import ITEM_KEY, REPORT_KEY, Row, parse_json
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.invocations import Invocation

ID: Final = "response-shape"
OWES: Final = (
    "Every return value is one Lambda can serialise and reads as it was meant: right key, right "
    "case, ids of this batch, under the size limit; and a partial report only where the mapping "
    "asks for one."
)

_SHOWN: Final = 160
_RIGHT_SHAPE: Final = 'return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}, ...]}'
_MAX_DEPTH: Final = 6

_BY_ROW: Final = {
    Row.BAD_KEY: "An item of the report has no key itemIdentifier",
    Row.EMPTY_IDENTIFIER: "An item of the report has an empty itemIdentifier",
    Row.UNKNOWN_IDENTIFIER: "An item of the report names no message of this batch",
    Row.NOT_JSON: "The response is not valid JSON",
    Row.OTHER_SHAPE: "The response has a shape that AWS does not document",
}


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge every response of a run."""
    del policy
    tested = False
    violations: dict[tuple[str, str], Violation] = {}
    for invocation in analysis.invocations:
        if invocation.crashed or _says_nothing(invocation):
            continue
        tested = True
        found = _judge_invocation(invocation, analysis)
        if found is not None:
            violations.setdefault(found.identity, found)
    if violations:
        return Judgement(tested=True, violations=tuple(violations.values()))
    return KEPT if tested else NOT_TESTED


def _says_nothing(invocation: Invocation) -> bool:
    outcome = invocation.outcome
    return isinstance(outcome, FunctionError) and outcome.kind not in (
        ErrorKind.UNSERIALISABLE,
        ErrorKind.TOO_LARGE,
    )


def _judge_invocation(invocation: Invocation, analysis: Analysis) -> Violation | None:
    outcome = invocation.outcome
    if isinstance(outcome, FunctionError):
        return _unusable(invocation, outcome)
    if not analysis.reporting:
        return _report_nobody_reads(invocation, outcome)
    row = invocation.reading.row
    if row in _BY_ROW:
        return _spoiled(invocation, row)
    if row is Row.NO_KEY:
        ids = {analysis.messages[name].message_id for name in invocation.names}
        return _misplaced_report(invocation, outcome, ids)
    return None


def _unusable(invocation: Invocation, error: FunctionError) -> Violation:
    large = error.kind is ErrorKind.TOO_LARGE
    return Violation(
        clause=ID,
        mode="too-large" if large else "unserialisable",
        claim=(
            "The response is larger than Lambda takes."
            if large
            else f"Lambda cannot serialise what the handler returned: {error.message}."
        ),
        messages=invocation.names,
        invocation=invocation.number,
        why="AWS takes it for a function error: the whole batch comes back, whatever was done.",
        remedies=("return less", _RIGHT_SHAPE) if large else (_RIGHT_SHAPE,),
    )


def _report_nobody_reads(invocation: Invocation, outcome: Returned) -> Violation | None:
    response = _parsed(outcome)
    items = response.get(REPORT_KEY) if isinstance(response, dict) else None
    if not isinstance(items, list) or not items:
        return None
    return Violation(
        clause=ID,
        mode="reporting-off",
        claim=(
            "The handler reports failed records, but the event source mapping does not ask for "
            "reports (ReportBatchItemFailures is off)."
        ),
        messages=invocation.names,
        invocation=invocation.number,
        why=f"AWS ignores the report: {_all(invocation)} deleted.",
        remedies=(
            "turn on ReportBatchItemFailures in the event source mapping",
            "or raise, so that the whole batch comes back",
        ),
    )


def _spoiled(invocation: Invocation, row: Row) -> Violation:
    offending = invocation.reading.offending
    shown = f": {_shorten(offending)}" if offending is not None else ""
    count = len(invocation.names)
    back = "the record comes" if count == 1 else f"all {count} come"
    why = f"AWS takes the whole batch for failed: {back} back."
    if row is Row.OTHER_SHAPE:
        # What AWS does is not settled (N1), and the report says so.
        why = f"Here it is taken for a failure of the whole batch: {back} back."
    return Violation(
        clause=ID,
        mode=f"row-{row.value}",
        claim=f"{_BY_ROW[row]}{shown}.",
        messages=invocation.names,
        invocation=invocation.number,
        why=why,
        remedies=(_RIGHT_SHAPE, "or return None, {} or an empty list of batchItemFailures"),
    )


def _misplaced_report(
    invocation: Invocation, outcome: Returned, message_ids: Collection[str]
) -> Violation | None:
    """A report that AWS does not find: under another key, in another case, or further down."""
    for path, key, value in _walk(_parsed(outcome), ()):
        meant = (_folded(key) == _folded(REPORT_KEY) and isinstance(value, list)) or (
            _folded(key) == _folded(ITEM_KEY) and value in message_ids
        )
        if meant:
            where = ".".join((*path, key))
            return Violation(
                clause=ID,
                mode="wrong-key",
                claim=f"The report stands under {where!r}, where AWS does not look.",
                messages=invocation.names,
                invocation=invocation.number,
                why=(
                    f"AWS looks for {REPORT_KEY!r} at the top and finds no failure: "
                    f"{_all(invocation)} deleted, the failed ones too."
                ),
                remedies=(_RIGHT_SHAPE,),
            )
    return None


def _walk(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    if len(path) > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield path, key, item
            yield from _walk(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, path)
    elif isinstance(value, str) and REPORT_KEY in value:
        # A report in a string inside the response, as API Gateway's "body" has it.
        try:
            yield from _walk(parse_json(value), path)
        except (ValueError, RecursionError):
            return


def _folded(key: str) -> str:
    """A key as one may misremember it: without case, separators and the plural."""
    return "".join(character for character in key.lower() if character.isalnum()).rstrip("s")


def _parsed(outcome: Returned) -> Any:
    try:
        return parse_json(outcome.payload)
    except (ValueError, RecursionError):
        return None


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _all(invocation: Invocation) -> str:
    count = len(invocation.names)
    return "the record is" if count == 1 else f"all {count} are"
