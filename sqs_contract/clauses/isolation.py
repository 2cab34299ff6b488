"""`isolation`: a record's outcome does not hang on its neighbours."""

from __future__ import annotations

from typing import Final

from sqs_contract.clauses.verdict import (
    KEPT,
    NOT_TESTED,
    Judgement,
    PoisonPolicy,
    Violation,
    listed,
)
from sqs_contract.history import Fate
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.explain import DoneSet

ID: Final = "isolation"
OWES: Final = (
    "A record's outcome does not hang on its neighbours: beside a poison message or a failing "
    "one, the healthy are done, and never end in the dead-letter queue."
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge a run in which healthy messages share batches with poison and nothing else goes wrong."""
    del policy
    poison = analysis.rejected_alone | {
        message.name for message in analysis.messages.values() if message.note is not None
    }
    healthy = [name for name in analysis.messages if name not in poison]
    if analysis.scenario.deployment.queue.fifo:
        healthy = [name for name in healthy if _goes_first(name, poison, analysis)]
    if not poison or not healthy or analysis.scenario.faults or analysis.batch_size == 1:
        return NOT_TESTED
    if analysis.circulates:
        return NOT_TESTED  # who still waits when the run is cut off is chance
    dead = _ended(Fate.DEAD_LETTERED, healthy, analysis)
    waiting = _ended(Fate.WAITING, healthy, analysis)
    undone = _undone(healthy, analysis)
    if dead or waiting or undone:
        # Is it the poison's doing? The healthy may get in each other's way.
        clean = analysis.without(poison)
        dead = [name for name in dead if clean.fates[name] is Fate.DELETED]
        waiting = [name for name in waiting if clean.fates[name] is Fate.DELETED]
        unclear = _undone(undone, clean)
        undone = [name for name in undone if name not in unclear]
    violations: list[Violation] = []
    beside = ", ".join(sorted(poison))
    if dead:
        violations.append(
            _violation(
                "dead-lettered",
                dead,
                f"{listed(dead)} ended in the dead-letter queue because of {beside}: alone, it is "
                "accepted.",
                analysis,
            )
        )
    elif waiting:
        violations.append(
            _violation(
                "never-acknowledged",
                waiting,
                f"{listed(waiting)} comes back again and again because of {beside}: alone, it is "
                "accepted.",
                analysis,
            )
        )
    elif undone:
        violations.append(
            _violation(
                "not-done",
                undone,
                f"{listed(undone)} was deleted and not done because of {beside}: alone, it is done.",
                analysis,
            )
        )
    return Judgement(tested=True, violations=tuple(violations)) if violations else KEPT


def _goes_first(name: str, poison: DoneSet, analysis: Analysis) -> bool:
    """Whether the message stands before all poison whenever it shares a batch with some.

    On a FIFO queue, to stop at the first failure and to report all that follows is the
    way that keeps the order (S91): what stands behind poison waits for it, and may share
    its fate.
    """
    for invocation in analysis.invocations:
        names = invocation.names
        if name in names and not poison.isdisjoint(names[: names.index(name)]):
            return False
    return True


def _ended(fate: Fate, names: list[str], analysis: Analysis) -> list[str]:
    return [name for name in names if analysis.fates[name] is fate]


def _undone(healthy: list[str], analysis: Analysis) -> list[str]:
    explanations = analysis.final_explanations
    if not explanations or analysis.out_of_orders:
        return []
    return [
        name
        for name in healthy
        if analysis.fates[name] is Fate.DELETED and not any(name in done for done in explanations)
    ]


def _violation(mode: str, names: list[str], claim: str, analysis: Analysis) -> Violation:
    if not any(
        set(names) & set(invocation.names) and set(invocation.names) - set(names)
        for invocation in analysis.invocations
    ):
        why = "They share no batch: something that is kept between invocations is to blame."
        remedies: tuple[str, ...] = (
            "keep nothing between invocations that an outcome hangs on: no list, no set, no flag",
        )
    elif analysis.reporting:
        why = "One bad record decides what becomes of the whole batch."
        remedies = (
            "catch the failure of each record, go on with the next, and report the failed ones",
        )
    else:
        why = "Partial batch responses are off, so one failure brings the whole batch back."
        remedies = (
            "turn on ReportBatchItemFailures and report the failed records alone",
            "or set the batch size to 1",
            "or put malformed bodies aside instead of raising",
        )
    return Violation(
        clause=ID, mode=mode, claim=claim, messages=tuple(names), why=why, remedies=remedies
    )
