"""Every single fault, one at a time: the scenarios of the systematic part."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sqs_contract.backends.run import Run
from sqs_contract.deployment import Deployment
from sqs_contract.explore.cases import Cases
from sqs_contract.faults.kinds import explored_kinds
from sqs_contract.history import Called
from sqs_contract.scenario import (
    STANDARD_ONLY,
    Fault,
    FaultKind,
    Scenario,
    ScenarioMessage,
)

_CALLS_LEFT: Final = 2

_RECEIVES_MAX: Final = 5
"""How often a message is received, at the most, that comes for the last time."""

_BESIDE_POISON: Final = (FaultKind.CALL_FAILS, FaultKind.PARTLY_FAILS_ONCE)

LATER_MS: Final = 1_000
"""How much later a message comes that is to be in a batch of its own."""


def plain_scenarios(cases: Cases, deployment: Deployment, seed: int) -> Iterator[Scenario]:
    """Nothing goes wrong: alone, and together in one batch."""
    for group in cases.groups:
        for message in group:
            yield _scenario((message,), (), deployment, seed)
        if len(group) > 1:
            yield _scenario(group, (), deployment, seed)
            one_by_one = [
                dataclasses.replace(message, after_ms=place * LATER_MS)
                for place, message in enumerate(group)
            ]
            yield _scenario(one_by_one, (), deployment, seed)


def sandbox_scenarios(cases: Cases, deployment: Deployment, seed: int) -> Iterator[Scenario]:
    """The messages of a group one after the other, and a new sandbox in between."""
    for group in cases.groups:
        one_by_one = [
            dataclasses.replace(message, after_ms=place * LATER_MS)
            for place, message in enumerate(group)
        ]
        for number in range(2, len(group) + 1):
            recycled = Fault(kind=FaultKind.COLD_START, invocation=number)
            yield _scenario(one_by_one, (recycled,), deployment, seed)


def delivery_scenarios(cases: Cases, deployment: Deployment, seed: int) -> Iterator[Scenario]:
    """Each message delivered again in each way there is; each invocation lost."""
    for group in cases.groups:
        for messages in ((group[0],), group) if len(group) > 1 else (group,):
            for faults in _delivery_faults(messages, deployment):
                if deployment.queue.fifo and STANDARD_ONLY & {fault.kind for fault in faults}:
                    continue
                yield _scenario(messages, faults, deployment, seed)


def _delivery_faults(
    messages: Sequence[ScenarioMessage], deployment: Deployment
) -> Iterator[tuple[Fault, ...]]:
    invocations = -(-len(messages) // deployment.mapping.batch_size)
    for message in messages:
        name = message.name
        again = Fault(kind=FaultKind.DUPLICATE_LATER, message=name)
        yield (again,)
        # The copy meets a new execution environment: what the first remembered is gone.
        yield again, Fault(kind=FaultKind.COLD_START, invocation=invocations + 1)
        yield (Fault(kind=FaultKind.LOST_DELETE, message=name),)
        if deployment.mapping.batch_size > len(messages):
            yield (Fault(kind=FaultKind.DUPLICATE_IN_BATCH, message=name),)
    if len(messages) > 1:
        yield (Fault(kind=FaultKind.OVERTAKEN, message=messages[0].name),)
    yield (Fault(kind=FaultKind.THROTTLED, invocation=1),)
    for number in range(1, invocations + 1):
        yield (Fault(kind=FaultKind.CRASH_AFTER, invocation=number),)
        yield (Fault(kind=FaultKind.CRASH_BEFORE, invocation=number),)


def poison_scenarios(cases: Cases, deployment: Deployment, seed: int) -> Iterator[Scenario]:
    """Each kind of poison alone, and before, between and after healthy messages."""
    for poison in cases.poison:
        yield _scenario((poison,), (), deployment, seed)
    for group in cases.groups[:1]:
        for poison in cases.poison:
            for place in _places(len(group)):
                yield _scenario((*group[:place], poison, *group[place:]), (), deployment, seed)
    for group in cases.groups[:1]:
        for first, second in itertools.pairwise(cases.poison):
            yield _scenario((first, group[0], second), (), deployment, seed)
        for poison in cases.poison:
            # The next batch, in the same sandbox: what the first left there is still there.
            later = dataclasses.replace(group[0], after_ms=LATER_MS)
            yield _scenario((poison, later), (), deployment, seed)


def _places(size: int) -> list[int]:
    """Where to put the poison: in the middle first, then in front and behind."""
    return list(dict.fromkeys((size // 2, 0, size)))


def call_scenarios(
    group: Sequence[ScenarioMessage], plain: Run, deployment: Deployment, seed: int
) -> Iterator[Scenario]:
    """Each call of a run without faults, struck by each fault that is a mechanism of its own there."""
    for event in plain.events:
        if not isinstance(event, Called):
            continue
        for kind in explored_kinds(event.site):
            fault = Fault(kind=kind, site=event.site, nth=event.nth)
            yield _scenario(group, (fault,), deployment, seed)


def failing_at_the_last_receive(
    messages: Sequence[ScenarioMessage], plain: Run, deployment: Deployment, seed: int
) -> Iterator[Scenario]:
    """Each call fails when the messages have been received as often as they may be.

    Sandboxes that died before the handler ran used up the receives: who counts them, and lets
    go of what fails too often, has to know that it may be the first failure of its own.
    """
    most = deployment.queue.max_receive_count or _RECEIVES_MAX
    earlier = tuple(
        Fault(kind=FaultKind.CRASH_BEFORE, invocation=number)
        for number in range(1, min(most, _RECEIVES_MAX))
    )
    for event in plain.events:
        if earlier and isinstance(event, Called):
            fails = Fault(kind=FaultKind.CALL_FAILS, site=event.site, nth=event.nth)
            yield _scenario(messages, (*earlier, fails), deployment, seed)


def failing_beside_poison(
    messages: Sequence[ScenarioMessage], plain: Run, deployment: Deployment, seed: int
) -> Iterator[Scenario]:
    """Each call that can fail, or fail in part, in a batch that begins with poison.

    Where a handler leaves out what it cannot read, what it looks at next no longer stands at
    the place of its record: only both failures together show who is taken for whom.
    """
    for event in plain.events:
        if isinstance(event, Called):
            there = explored_kinds(event.site)
            for kind in _BESIDE_POISON:
                if kind in there:
                    fault = Fault(kind=kind, site=event.site, nth=event.nth)
                    yield _scenario(messages, (fault,), deployment, seed)


def overlap_scenarios(
    first: ScenarioMessage,
    other: ScenarioMessage | None,
    plain: Run,
    deployment: Deployment,
    seed: int,
) -> Iterator[Scenario]:
    """A message's handling held in each of its calls, while a copy of the message or another
    message is handled elsewhere.

    Not in its first call: so far it has done nothing, and what is handled meanwhile
    could as well come before.
    """
    calls = [event for event in plain.events if isinstance(event, Called)]
    for event in calls[1:]:
        if not deployment.queue.fifo:
            again = Fault(kind=FaultKind.OVERLAPPED, site=event.site, nth=event.nth)
            yield _scenario((first,), (again,), deployment, seed)
        if other is not None:
            meanwhile = Fault(kind=FaultKind.CONCURRENT, site=event.site, nth=event.nth)
            later = dataclasses.replace(other, after_ms=LATER_MS)
            yield _scenario((first, later), (meanwhile,), deployment, seed)


def deadline_scenarios(
    group: Sequence[ScenarioMessage],
    first_calls: Collection[str],
    plain: Run,
    deployment: Deployment,
    seed: int,
) -> Iterator[Scenario]:
    """A group in one batch, and hardly any time left when its first message is done, where
    calls for the others come behind the last of its own."""
    calls = [event for event in plain.events if isinstance(event, Called)]
    own = [place for place, event in enumerate(calls) if event.site in first_calls]
    if not own or len(calls) - 1 - own[-1] < _CALLS_LEFT:
        return
    last = calls[own[-1]]
    short = Fault(kind=FaultKind.SHORT_OF_TIME, site=last.site, nth=last.nth)
    yield _scenario(group, (short,), deployment, seed)


def _scenario(
    messages: Sequence[ScenarioMessage],
    faults: Sequence[Fault],
    deployment: Deployment,
    seed: int,
) -> Scenario:
    return Scenario(
        messages=tuple(messages), faults=tuple(faults), deployment=deployment, seed=seed
    )
