"""Records and whole events, exactly as Lambda delivers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION
from sqs_contract.model.limits import (
    BATCH_SIZE_MAX,
    BATCH_SIZE_MAX_WITHOUT_WINDOW,
)
from sqs_contract.strategies.arguments import (
    check_bodies,
    check_body,
    check_sizes,
)
from sqs_contract.strategies.bodies import SIMPLEST
from sqs_contract.strategies.expanding import expanded
from sqs_contract.strategies.fitting import SURELY_FIT, fitting
from sqs_contract.strategies.places import chosen_places
from sqs_contract.strategies.rendering import (
    RECORD_BYTES,
    WINDOW_MS,
    Source,
    expand_record,
    source_of,
)
from sqs_contract.strategies.sent import Sent

_PLACES_MAX: Final = 10
"""Records that are planned one by one; more than these are copies with ids of their own."""
_HEADER_BYTES: Final = 3
_PLACE_BYTES: Final = 1 + RECORD_BYTES


def sqs_events(
    *,
    bodies: st.SearchStrategy[Any] | None = None,
    min_records: int = 1,
    max_records: int = 10,
    queue_name: str = "orders",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT,
    dead_letter_source: str | None = None,
    max_receive_count: int | None = None,
) -> st.SearchStrategy[dict[str, Any]]:
    """Events of a standard queue, as a Lambda handler receives them (S1-S22).

    Every record has all keys and right MD5 digests; message ids in one event
    are distinct; receive counts, senders, trace headers, group ids and message
    attributes vary, and so does how a missing digest is shown: absent without a
    batching window, null with one (S3). An event is at most as large as Lambda
    takes it: what does not fit is left out, as in a batch that is full (S69).

    Args:
        bodies: draws bodies, or `Sent`, as `envelopes` does. Left out: realistic bodies, as
            `message_bodies` draws them.
        min_records: fewest records; an event is never empty (S1).
        max_records: most records; more than 10 take a batching window (S68).
        queue_name: the queue the records come from.
        region: its region.
        account: its account.
        dead_letter_source: the queue whose dead-letter queue this is. Most records then
            say that they were moved from there (S12).
        max_receive_count: that of the queue's redrive policy: no message was received more
            often (S57). Left out: none, and counts of up to 6; in a dead-letter queue one more.

    Shrinks to one record, received once, without attributes, with the simplest body.
    """
    check_sizes(
        "min_records", min_records, "max_records", max_records, range(1, BATCH_SIZE_MAX + 1)
    )
    check_bodies(bodies)
    events = _Events(
        source=source_of(queue_name, region, account, dead_letter_source, max_receive_count),
        fewest=min_records,
        most=max_records,
    )
    if bodies is None:
        size = _HEADER_BYTES + min(max_records, _PLACES_MAX) * _PLACE_BYTES
        return expanded("sqs_events", st.binary(min_size=size, max_size=size), events.expand)
    plans = st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES)
    pairs = st.lists(st.tuples(plans, bodies), min_size=min_records, max_size=max_records)
    return expanded("sqs_events", st.tuples(st.booleans(), pairs), events.expand_with)


def records(
    *,
    bodies: st.SearchStrategy[Any] | None = None,
    queue_name: str = "orders",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT,
    dead_letter_source: str | None = None,
    max_receive_count: int | None = None,
) -> st.SearchStrategy[dict[str, Any]]:
    """Single records of an event; the arguments are those of `sqs_events`.

    Shrinks to a record received once, without attributes, with the simplest body.
    """
    events = sqs_events(
        bodies=bodies,
        min_records=1,
        max_records=1,
        queue_name=queue_name,
        region=region,
        account=account,
        dead_letter_source=dead_letter_source,
        max_receive_count=max_receive_count,
    )
    return expanded("records", events, _only_record)


def _only_record(event: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = event["Records"][0]
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class _Events:
    """How plans become events with `fewest` to `most` records."""

    source: Source
    fewest: int
    most: int

    def expand(self, data: bytes) -> dict[str, Any]:
        """The event a plan stands for. Each place has bytes of its own, so that one
        record shrinks, or goes, without the others."""
        share, window, more = data[:_HEADER_BYTES]
        places = chosen_places(data[_HEADER_BYTES::_PLACE_BYTES], share, self.fewest)
        count = max(len(places), self.fewest)
        if more >= 128:
            count = max(count, len(places) + (more - 127) * (self.most - len(places)) // 128)
        window_ms = self._window_ms(count, wanted=bool(window % 2))
        found = []
        for place in places:
            start = _HEADER_BYTES + place * _PLACE_BYTES + 1
            plan = data[start : start + RECORD_BYTES]
            found.append(expand_record(plan, place, None, self.source, window_ms))
        if count > _PLACES_MAX:
            # Copies are plain where so many are asked for that only plain ones fit.
            texts = [r["body"] for r in found] if self.fewest <= SURELY_FIT else [SIMPLEST]
            for place in range(_PLACES_MAX, _PLACES_MAX + count - len(found)):
                body = texts[place % len(texts)]
                found.append(expand_record(b"", place, body, self.source, window_ms))
        return {"Records": fitting(found, self.fewest)}

    def expand_with(self, drawn: tuple[bool, list[tuple[bytes, str | Sent]]]) -> dict[str, Any]:
        """The event of plans that were drawn with a body each."""
        window, pairs = drawn
        window_ms = self._window_ms(len(pairs), wanted=window)
        found = [
            expand_record(plan, place, check_body(body), self.source, window_ms)
            for place, (plan, body) in enumerate(pairs)
        ]
        return {"Records": fitting(found, self.fewest)}

    def _window_ms(self, count: int, *, wanted: bool) -> int:
        return WINDOW_MS if wanted or count > BATCH_SIZE_MAX_WITHOUT_WINDOW else 0
