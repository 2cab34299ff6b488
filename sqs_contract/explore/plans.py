"""Plans of scenarios: a few bytes Hypothesis draws, expanded into messages and faults.

The simplest choices are the first message and no fault, so Hypothesis shrinks
messages and faults together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.deployment import Deployment
from sqs_contract.faults.kinds import drawn_kinds
from sqs_contract.plan import Plan
from sqs_contract.scenario import (
    CALL_FAULTS,
    INVOCATION_FAULTS,
    MESSAGE_FAULTS,
    OVERLAP_FAULTS,
    STANDARD_ONLY,
    Fault,
    FaultKind,
    Scenario,
    ScenarioMessage,
)

PLAN_BYTES_MIN: Final = 10
PLAN_BYTES_MAX: Final = 20
MESSAGES_MAX: Final = 3
FAULTS_MAX: Final = 3
_POISON_SHARE: Final = 48
"""Of 256: how often a message is a malformed one."""
_SPREAD_SHARE: Final = 64
"""Of 256: how often each message comes in a batch of its own."""
LATER_MS: Final = 1_000
_NTH_MAX: Final = 2
_INVOCATION_MAX: Final = 3

_DELIVERY_KINDS: Final = tuple(
    kind for faults in (MESSAGE_FAULTS, INVOCATION_FAULTS) for kind in FaultKind if kind in faults
)
_CALL_KINDS: Final = tuple(kind for kind in FaultKind if kind in CALL_FAULTS)
_OVERLAP_KINDS: Final = tuple(kind for kind in FaultKind if kind in OVERLAP_FAULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What plans choose from; `overlaps` tells whether two invocations may run at once."""

    healthy: Sequence[ScenarioMessage]
    poison: Sequence[ScenarioMessage]
    sites: Sequence[str]
    overlaps: bool = False


def expand(
    data: bytes,
    pool: Pool,
    deployment: Deployment,
    seed: int,
    drawn: Sequence[ScenarioMessage] = (),
) -> Scenario:
    """The scenario of a plan. `drawn` messages come first, before those from the pool."""
    plan = Plan(data)
    messages = {message.name: message for message in drawn}
    shape = plan.byte()
    wanted = 1 + shape % MESSAGES_MAX
    spread = shape >= 256 - _SPREAD_SHARE
    faults_wanted = plan.below(FAULTS_MAX + 1)
    while len(messages) < wanted:
        message = _choose_message(plan, pool)
        if message.name in messages:  # the same body, sent twice by its producer
            message = dataclasses.replace(message, name=f"{message.name}.{len(messages) + 1}")
        if spread:
            message = dataclasses.replace(message, after_ms=len(messages) * LATER_MS)
        messages[message.name] = message
    names = list(messages)
    faults: dict[Fault, None] = {}
    kinds = _kinds(pool, deployment)
    for _ in range(faults_wanted):
        faults.setdefault(_choose_fault(plan, pool, names, kinds))
    return Scenario(
        messages=tuple(messages.values()),
        faults=tuple(faults),
        deployment=deployment,
        seed=seed,
    )


def _choose_message(plan: Plan, pool: Pool) -> ScenarioMessage:
    choice = plan.byte()
    if pool.poison and (choice >= 256 - _POISON_SHARE or not pool.healthy):
        return pool.poison[choice % len(pool.poison)]
    return pool.healthy[choice % len(pool.healthy)]


def _kinds(pool: Pool, deployment: Deployment) -> Sequence[FaultKind]:
    """The kinds of faults there can be on this queue, with these sites."""
    kinds = (*_DELIVERY_KINDS, *_CALL_KINDS) if pool.sites else _DELIVERY_KINDS
    if pool.sites and pool.overlaps:
        kinds += _OVERLAP_KINDS
    if not deployment.queue.fifo:
        return kinds
    return [kind for kind in kinds if kind not in STANDARD_ONLY]


def _choose_fault(
    plan: Plan, pool: Pool, names: Sequence[str], kinds: Sequence[FaultKind]
) -> Fault:
    kind = kinds[plan.below(len(kinds))]
    target, nth = plan.byte(), plan.byte()
    if kind is FaultKind.OVERTAKEN:
        return Fault(kind=kind, message=names[target % len(names)])
    if kind in MESSAGE_FAULTS:
        return Fault(kind=kind, message=names[target % len(names)], nth=1 + nth % _NTH_MAX)
    if kind in INVOCATION_FAULTS:
        return Fault(kind=kind, invocation=1 + target % _INVOCATION_MAX)
    site = pool.sites[target % len(pool.sites)]
    there = drawn_kinds(site)
    if kind in CALL_FAULTS and kind not in there:
        kind = there[nth // _NTH_MAX % len(there)]
    return Fault(kind=kind, site=site, nth=1 + nth % _NTH_MAX)
