"""What a session came to, told to a person and to a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqs_contract.clauses.verdict import Verdict
from sqs_contract.fault_plan import Fault, FaultKind
from sqs_contract.history import (
    Called,
    DeleteRequested,
    Event,
    Received,
    Released,
    Struck,
    event_to_json,
)
from sqs_contract.proxy.book import Tracked
from sqs_contract.proxy.rules import Rules
from sqs_contract.proxy.session import Result
from sqs_contract.report.text import WIDTH, clip, columns, escape, labelled, plural, shorten, wrap
from sqs_contract.scenario import SCHEMA

_ID: Final = 16
_BODY: Final = 60
_EVENTS_MAX: Final = 40
"""So many lines of what happened are shown around a violation; the history has them all."""
_MARKS: Final = {
    Verdict.HELD: "held",
    Verdict.VIOLATED: "VIOLATED",
    Verdict.NOT_CHECKED: "not checked",
}
_STRUCK: Final[Mapping[FaultKind, str]] = {
    FaultKind.DUPLICATE_IN_BATCH: "{message} is in the batch twice",
    FaultKind.DUPLICATE_LATER: "{message} comes once more, although it was deleted",
    FaultKind.LOST_DELETE: "the delete of {message} is answered, and not done",
    FaultKind.OVERTAKEN: "{message} is not found yet",
    FaultKind.EXPIRED_HANDLE: "the receipt handle of {message} has expired",
}
_STRUCK_CALL: Final[Mapping[FaultKind, str]] = {
    FaultKind.ANSWER_LOST: "done, and the answer lost; retries fail",
    FaultKind.ANSWER_LOST_ONCE: "done, and the answer lost",
    FaultKind.CALL_FAILS: "the service fails at every try",
    FaultKind.CALL_THROTTLED: "throttled at every try",
    FaultKind.NO_CONNECTION: "no connection at any try",
    FaultKind.SLOW: "the answer is slow",
    FaultKind.EMPTY_RECEIVE: "answered as if there were no message",
    FaultKind.PARTLY_FAILS: "the last entry fails, at every try",
    FaultKind.PARTLY_FAILS_ONCE: "the last entry fails",
}


def render(title: str, results: Sequence[Result], rules: Rules, why: str) -> list[str]:
    """The whole report: each violation, then a line for each clause."""
    lines: list[str] = []
    for result in results:
        if result.violation is not None:
            lines += [*_violation(result, title, rules), ""]
    lines.append(escape(title))
    for result in results:
        lines.append(f"  {result.clause:<{_ID}}{_MARKS[result.verdict]}")
        if result.verdict is Verdict.NOT_CHECKED:
            lines += wrap(result.reason, 2 + _ID)
    struck = sum(_is_fault(event) for event in rules.events)
    seen = plural(len(rules.book.messages), "message")
    return [*lines, "", *wrap(f"{seen}, {plural(struck, 'fault')} struck; ended: {why}", 2)]


def _violation(result: Result, title: str, rules: Rules) -> Iterator[str]:
    violation = result.violation
    assert violation is not None, "that is why it is told"
    head = f"VIOLATED  {violation.clause}"
    gap = max(WIDTH - len(head) - columns(escape(title)), 2)
    yield f"{head}{' ' * gap}{escape(title)}"
    yield ""
    yield from wrap(f"{violation.claim} {violation.why}", 2)
    yield ""
    tracked = {message.name: message for message in rules.book.messages.values()}
    for number, name in enumerate(violation.messages):
        label = "" if number else "messages"
        yield f"    {label:<10}{_described(tracked[name])}"
    yield ""
    yield "  What happened to them"
    told = [line for event in rules.events for line in _lines(event, violation.messages)]
    for line in told[:_EVENTS_MAX]:
        yield f"    {clip(line, WIDTH - 4)}"
    if len(told) > _EVENTS_MAX:
        yield f"    and {len(told) - _EVENTS_MAX} more: see --history"
    yield ""
    yield "  Ways out"
    for remedy in violation.remedies:
        yield from labelled("    - ", remedy, 6)


def _described(message: Tracked) -> str:
    group = f"   (group {escape(message.group_id)})" if message.group_id else ""
    name = escape(message.name)
    return f"{name}  {shorten(message.body, _BODY - columns(name) - columns(group))}{group}"


def _lines(event: Event, names: Sequence[str]) -> Iterator[str]:
    """An event in words, if it is about one of these messages or a fault at a call."""
    match event:
        case Received():
            records = [record for record in event.records if record.message in names]
            if records:
                told = "  ".join(
                    f"{escape(record.message)} (receive {record.receive_count})"
                    for record in records
                )
                others = len(event.records) - len(records)
                yield f"received  {told}" + (f"  and {plural(others, 'other')}" if others else "")
        case DeleteRequested() if event.message in names:
            heard = f"  -> {escape(event.answer)}" if event.answer else ""
            yield f"delete asked for  {escape(event.message)}{heard}"
        case Released() if event.message in names:
            yield f"given back  {escape(event.message)}"
        case Struck(message=str(message)) if message in names:
            yield f"fault: {_STRUCK[event.fault].format(message=escape(message))}"
        case Called(fault=FaultKind() as fault):
            yield f"{escape(event.site)}  fault: {_STRUCK_CALL[fault]}"
        case _:
            return


def document(results: Sequence[Result], rules: Rules, seed: int | None) -> dict[str, Any]:
    """The history of a session, with the scenario to play it again, as JSON data."""
    return {
        "schema": SCHEMA,
        "scenario": {
            "schema": SCHEMA,
            "messages": [_message(message) for message in rules.book.messages.values()],
            "faults": [fault.to_json() for fault in faults_struck(rules.events)],
            **({} if seed is None else {"seed": seed}),
        },
        "history": [event_to_json(event) for event in rules.events],
        "clauses": [_clause(result) for result in results],
    }


def faults_struck(events: Sequence[Event]) -> list[Fault]:
    """The faults of a history, as a plan: the same consumer meets the same again."""
    deliveries: dict[str, int] = {}
    asked: dict[str, int] = {}
    found: list[Fault] = []
    for event in events:
        match event:
            case Received():
                for record in event.records:
                    deliveries[record.message] = deliveries.get(record.message, 0) + 1
                    asked[record.message] = deliveries[record.message]
            case Struck(message=str(name)):
                before = event.fault in (FaultKind.OVERTAKEN, FaultKind.DUPLICATE_IN_BATCH)
                nth = deliveries.get(name, 0) + before
                found.append(Fault(kind=event.fault, message=name, nth=nth))
            case Called(fault=FaultKind() as kind):
                found.append(Fault(kind=kind, site=event.site, nth=event.nth))
            case _:
                pass
    return found


def _message(message: Tracked) -> dict[str, Any]:
    group = {} if message.group_id is None else {"messageGroupId": message.group_id}
    return {"name": message.name, "body": message.body, **group}


def _clause(result: Result) -> dict[str, Any]:
    violation = result.violation
    return {
        "id": result.clause,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "explanation": None
        if violation is None
        else {
            "mode": violation.mode,
            "claim": violation.claim,
            "why": violation.why,
            "messages": list(violation.messages),
            "remedies": list(violation.remedies),
        },
    }


def _is_fault(event: Event) -> bool:
    return isinstance(event, Struck | Called) and event.fault is not None
