"""Events of a FIFO queue: groups, sequence numbers, deduplication ids."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION
from sqs_contract.strategies.arguments import (
    check_bodies,
    check_body,
    check_sizes,
)
from sqs_contract.strategies.expanding import expanded
from sqs_contract.strategies.fitting import fitting
from sqs_contract.strategies.places import chosen_places
from sqs_contract.strategies.rendering import RECORD_BYTES, Source, expand_record, source_of
from sqs_contract.strategies.sent import S3_SENDER, SNS_SENDER, Sent

FIFO_BATCH_MAX: Final = 10
"""Most records of one event (S68)."""

GROUPS: Final = 3
"""Message groups in one event, at the most."""

LINE_BYTES: Final = 1 + RECORD_BYTES
"""Length of the plan of a record in line: one byte for its group and deduplication, and its own."""
_PLACE_BYTES: Final = 1 + LINE_BYTES

_FIRST_SEQUENCE: Final = 18_849_496_460_467_696_128
"""Twenty digits (S53)."""
_SEQUENCE_STEP: Final = 256
_PLACE_MS: Final = 100_000
"""More than the ages of two messages differ by: who is in front was sent before."""


def fifo_events(
    *,
    bodies: st.SearchStrategy[Any] | None = None,
    min_records: int = 1,
    max_records: int = FIFO_BATCH_MAX,
    queue_name: str = "orders.fifo",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT,
    dead_letter_source: str | None = None,
    max_receive_count: int | None = None,
) -> st.SearchStrategy[dict[str, Any]]:
    """Events of a FIFO queue, as a Lambda handler receives them (S1-S22, S45).

    Every record has a SequenceNumber, a MessageGroupId and a MessageDeduplicationId
    (S9): the SHA-256 of the body, or one the producer chose. An event holds up to
    three groups, the records of one after the other and in their order: sequence
    numbers and times only grow in a group, and no message was received more often
    than the one in front of it (S46). There is no batching window (S68).

    Args:
        bodies: draws bodies, or `Sent`, as `envelopes` does. Left out: realistic bodies, as
            `message_bodies` draws them.
        min_records: fewest records; an event is never empty (S1).
        max_records: most records; 10 at the most (S68).
        queue_name: the queue the records come from; it ends in `.fifo` (S16).
        region: its region.
        account: its account.
        dead_letter_source: the FIFO queue whose dead-letter queue this is. Most records then
            say that they were moved from there (S12), deduplicated by their message id (S61).
        max_receive_count: that of the queue's redrive policy: no message was received more
            often (S57). Left out: none, and counts of up to 6; in a dead-letter queue one more.

    Shrinks to one record of the first group, received once, without attributes, with the
    simplest body.
    """
    sizes = range(1, FIFO_BATCH_MAX + 1)
    check_sizes("min_records", min_records, "max_records", max_records, sizes)
    check_bodies(bodies)
    source = source_of(
        queue_name, region, account, dead_letter_source, max_receive_count, fifo=True
    )
    events = _FifoEvents(source=source, fewest=min_records)
    if bodies is None:
        size = 1 + max_records * _PLACE_BYTES
        return expanded("fifo_events", st.binary(min_size=size, max_size=size), events.expand)
    plans = st.binary(min_size=LINE_BYTES, max_size=LINE_BYTES)
    pairs = st.lists(st.tuples(plans, bodies), min_size=min_records, max_size=max_records)
    return expanded("fifo_events", pairs, events.expand_with)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FifoEvents:
    """How plans become events with at least `fewest` records."""

    source: Source
    fewest: int

    def expand(self, data: bytes) -> dict[str, Any]:
        """The event a plan stands for; each place has bytes of its own."""
        lines = []
        for place in chosen_places(data[1::_PLACE_BYTES], data[0], self.fewest) or [0]:
            start = 2 + place * _PLACE_BYTES
            lines.append((place, data[start : start + LINE_BYTES], None))
        return {"Records": fitting(expand_line(lines, self.source), self.fewest)}

    def expand_with(self, pairs: list[tuple[bytes, str | Sent]]) -> dict[str, Any]:
        """The event of plans that were drawn with a body each."""
        lines = [(place, plan, check_body(body)) for place, (plan, body) in enumerate(pairs)]
        return {"Records": fitting(expand_line(lines, self.source), self.fewest)}


def expand_line(
    lines: Sequence[tuple[int, bytes, str | Sent | None]], source: Source
) -> list[dict[str, Any]]:
    """The records of several plans, each with its place in the queue, in that order, and its
    body, if it is given."""
    groups: dict[int, list[dict[str, Any]]] = {}
    for place, plan, content in lines:
        record = expand_record(plan[1:], place, content, source, 0)
        group = groups.setdefault(plan[0] % GROUPS, [])
        ahead = group[-1]["attributes"] if group else None
        attributes = record["attributes"]
        attributes["MessageGroupId"] = f"group-{1 + plan[0] % GROUPS}"
        attributes["SequenceNumber"] = str(_FIRST_SEQUENCE + place * _SEQUENCE_STEP)
        attributes["MessageDeduplicationId"] = _deduplication_id(record, chosen=plan[0] >= 128)
        for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"):
            attributes[name] = str(int(attributes[name]) + place * _PLACE_MS)
        if attributes["SenderId"] == S3_SENDER and not isinstance(content, Sent):
            attributes["SenderId"] = SNS_SENDER  # S3 notifies standard queues only
        if ahead is not None:
            _keep_behind(attributes, ahead, moved=source.dead_letter_arn is not None)
        group.append(record)
    return [record for number in sorted(groups) for record in groups[number]]


def _deduplication_id(record: dict[str, Any], *, chosen: bool) -> str:
    message_id: str = record["messageId"]
    if "DeadLetterQueueSourceArn" in record["attributes"]:
        return message_id  # S61
    if chosen:
        return f"send-{message_id[:8]}"
    return hashlib.sha256(record["body"].encode()).hexdigest()  # S9


def _keep_behind(attributes: dict[str, str], ahead: dict[str, str], *, moved: bool) -> None:
    """A message is received with the one in front of it, or later (S46)."""
    first = "ApproximateFirstReceiveTimestamp"
    attributes[first] = max(attributes[first], ahead[first], key=int)
    if not moved:  # S59: else it was received in another queue before, beside others
        count = "ApproximateReceiveCount"
        attributes[count] = min(attributes[count], ahead[count], key=int)
