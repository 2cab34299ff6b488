"""Bodies in sample files: an SQS event, a captured record or message, or a bare body.

Sample files lie beside templates for `sam local invoke` and the like; some are events of other
services, which no queue sees.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Sample:
    """A body, and the queue its record says it came from, if it says."""

    body: str
    queue: str | None = None


_API: Final = ("httpMethod", "requestContext", "rawPath", "routeKey", "methodArn")
_OTHERS: Final = frozenset(
    {"aws:dynamodb", "aws:kinesis", "aws:codecommit", "aws:ses", "aws:kafka", "SelfManagedKafka"}
)


def samples_in(data: Any) -> list[Sample] | str:
    """The bodies in the data of a sample file, or what else it is: "an API Gateway event"."""
    if isinstance(data, Mapping):
        records = data.get("Records")
        if isinstance(records, list) and records:
            return _of_records(records, data)
        if isinstance(data.get("Messages"), list):  # what `aws sqs receive-message` prints
            return list(_of_messages(data["Messages"]))
        if _is_record(data):
            return [_sample(data)]
        if any(key in data for key in _API):
            return "an API Gateway event"
        if "awslogs" in data or "deliveryStreamArn" in data or "triggerSource" in data:
            return "an event of another service"
    if isinstance(data, list) and data and all(_is_record(item) for item in data):
        return [_sample(item) for item in data]
    return [Sample(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False))]


def is_sqs_event(data: Any) -> bool:
    """Whether it is an event of SQS, or messages as they were received."""
    if not isinstance(data, Mapping):
        return False
    items = data.get("Records", data.get("Messages"))
    return isinstance(items, list) and bool(items) and all(map(_is_record, items))


def _of_records(records: list[Any], data: Mapping[str, Any]) -> list[Sample] | str:
    first = records[0]
    if not isinstance(first, Mapping):
        return [Sample(json.dumps(data, ensure_ascii=False))]
    if all(_is_record(item) for item in records):
        return [_sample(item) for item in records]
    source = first.get("eventSource", first.get("EventSource"))
    if source in _OTHERS or "kinesis" in first or "dynamodb" in first:
        return f"an event of {source or 'a stream'}"
    if source == "aws:sns":
        return "what SNS hands to a function, which is not what it puts into a queue"
    # What S3 hands to a function is what it puts into a queue (S145).
    return [Sample(json.dumps(data, ensure_ascii=False))]


def _of_messages(messages: list[Any]) -> Iterator[Sample]:
    for message in messages:
        if isinstance(message, Mapping) and isinstance(message.get("Body"), str):
            yield Sample(message["Body"])


def _is_record(data: Any) -> bool:
    """Whether it is a record of an event, or a message as it was received."""
    if not isinstance(data, Mapping):
        return False
    if isinstance(data.get("Body"), str) and "MessageId" in data:
        return True
    return isinstance(data.get("body"), str) and (
        data.get("eventSource") == "aws:sqs" or {"messageId", "receiptHandle"} & set(data) != set()
    )


def _sample(record: Mapping[str, Any]) -> Sample:
    if "body" not in record:
        return Sample(record["Body"])
    arn = record.get("eventSourceARN")
    queue = arn.rsplit(":", 1)[-1] if isinstance(arn, str) else None
    return Sample(record["body"], queue)
