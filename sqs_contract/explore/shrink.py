"""Making a counterexample small: every message and every fault that is left is needed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sqs_contract.scenario import CALL_FAULTS, STANDARD_ONLY, Fault, FaultKind, Scenario

SIMPLER: Final[Mapping[FaultKind, FaultKind]] = {
    FaultKind.NO_CONNECTION: FaultKind.CALL_FAILS,
    FaultKind.CALL_THROTTLED: FaultKind.CALL_FAILS,
    FaultKind.PARTLY_FAILS: FaultKind.PARTLY_FAILS_ONCE,
    FaultKind.KILLED_BEFORE: FaultKind.TIMEOUT_BEFORE,
    FaultKind.KILLED_AFTER: FaultKind.TIMEOUT_AFTER,
    FaultKind.LOST_DELETE: FaultKind.DUPLICATE_LATER,
    FaultKind.DUPLICATE_IN_BATCH: FaultKind.DUPLICATE_LATER,
}
"""Faults that are easier to picture, tried in the place of others of their sort."""


_MANY: Final = 8
"""More messages than this are left out many at a time first."""


def shrink(scenario: Scenario, still_fails: Callable[[Scenario], bool]) -> Scenario:
    """The smallest scenario reached by leaving things out one at a time.

    Ends when no single message and no single fault can be left out.
    """
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(scenario):
            if still_fails(smaller):
                scenario = smaller
                progress = True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    for index in range(len(scenario.faults)):
        faults = scenario.faults[:index] + scenario.faults[index + 1 :]
        yield dataclasses.replace(scenario, faults=faults)
    if len(scenario.messages) > _MANY:
        yield from _halves(scenario)
    if len(scenario.messages) > 1:
        for message in reversed(scenario.messages):
            yield dataclasses.replace(
                scenario,
                messages=tuple(other for other in scenario.messages if other is not message),
                faults=tuple(fault for fault in scenario.faults if fault.message != message.name),
            )
    if any(message.after_ms for message in scenario.messages):
        together = tuple(dataclasses.replace(message, after_ms=0) for message in scenario.messages)
        yield dataclasses.replace(scenario, messages=together)
    for index, fault in enumerate(scenario.faults):
        for simpler in _simpler(fault):
            if simpler.kind in STANDARD_ONLY and scenario.deployment.queue.fifo:
                continue
            faults = (*scenario.faults[:index], simpler, *scenario.faults[index + 1 :])
            if simpler not in scenario.faults:
                yield dataclasses.replace(scenario, faults=faults)


def _halves(scenario: Scenario) -> Iterator[Scenario]:
    """The messages without a half, a quarter, an eighth of them, where no fault names one."""
    named = {fault.message for fault in scenario.faults}
    part = len(scenario.messages) // 2
    while part > 1:
        for start in range(len(scenario.messages) - part, -1, -part):
            left_out = scenario.messages[start : start + part]
            if named.isdisjoint(message.name for message in left_out):
                rest = scenario.messages[:start] + scenario.messages[start + part :]
                yield dataclasses.replace(scenario, messages=rest)
        part //= 2


def _simpler(fault: Fault) -> Iterator[Fault]:
    if fault.kind in SIMPLER:
        yield dataclasses.replace(fault, kind=SIMPLER[fault.kind])
    if fault.kind not in CALL_FAULTS and fault.nth > 1:
        yield dataclasses.replace(fault, nth=1)
