"""Pairs of faults: a second one where the first has led the handler to.

Most pairs say what each fault says by itself. What is new is a failure while a
failure is dealt with: in a call that is made only because another went wrong,
or when the message comes again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from sqs_contract.faults.kinds import explored_kinds
from sqs_contract.history import Called, Event
from sqs_contract.scenario import Fault, FaultKind, Scenario

PAIRS_MAX: Final = 48
"""How many are explored one by one; others are left to chance."""

Call = tuple[str, int]
"""A call's label, and its number among those of the same label."""


def calls_in(events: Iterable[Event]) -> frozenset[Call]:
    """The calls of a run."""
    return frozenset((event.site, event.nth) for event in events if isinstance(event, Called))


def pair_scenarios(
    singles: Iterable[tuple[Scenario, Sequence[Event]]], usual: Collection[Call]
) -> Iterator[Scenario]:
    """The scenarios of single faults, each with a second fault in a call behind the first.

    Calls to be struck are those that a run without faults, whose calls are `usual`, does
    not make. Where two first faults lead the handler the same way, the second follows one
    of them only. Calls of a label that is usual, made once more when the message comes
    again, come after all others.
    """
    labels = {label for label, _ in usual}
    ways: set[tuple[object, ...]] = set()
    once_more: list[Scenario] = []
    for scenario, events in singles:
        calls = [event for event in events if isinstance(event, Called)]
        struck = next((place for place, call in enumerate(calls) if call.fault is not None), None)
        if struck is None:
            continue
        behind = calls[struck + 1 :]
        way = tuple((call.invocation, call.site, call.nth) for call in calls[struck:])
        if way in ways:
            continue
        ways.add(way)
        for call in behind:
            if call.fault is not None or (call.site, call.nth) in usual:
                continue
            found = [_with(scenario, call, kind) for kind in explored_kinds(call.site)]
            if call.site in labels:
                once_more += found
            else:
                yield from found
    yield from once_more


def _with(scenario: Scenario, call: Called, kind: FaultKind) -> Scenario:
    second = Fault(kind=kind, site=call.site, nth=call.nth)
    return dataclasses.replace(scenario, faults=(*scenario.faults, second))
