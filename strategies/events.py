"""Records and whole events, exactly as Lambda delivers them."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION, queue_arn
from sqs_contract.model.event import render_record
from sqs_contract.model.limits import BATCH_SIZE_MAX
from sqs_contract.model.message import DEFAULT_SENDER_ID, NO_ATTRIBUTES, Message
from sqs_contract.model.queue import Entry, Received, receipt_handle
from sqs_contract.plan import Plan
from sqs_contract.strategies.attributes import expand_attributes
from sqs_contract.strategies.bodies import check_bodies, check_body, expand_body

_SENT_MS: Final = 1_767_603_600_000
"""2026-01-05 09:00 UTC."""

_BYTES_A_RECORD: Final = 14
_PLACES_MAX: Final = 10
"""Records that are planned one by one; more than these are copies with ids of their own."""
_PRESENT_SHARE: Final = 88
"""Of 256: how often a place has a record, beyond the fewest."""
_SENDERS: Final = (
    DEFAULT_SENDER_ID,
    "AROAIOSFODNN7EXAMPLE1:orders-producer",
    "AIDAIT2UOQQY3AUEKVGXU",
    "AROAIOSFODNN7EXAMPLE2:S3-PROD-END",
)
"""A user, a Lambda function's role, SNS, S3 (S15)."""

_ROOT: Final = "Root=1-695b7d90-5759e988bd862e3fe1be46a9"


def sqs_events(
    *,
    bodies: st.SearchStrategy[str] | None = None,
    min_records: int = 1,
    max_records: int = 10,
    queue_name: str = "orders",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT,
) -> st.SearchStrategy[dict[str, Any]]:
    """Events of a standard queue, as a Lambda handler receives them (S1-S22).

    Every record has all keys and right MD5 digests; message ids in one event
    are distinct; receive counts, senders, trace headers and message attributes
    vary.

    Args:
        bodies: draws bodies. Left out: realistic ones, as `message_bodies` draws them.
        min_records: fewest records; an event is never empty (S1).
        max_records: most records.
        queue_name: the queue the records come from.
        region: its region.
        account: its account.

    Shrinks to one record, received once, without attributes, with the simplest body.
    """
    _check_size(min_records, max_records)
    check_bodies(bodies)
    arn = queue_arn(queue_name, region, account)
    places = min(max_records, _PLACES_MAX)
    size = 2 + places * _BYTES_A_RECORD
    plans = st.binary(min_size=size, max_size=size)

    def expand(data: bytes) -> dict[str, Any]:
        found = [
            expand_record(plan, place, None, arn, region)
            for place, plan in _present(data, places, min_records)
        ]
        return {"Records": _fill_up(found, data, min_records, max_records, arn, region)}

    if bodies is None:
        return plans.map(expand)

    def expand_with(drawn: tuple[bytes, list[str]]) -> dict[str, Any]:
        data, texts = drawn
        return {
            "Records": [
                expand_record(_plan_at(data, place % places), place, check_body(text), arn, region)
                for place, text in enumerate(texts)
            ]
        }

    return st.tuples(plans, st.lists(bodies, min_size=min_records, max_size=max_records)).map(
        expand_with
    )


def _plan_at(data: bytes, place: int) -> Plan:
    """The plan of one record. Each place has bytes of its own, so that one record
    shrinks, or goes, without the others."""
    start = 2 + place * _BYTES_A_RECORD
    return Plan(data[start : start + _BYTES_A_RECORD])


def _present(data: bytes, places: int, fewest: int) -> list[tuple[int, Plan]]:
    """The places that have a record, with the rest of their plans."""
    plans = [(place, _plan_at(data, place)) for place in range(places)]
    present = [(place, plan) for place, plan in plans if plan.often(_PRESENT_SHARE)]
    if len(present) < fewest:
        chosen = {place for place, _ in present}
        spare = [item for item in plans if item[0] not in chosen]
        present = sorted(present + spare[: fewest - len(present)], key=_place)
    return present


def _place(item: tuple[int, Plan]) -> int:
    return item[0]


def _fill_up(
    found: list[dict[str, Any]],
    data: bytes,
    fewest: int,
    most: int,
    arn: str,
    region: str,
) -> list[dict[str, Any]]:
    """The records with copies behind them, where an event may have more than are planned."""
    plan = Plan(data[:2])
    room = most - len(found)
    extra = max(fewest - len(found), 0)
    if most > _PLACES_MAX and plan.often(128):
        extra = max(extra, plan.byte() * room // 255)
    for number in range(extra):
        body = found[number % len(found)]["body"]
        found.append(expand_record(Plan(b""), len(found), body, arn, region))
    return found


def records(
    *,
    bodies: st.SearchStrategy[str] | None = None,
    queue_name: str = "orders",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT,
) -> st.SearchStrategy[dict[str, Any]]:
    """Single records of an event; the arguments are those of `sqs_events`.

    Shrinks to a record received once, without attributes, with the simplest body.
    """
    return sqs_events(
        bodies=bodies,
        min_records=1,
        max_records=1,
        queue_name=queue_name,
        region=region,
        account=account,
    ).map(lambda event: event["Records"][0])


def expand_record(
    plan: Plan, place: int, body: str | None, arn: str, region: str
) -> dict[str, Any]:
    """The record a plan stands for, at a place in its event; the body too, if it is `None`."""
    # What the body takes from the plan varies, so it comes last.
    features = plan.byte()
    identity = plan.wide()
    count = 1 + (plan.below(6) if features >= _REDELIVERED else 0)
    waited_ms = plan.wide() if features % 4 == 1 else 0
    attributes = expand_attributes(plan, 1, 4) if features % 8 == 7 else NO_ATTRIBUTES
    message = Message(
        message_id=_message_id(identity, place),
        body=expand_body(plan) if body is None else body,
        sent_ms=_SENT_MS + identity,
        attributes=attributes,
        sender_id=_SENDERS[features % len(_SENDERS)],
        trace_header=_trace(identity) if features % 16 == 5 else None,
    )
    entry = Entry(message, place, 0, 0)
    first_received_ms = message.sent_ms + waited_ms
    received = Received(
        entry, receipt_handle(identity << 16 | place, count), count, first_received_ms
    )
    return render_record(received, arn, region)


_REDELIVERED: Final = 208
"""Of 256: features from here on mean a message that was received before."""


def _message_id(identity: int, place: int) -> str:
    text = hashlib.md5(b"%d/%d" % (identity, place), usedforsecurity=False).hexdigest()
    # Version 4, variant 1, as SQS makes them.
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _trace(identity: int) -> str:
    return f"{_ROOT};Parent={identity:016x};Sampled=0;Lineage=1:037bed70:0"


def _check_size(min_records: int, max_records: int) -> None:
    if not 1 <= min_records <= max_records <= BATCH_SIZE_MAX:
        raise InvalidArgument(
            f"min_records={min_records!r} and max_records={max_records!r} must lie between 1 and "
            f"{BATCH_SIZE_MAX}, in this order: an event has at least one record"
        )
