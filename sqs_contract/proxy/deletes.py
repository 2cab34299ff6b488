"""Deletes and changes of visibility, single and in batches, entry by entry.

Owns how the entries of a call are taken apart, and how what became of each is put together
into one answer again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.proxy.rules import Course, Forward
from sqs_contract.proxy.upstream import Answer
from sqs_contract.proxy.wire import Call

_SERVER_ERROR = 500
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a call; the call itself, where it is no batch."""

    entry_id: str | None
    handle: str
    seconds: object = None


def entries_of(call: Call) -> list[Entry]:
    """The entries of a call, in their order; none, where they are not what they should be:
    then the endpoint says what is wrong with them."""
    if not call.operation.endswith("Batch"):
        handle = call.parameters.get("ReceiptHandle")
        return [_entry(None, handle, call.parameters)] if isinstance(handle, str) else []
    given = call.parameters.get("Entries")
    found: list[Entry] = []
    for item in given if isinstance(given, list) else ():
        entry_id = item.get("Id") if isinstance(item, Mapping) else None
        handle = item.get("ReceiptHandle") if isinstance(item, Mapping) else None
        if not isinstance(entry_id, str) or not isinstance(handle, str):
            return []
        found.append(_entry(entry_id, handle, item))
    return found


def _entry(entry_id: str | None, handle: str, data: Mapping[str, Any]) -> Entry:
    return Entry(entry_id=entry_id, handle=handle, seconds=data.get("VisibilityTimeout"))


def requests_of(
    call: Call, entries: Sequence[Entry], courses: Sequence[Course]
) -> Mapping[str, Any] | None:
    """The parameters of what goes on to the endpoint; `None` if nothing does.

    A call without entries goes on as it is.
    """
    if not entries:
        return call.parameters
    forwarded = [
        (number, course.handle)
        for number, course in enumerate(courses)
        if isinstance(course, Forward)
    ]
    if not forwarded:
        return None
    if entries[0].entry_id is None:
        return {**call.parameters, "ReceiptHandle": forwarded[0][1]}
    given = call.parameters["Entries"]
    kept = [{**given[number], "ReceiptHandle": handle} for number, handle in forwarded]
    return {**call.parameters, "Entries": kept}


def told_by(
    entries: Sequence[Entry],
    courses: Sequence[Course],
    result: Mapping[str, Any],
    answer: Answer | None,
) -> list[tuple[bool, str | None]]:
    """For each entry, whether the endpoint did it, and the code of its error if it did not."""
    if answer is not None and answer.status != _OK:
        code = answer.headers.get("x-amzn-query-error", str(answer.status)).partition(";")[0]
        return [(False, code)] * len(entries)
    failed = {str(item.get("Id")): str(item.get("Code")) for item in result.get("Failed") or ()}
    return [
        (False, failed[entry.entry_id])
        if entry.entry_id is not None and entry.entry_id in failed
        else (isinstance(course, Forward), None)
        for entry, course in zip(entries, courses, strict=True)
    ]


def answer_of(
    entries: Sequence[Entry], courses: Sequence[Course], result: Mapping[str, Any]
) -> Mapping[str, Any] | Refusal:
    """What the consumer is answered, where not every entry went on to the endpoint."""
    if entries and entries[0].entry_id is None:
        return courses[0] if isinstance(courses[0], Refusal) else {}
    done = [*(result.get("Successful") or ())]
    failed = [*(result.get("Failed") or ())]
    for entry, course in zip(entries, courses, strict=True):
        if isinstance(course, Refusal):
            failed.append(
                {
                    "Id": entry.entry_id,
                    "SenderFault": course.status < _SERVER_ERROR,
                    "Code": course.code,
                    "Message": course.message,
                }
            )
        elif not isinstance(course, Forward):
            done.append({"Id": entry.entry_id})
    return {"Successful": done, **({"Failed": failed} if failed else {})}
