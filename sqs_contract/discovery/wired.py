"""What puts messages into a queue, as the template wires it, and bodies as that writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from sqs_contract.deployment.resources import Bucket, Queue, Rule, Stack, Subscription
from sqs_contract.strategies import eventbridge_events, s3_notifications, sns_envelopes

_TEST_EVENT: Final = "s3:TestEvent"


@dataclass(frozen=True, slots=True)
class Wire:
    """Something that sends to a queue.

    Attributes:
        told: what it is, for a report: "S3 notifications of bucket Inbox".
        bodies: a strategy of what it writes; `None` where the template does not tell its form.
    """

    told: str
    bodies: st.SearchStrategy[str] | None


def wires_of(stack: Stack, queue: Queue) -> list[Wire]:
    """What is wired to a queue, in the order of the template."""
    return [*_buckets(stack, queue), *_topics(stack, queue), *_rules(stack, queue)]


def _buckets(stack: Stack, queue: Queue) -> Iterator[Wire]:
    for bucket in stack.buckets:
        if queue.arn in bucket.notifies:
            yield Wire(
                f"S3 notifications of bucket {bucket.id}",
                _s3_bodies(bucket, _events_of(bucket, queue)),
            )


def _events_of(bucket: Bucket, queue: Queue) -> tuple[str, ...]:
    """The kinds of events a queue hears of: "s3:ObjectCreated:*"."""
    told = bucket.properties.get("NotificationConfiguration")
    configurations = told.get("QueueConfigurations") if isinstance(told, Mapping) else None
    found: list[str] = []
    for one in configurations if isinstance(configurations, list) else ():
        if isinstance(one, Mapping) and one.get("Queue") == queue.arn:
            events = one.get("Events", one.get("Event"))
            found += events if isinstance(events, list) else [events]
    return tuple(str(event) for event in found)


def _s3_bodies(bucket: Bucket, events: tuple[str, ...]) -> st.SearchStrategy[str]:
    starts = tuple(event.removeprefix("s3:").removesuffix("*") for event in events)

    def is_wanted(body: str) -> bool:
        data = json.loads(body)
        if data.get("Event") == _TEST_EVENT or not starts:
            return True
        return all(record["eventName"].startswith(starts) for record in data["Records"])

    def named(body: str) -> str:
        data = json.loads(body)
        if "Bucket" in data:
            data["Bucket"] = bucket.name
        for record in data.get("Records", ()):
            record["s3"]["bucket"]["name"] = bucket.name
            record["s3"]["bucket"]["arn"] = bucket.arn
        return _compact(data)

    return s3_notifications().filter(is_wanted).map(named)


def _topics(stack: Stack, queue: Queue) -> Iterator[Wire]:
    for subscription in stack.subscriptions:
        if subscription.protocol != "sqs" or subscription.endpoint != queue.arn:
            continue
        topic = next((item for item in stack.topics if item.arn == subscription.topic), None)
        name = topic.id if topic is not None else str(subscription.topic).rsplit(":", 1)[-1]
        if subscription.raw:
            # As they were published, which the template does not tell.
            yield Wire(f"messages of topic {name}, raw", None)
        else:
            yield Wire(f"messages of topic {name} in the envelope of SNS", _sns(subscription))


def _sns(subscription: Subscription) -> st.SearchStrategy[str]:
    arn = str(subscription.topic)

    def named(body: str) -> str:
        data = json.loads(body)
        data["UnsubscribeURL"] = data["UnsubscribeURL"].replace(data["TopicArn"], arn)
        data["TopicArn"] = arn
        return json.dumps(data, ensure_ascii=False, indent=2, separators=(",", " : "))

    return sns_envelopes(fifo=arn.endswith(".fifo")).map(named)


def _rules(stack: Stack, queue: Queue) -> Iterator[Wire]:
    for rule in stack.rules:
        for target, plain in rule.targets:
            if target != queue.arn:
                continue
            told = f"events of rule {rule.id}"
            yield Wire(told, _event_bodies(rule) if plain else None)


def _event_bodies(rule: Rule) -> st.SearchStrategy[str] | None:
    """Events that match the rule: the fields its pattern names one by one are set so."""
    if rule.pattern is None:
        fixed: dict[str, Any] = {
            "detail-type": ["Scheduled Event"],
            "source": ["aws.events"],
            "resources": [[rule.arn]],
            "detail": [{}],
        }
    else:
        fixed = {
            key: values
            for key in ("source", "detail-type", "region", "account")
            if (values := _literal(rule.pattern.get(key)))
        }
        # What a pattern says beyond that cannot be drawn to match.
        if not set(rule.pattern) <= {*fixed, "account", "region", "detail"}:
            return None
    detail = rule.pattern.get("detail") if rule.pattern is not None else None
    chosen = _details(detail) if isinstance(detail, Mapping) else {}
    if chosen is None:
        return None

    def matching(drawn: tuple[str, int]) -> str:
        body, choice = drawn
        data = json.loads(body)
        for key, values in fixed.items():
            data[key] = values[choice % len(values)]
        if chosen:
            data["detail"] = _merged(data["detail"], chosen, choice)
        return _compact(data)

    return st.tuples(eventbridge_events(), st.integers(0, 11)).map(matching)


def _literal(values: Any) -> list[Any]:
    """The values a pattern names; empty where it says it in any other way."""
    if not isinstance(values, list):
        return []
    return values if all(isinstance(item, str | int | bool) for item in values) else []


def _details(pattern: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a detail a pattern names; `None` where one is said otherwise."""
    found: dict[str, Any] = {}
    for key, value in pattern.items():
        if isinstance(value, Mapping):
            inner = _details(value)
            if inner is None:
                return None
            found[key] = inner
        else:
            literal = _literal(value)
            if not literal:
                return None
            found[key] = literal
    return found


def _merged(detail: Any, chosen: Mapping[str, Any], choice: int) -> dict[str, Any]:
    made = dict(detail) if isinstance(detail, dict) else {}
    for key, value in chosen.items():
        if isinstance(value, list):
            made[key] = value[choice % len(value)]
        else:
            made[key] = _merged(made.get(key), value, choice)
    return made


_compact: Final[Callable[[Any], str]] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":")
).encode
