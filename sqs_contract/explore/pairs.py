"""Pairs of faults: a second one where the first has led the handler to.

Most pairs say what each fault says by itself. What is new is a failure while a
failure is dealt with: in a call that is made only because another went wrong,
or when the message comes again; and a failure of who was trusted with the work,
after a copy of the message was let go because it was being handled already.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from sqs_contract.faults.kinds import explored_kinds
from sqs_contract.history import Called, Event, Overlapped, Settled
from sqs_contract.scenario import Fault, FaultKind, Scenario

PAIRS_MAX: Final = 48
"""How many are explored one by one; others are left to chance."""

_WHO_HOLDS_IT_FAILS: Final = (FaultKind.CALL_FAILS, FaultKind.TIMEOUT_BEFORE)

Call = tuple[str, int]
"""A call's label, and its number among those of the same label."""


def calls_in(events: Iterable[Event]) -> frozenset[Call]:
    """The calls of a run."""
    return frozenset((event.site, event.nth) for event in events if isinstance(event, Called))


Played = tuple[Scenario, Sequence[Event]]
"""A scenario and what happened in it."""


def all_pairs(
    copies: Sequence[Played], singles: Sequence[Played], usual: Mapping[str, Collection[Call]]
) -> Iterator[Scenario]:
    """A second fault where the first one led to, for the first message of each group.

    Args:
        copies: runs of a message with a copy of it handled meanwhile.
        singles: runs of a message with a fault at one call.
        usual: the calls of a run without faults, by the message's name.
    """
    for pairs, runs in ((trusting_scenarios, copies), (pair_scenarios, singles)):
        for name, calls in usual.items():
            yield from pairs([run for run in runs if run[0].messages[0].name == name], calls)


def pair_scenarios(singles: Iterable[Played], usual: Collection[Call]) -> Iterator[Scenario]:
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


def trusting_scenarios(overlaps: Iterable[Played], usual: Collection[Call]) -> Iterator[Scenario]:
    """The scenarios of a copy that is handled meanwhile, where the first delivery then fails.

    Only where the copy was deleted and not all calls of a run without faults, which are
    `usual`, were made for it: whoever handled it left the work to the first delivery.
    """
    labels = {label for label, _ in usual}
    for scenario, events in overlaps:
        held = next((event for event in events if isinstance(event, Overlapped)), None)
        if held is None:
            continue
        first = scenario.messages[0].name
        for event in events:
            if not isinstance(event, Settled) or first not in event.deleted:
                continue
            made = {
                call.site
                for call in events
                if isinstance(call, Called) and call.invocation == event.invocation
            }
            if event.invocation != held.invocation and not labels <= made:
                yield from (_with(scenario, held, kind) for kind in _WHO_HOLDS_IT_FAILS)
            break


def _with(scenario: Scenario, call: Called | Overlapped, kind: FaultKind) -> Scenario:
    second = Fault(kind=kind, site=call.site, nth=call.nth)
    return dataclasses.replace(scenario, faults=(*scenario.faults, second))
