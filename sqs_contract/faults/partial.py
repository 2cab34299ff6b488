"""Calls that carry several entries, of which some fail although the call succeeds.

The answer is a success of HTTP, with a list of what failed in it. What is
struck is the last entry: it is left out of the request, so that it takes no
effect, and told as failed in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_MESSAGE: Final = "An internal error occurred."
Parameters = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Split:
    """A call cut in two: what is sent, if anything is left, and how the answer is completed."""

    rest: Parameters | None
    complete: Callable[[Answer], Answer]


_Form = Callable[[Mapping[str, Any]], _Split | None]
"""How one operation lists its entries and tells which failed; `None` without an entry."""


def _by_id(name: str) -> _Form:
    """Entries with an id, answered in two lists: those that succeeded and those that failed."""

    def split(parameters: Mapping[str, Any]) -> _Split | None:
        entries = _entries(parameters, name)
        if not entries:
            return None
        failed = {
            "Id": entries[-1]["Id"],
            "SenderFault": False,
            "Code": "InternalError",
            "Message": _MESSAGE,
        }
        return _Split(
            {**parameters, name: entries[:-1]} if entries[:-1] else None,
            lambda answer: {**answer, "Failed": [*answer.get("Failed", ()), failed]},
        )

    return split


def _by_place(name: str, results: str, count: str, code: str) -> _Form:
    """Entries without an id, answered by a list in the order of the entries, and a count."""

    def split(parameters: Mapping[str, Any]) -> _Split | None:
        entries = _entries(parameters, name)
        if not entries:
            return None
        failed = {"ErrorCode": code, "ErrorMessage": _MESSAGE}
        return _Split(
            {**parameters, name: entries[:-1]} if entries[:-1] else None,
            lambda answer: {
                **answer,
                results: [*answer.get(results, ()), failed],
                count: answer.get(count, 0) + 1,
            },
        )

    return split


def _unprocessed_items(parameters: Mapping[str, Any]) -> _Split | None:
    """DynamoDB's writes, by table."""
    tables = _tables(parameters)
    table = next((name for name in reversed(tables) if tables[name]), None)
    if table is None:
        return None
    struck = tables[table][-1]
    rest = {**tables, table: tables[table][:-1]}
    rest = {name: requests for name, requests in rest.items() if requests}

    def complete(answer: Answer) -> Answer:
        left = dict(answer.get("UnprocessedItems", {}))
        return {**answer, "UnprocessedItems": {**left, table: [*left.get(table, ()), struck]}}

    return _Split({**parameters, "RequestItems": rest} if rest else None, complete)


def _unprocessed_keys(parameters: Mapping[str, Any]) -> _Split | None:
    """DynamoDB's reads, by table."""
    tables = _tables(parameters)
    table = next((name for name in reversed(tables) if tables[name]["Keys"]), None)
    if table is None:
        return None
    wanted = tables[table]
    rest = {**tables, table: {**wanted, "Keys": wanted["Keys"][:-1]}}
    rest = {name: request for name, request in rest.items() if request["Keys"]}

    def complete(answer: Answer) -> Answer:
        left = dict(answer.get("UnprocessedKeys", {}))
        keys = [*left.get(table, {}).get("Keys", ()), wanted["Keys"][-1]]
        return {
            "Responses": {},
            **answer,
            "UnprocessedKeys": {**left, table: {**wanted, "Keys": keys}},
        }

    return _Split({**parameters, "RequestItems": rest} if rest else None, complete)


def _deleted_objects(parameters: Mapping[str, Any]) -> _Split | None:
    """S3's deletes, by key."""
    delete = parameters["Delete"]
    objects = _entries(delete, "Objects")
    if not objects:
        return None
    failed = {"Key": objects[-1]["Key"], "Code": "InternalError", "Message": _MESSAGE}
    rest = {**parameters, "Delete": {**delete, "Objects": objects[:-1]}}
    return _Split(
        rest if objects[:-1] else None,
        lambda answer: {**answer, "Errors": [*answer.get("Errors", ()), failed]},
    )


_FORMS: Final[Mapping[str, _Form]] = {
    "sqs.SendMessageBatch": _by_id("Entries"),
    "sqs.DeleteMessageBatch": _by_id("Entries"),
    "sqs.ChangeMessageVisibilityBatch": _by_id("Entries"),
    "sns.PublishBatch": _by_id("PublishBatchRequestEntries"),
    "dynamodb.BatchWriteItem": _unprocessed_items,
    "dynamodb.BatchGetItem": _unprocessed_keys,
    "kinesis.PutRecords": _by_place("Records", "Records", "FailedRecordCount", "InternalFailure"),
    "firehose.PutRecordBatch": _by_place(
        "Records", "RequestResponses", "FailedPutCount", "ServiceUnavailableException"
    ),
    "events.PutEvents": _by_place("Entries", "Entries", "FailedEntryCount", "InternalFailure"),
    "s3.DeleteObjects": _deleted_objects,
}


def can_partly_fail(service: str, operation: str) -> bool:
    """Whether an operation's answer may be a success for some of its entries only."""
    return f"{service}.{operation}" in _FORMS


def answer_partly_failed(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    send: Callable[[Parameters], Answer],
    nothing: Answer,
) -> Answer | None:
    """Make a call whose last entry fails; `send` makes the call for the others. Where there
    are no others, nothing is sent, and `nothing` is what the answer is made of.

    Returns `None` where nothing was sent because there is nothing to strike: the operation has
    no entries, or they are in a form the SDK does not take. What `send` raises passes through.
    """
    form = _FORMS.get(f"{service}.{operation}")
    try:
        split = None if form is None else form(parameters)
    except (KeyError, TypeError, AttributeError, IndexError):
        return None  # what is wrong with it is for the SDK to say
    if split is None:
        return None
    return split.complete(nothing if split.rest is None else send(split.rest))


def _entries(parameters: Mapping[str, Any], name: str) -> list[Any]:
    entries = parameters.get(name)
    return list(entries) if isinstance(entries, list | tuple) else []


def _tables(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return dict(parameters["RequestItems"])
