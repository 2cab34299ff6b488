"""The handlers of recorded programs: when they raise, what they return or report.

Owns the little language in which a program says so. Knows no queue.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.conformance.reading import NotRunnable, Section, whole_number
from sqs_contract.model.invocation import ErrorKind, FunctionError, Outcome, Returned, timed_out
from sqs_contract.model.limits import SECOND_MS

_EVENT: Final = "the event itself"
_RAISES: Final = re.compile(r"raises \w+")
_CONDITION: Final = re.compile(r"(\w+) (<=|>=|==|!=|<|>) (\w+)")
_RECEIVE_COUNT: Final = "ApproximateReceiveCount"
_FAIL_ATTEMPTS: Final = "fail_attempts"
_OPERATORS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_RAISED: Final = FunctionError(
    kind=ErrorKind.RAISED, error_type="Exception", message="the handler of the program raises"
)

Condition = Callable[[str, int], bool]
"""Whether something holds for a record, by its body and its receive count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A handler of a program.

    Attributes:
        raises: it raises if this holds for a record.
        reports: it reports each record for which this holds.
        returns: what it returns, JSON text; `None`: the event it was given.
        duration_ms: how long it takes.
    """

    raises: Condition | None = None
    reports: Condition | None = None
    returns: str | None = "null"
    duration_ms: int = 0

    def invoke(self, event: Mapping[str, Any], timeout_ms: int) -> tuple[Outcome, int]:
        """What an invocation comes to, and how long it takes."""
        if self.duration_ms > timeout_ms:
            return timed_out("", timeout_ms), timeout_ms
        return self._outcome(event), self.duration_ms

    def _outcome(self, event: Mapping[str, Any]) -> Outcome:
        records: Sequence[Mapping[str, Any]] = event["Records"]
        if self.raises is not None and any(_holds(self.raises, record) for record in records):
            return _RAISED
        if self.reports is not None:
            failures = [
                {"itemIdentifier": record["messageId"]}
                for record in records
                if _holds(self.reports, record)
            ]
            return Returned(json.dumps({"batchItemFailures": failures}))
        return Returned(json.dumps(event) if self.returns is None else self.returns)


def read_handler(handler: Section, fail_attempts: Mapping[str, int]) -> Handler | None:
    """Read a handler; `None` where the program has none.

    Raises:
        NotRunnable: it says something in prose.
    """
    raises = reports = None
    returns: str | None = "null"
    said = handler.names()
    if handler.has("raise_if"):
        raises = _condition(handler.text("raise_if"), fail_attempts)
    if handler.flag("raise_always"):
        raises = _always
    if handler.has("report_if"):
        reports = _condition(handler.text("report_if"), fail_attempts)
    if handler.has("return"):
        value = handler.take("return")
        if isinstance(value, str) and _RAISES.fullmatch(value):
            raises = _always
        else:
            returns = _returned(value)
    duration_ms = handler.number("sleep_seconds", 0) * SECOND_MS
    if duration_ms < 0:
        raise NotRunnable(f"handler.sleep_seconds is {duration_ms // SECOND_MS}")
    if handler.has("ok") and not handler.flag("ok"):
        raise NotRunnable("handler.ok is false, which says nothing")
    handler.done()
    if not said:
        return None
    return Handler(raises=raises, reports=reports, returns=returns, duration_ms=duration_ms)


def _returned(value: Any) -> str | None:
    """What a handler returns, as JSON text; `None` is the event."""
    if value == _EVENT:
        return None
    if isinstance(value, str) and " " in value:
        raise NotRunnable(f"handler.return is prose: {value!r}")
    return json.dumps(value)


def _condition(text: str, fail_attempts: Mapping[str, int]) -> Condition:
    said = _CONDITION.fullmatch(text)
    if said is None:
        raise NotRunnable(f"the handler's condition is prose: {text!r}")
    left, compare, right = (
        _operand(said[1], text, fail_attempts),
        _OPERATORS[said[2]],
        _operand(said[3], text, fail_attempts),
    )
    return lambda body, count: compare(left(body, count), right(body, count))


def _operand(
    name: str, condition: str, fail_attempts: Mapping[str, int]
) -> Callable[[str, int], int]:
    if name == _RECEIVE_COUNT:
        return lambda _, count: count
    if name == _FAIL_ATTEMPTS:
        if fail_attempts:
            return lambda body, _: fail_attempts.get(body, 0)
        return lambda body, _: _attempts_in(body, condition)
    if name.isdecimal():
        return lambda _body, _count: int(name)
    raise NotRunnable(f"the handler's condition names {name}, which is not given: {condition!r}")


def _attempts_in(body: str, condition: str) -> int:
    """What a body says itself of how often it fails, as those of the recordings do."""
    try:
        return whole_number(json.loads(body)[_FAIL_ATTEMPTS])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotRunnable(
            f"the handler's condition names {_FAIL_ATTEMPTS}, which is not given: {condition!r}"
        ) from None


def _always(_body: str, _count: int) -> bool:
    return True


def _holds(condition: Condition, record: Mapping[str, Any]) -> bool:
    return condition(record["body"], int(record["attributes"][_RECEIVE_COUNT]))
