"""On which open points a run rests: what AWS would have done is not settled there (N1 to N11).

A plain redelivery rests on none, though a delete that was lost brought it about (N7),
nor does what a record says of null (N4): both forms are possible anyway (S42, S82, S3).
A throttled batch is played until Lambda forgets it, whatever the pauses between attempts (N6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqs_contract.history import Event, Invoked, Settled
from sqs_contract.model.assumptions import OpenPoint
from sqs_contract.model.mapping import stretched_visibility_ms
from sqs_contract.scenario import Scenario


def open_points_of(scenario: Scenario, events: Iterable[Event]) -> tuple[OpenPoint, ...]:
    """The open points that decided something in a run, in order."""
    return tuple(sorted(set(_decided(scenario, events)), key=lambda point: point.number))


def _decided(scenario: Scenario, events: Iterable[Event]) -> Iterator[OpenPoint]:
    deployment = scenario.deployment
    filters = deployment.mapping.filters
    if filters is not None and filters.unsettled:
        yield OpenPoint.N8
    visibility_ms = deployment.queue.visibility_timeout_ms
    stretched = visibility_ms != stretched_visibility_ms(
        visibility_ms, deployment.mapping.window_ms, deployment.function.timeout_ms
    )
    groups = {message.name: message.group_id for message in scenario.messages}
    for event in events:
        match event:
            case Settled(reading=reading) if reading.rests_on is not None:
                yield reading.rests_on
            case Invoked(records=records):
                if stretched and any(record.receive_count > 1 for record in records):
                    yield OpenPoint.N5
                if len({groups.get(record.message) for record in records}) > 1:
                    yield OpenPoint.N9
            case _:
                pass
