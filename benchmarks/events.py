"""Events per second: our strategies, a naive one, and the floor that Hypothesis sets; records
per second without Hypothesis."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.figures import Figure, best_rate, times
from sqs_contract.strategies import fifo_events, sample_events, sqs_events

EXAMPLES = 1_000
RECORDS = 50_000


@st.composite
def naive_records(draw: st.DrawFn) -> dict[str, Any]:
    """A record as one would spell it out, every field drawn."""
    body = draw(
        st.fixed_dictionaries(
            {
                "order_id": st.uuids().map(str),
                "customer": st.text(min_size=1, max_size=20),
                "amount": st.integers(0, 10_000),
            }
        ).map(str)
    )
    sent = draw(st.integers(1_600_000_000_000, 1_800_000_000_000))
    return {
        "messageId": str(draw(st.uuids())),
        "receiptHandle": draw(st.text("abcdefABCDEF0123456789+/", min_size=80, max_size=80)),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(draw(st.integers(1, 10))),
            "SentTimestamp": str(sent),
            "SenderId": draw(st.sampled_from(["AIDAIENQZJOLO23YVJ4VO", "AROAEXAMPLE:producer"])),
            "ApproximateFirstReceiveTimestamp": str(sent + draw(st.integers(0, 100_000))),
        },
        "messageAttributes": draw(
            st.dictionaries(
                st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10),
                st.fixed_dictionaries(
                    {"stringValue": st.text(min_size=1), "dataType": st.just("String")}
                ),
                max_size=3,
            )
        ),
        "md5OfBody": hashlib.md5(body.encode("utf-8", "surrogatepass")).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
        "awsRegion": "us-east-1",
    }


def naive_events() -> st.SearchStrategy[dict[str, Any]]:
    """Events of up to ten naive records."""
    return st.fixed_dictionaries({"Records": st.lists(naive_records(), min_size=1, max_size=10)})


def measure() -> Iterator[Figure]:
    """Each strategy in a test that does nothing."""
    ours = _rate(sqs_events())
    yield Figure("sqs-contract, sqs_events()", ours, "events/s")
    naive = _rate(naive_events())
    yield Figure("naive strategy, every field drawn", naive, "events/s", times(ours, naive))
    yield Figure("sqs-contract, fifo_events()", _rate(fifo_events()), "events/s")
    floor = _rate(st.integers())
    yield Figure("a single integer, Hypothesis' floor", floor, "examples/s", times(ours, floor))
    expanded = best_rate(RECORDS, lambda: deque(sample_events(RECORDS // 10), 0))
    yield Figure("plans expanded, without Hypothesis", expanded, "records/s")
    ordered = best_rate(
        RECORDS, lambda: deque(sample_events(RECORDS // 10, queue_name="orders.fifo"), 0)
    )
    yield Figure("the same, of a FIFO queue", ordered, "records/s")


def _rate(strategy: st.SearchStrategy[Any]) -> float:
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def test(_: Any) -> None:
        pass

    test()
    return best_rate(EXAMPLES, test)
