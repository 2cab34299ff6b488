"""Records and events without Hypothesis, fast: for load files and sample events."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from hypothesis.errors import InvalidArgument

from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION
from sqs_contract.model.limits import BATCH_SIZE_MAX, BATCH_SIZE_MAX_WITHOUT_WINDOW
from sqs_contract.plan import Plan
from sqs_contract.strategies.arguments import check_body, shown
from sqs_contract.strategies.bodies import BODY_BYTES, expand_body
from sqs_contract.strategies.fifo import FIFO_BATCH_MAX, LINE_BYTES, expand_line
from sqs_contract.strategies.fitting import fitting
from sqs_contract.strategies.pools import fill_pools
from sqs_contract.strategies.rendering import (
    RECORD_BYTES,
    WINDOW_MS,
    Source,
    expand_record,
    source_of,
)
from sqs_contract.strategies.sent import Sent

_BODIES: Final = 512
"""Different bodies in a sample; messages differ all the same, by their ids."""

_PLACES: Final = 10_000
"""Messages with neighbouring numbers are told apart by these, should their plans be equal."""


def sample_events(
    count: int,
    *,
    seed: int = 0,
    records_per_event: int = 10,
    bodies: Iterable[str | Sent] | None = None,
    queue_name: str = "orders",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT,
) -> Iterator[dict[str, Any]]:
    """Events as `sqs_events` draws them, or `fifo_events` for a name that ends in `.fifo`;
    the same ones for the same arguments.

    Args:
        count: how many events.
        seed: another seed gives other events.
        records_per_event: records of each, less only where more do not fit into an event
            (S69); more than 10 take a batching window, and a standard queue (S68).
        bodies: what the messages say, each picked at random. Left out: 512 realistic bodies.
        queue_name: the queue the records come from.
        region: its region.
        account: its account.

    Raises:
        InvalidArgument: an argument is not what it should be.
    """
    fifo = isinstance(queue_name, str) and queue_name.endswith(".fifo")
    most = FIFO_BATCH_MAX if fifo else BATCH_SIZE_MAX
    _check_number("records_per_event", records_per_event, 1, most)
    window_ms = WINDOW_MS if records_per_event > BATCH_SIZE_MAX_WITHOUT_WINDOW else 0
    plans, source = _checked(count, seed, bodies, queue_name, region, account, fifo=fifo)

    def made() -> Iterator[dict[str, Any]]:
        for _ in range(count):
            batch = list(islice(plans, records_per_event))
            yield {"Records": fitting(_rendered(batch, source, window_ms, fifo=fifo), 1)}

    return made()


def sample_records(
    count: int,
    *,
    seed: int = 0,
    bodies: Iterable[str | Sent] | None = None,
    queue_name: str = "orders",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT,
) -> Iterator[dict[str, Any]]:
    """Single records of events; the arguments are those of `sample_events`.

    Raises:
        InvalidArgument: an argument is not what it should be.
    """
    fifo = isinstance(queue_name, str) and queue_name.endswith(".fifo")
    plans, source = _checked(count, seed, bodies, queue_name, region, account, fifo=fifo)

    def made() -> Iterator[dict[str, Any]]:
        for _ in range(count):
            yield from _rendered([next(plans)], source, 0, fifo=fifo)

    return made()


_BLOCK: Final = 256
_CHOICE_BYTES: Final = 4
_DRAWN_BYTES: Final = LINE_BYTES + _CHOICE_BYTES
"""Of one record: its plan, and which body it has. They are drawn in blocks, which is faster."""

_Planned = tuple[int, bytes, str | Sent | None]


def _checked(
    count: int,
    seed: int,
    bodies: Iterable[str | Sent] | None,
    queue_name: str,
    region: str,
    account: str,
    *,
    fifo: bool,
) -> tuple[Iterator[_Planned], Source]:
    """Endless plans, and the queue they are of.

    Raises:
        InvalidArgument: an argument is not what it should be.
    """
    _check_number("count", count, 0, None)
    if not isinstance(seed, int):
        raise InvalidArgument(f"seed={shown(seed)} must be an integer")
    source = source_of(queue_name, region, account, fifo=fifo)
    chance = random.Random(seed)
    contents = _our_bodies(chance) if bodies is None else _given_bodies(bodies)
    return _plans(chance, contents), source


def _plans(chance: random.Random, contents: Sequence[str | Sent]) -> Iterator[_Planned]:
    number, choices = 0, len(contents)
    while True:
        drawn = chance.randbytes(_BLOCK * _DRAWN_BYTES)
        for start in range(0, len(drawn), _DRAWN_BYTES):
            end = start + LINE_BYTES
            content = contents[int.from_bytes(drawn[end : end + _CHOICE_BYTES], "big") % choices]
            yield number % _PLACES, drawn[start:end], content
            number += 1


def _rendered(
    batch: Sequence[_Planned], source: Source, window_ms: int, *, fifo: bool
) -> list[dict[str, Any]]:
    if fifo:
        return expand_line(batch, source)
    return [
        expand_record(plan[:RECORD_BYTES], place, content, source, window_ms)
        for place, plan, content in batch
    ]


def _our_bodies(chance: random.Random) -> list[str]:
    fill_pools()
    return [expand_body(Plan(chance.randbytes(BODY_BYTES))) for _ in range(_BODIES)]


def _given_bodies(bodies: Any) -> list[str | Sent]:
    if isinstance(bodies, str) or not isinstance(bodies, Iterable):
        raise InvalidArgument(
            f"bodies={shown(bodies)} must be a list of bodies; to draw them by a strategy, "
            "use sqs_events"
        )
    found = [check_body(body) for body in bodies]
    if not found:
        raise InvalidArgument("bodies=[] must hold at least one body")
    return found


def _check_number(name: str, value: Any, low: int, high: int | None) -> None:
    in_range = isinstance(value, int) and low <= value and (high is None or value <= high)
    if not in_range or isinstance(value, bool):
        to = f" to {high:,}" if high is not None else " on"
        raise InvalidArgument(f"{name}={shown(value)} must be an integer from {low}{to}")
