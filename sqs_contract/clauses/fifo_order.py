"""`fifo-order`: within a message group nothing overtakes a message that failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqs_contract.clauses.verdict import (
    KEPT,
    NOT_TESTED,
    Judgement,
    PoisonPolicy,
    Violation,
    listed,
)
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.invocations import Invocation

ID: Final = "fifo-order"
OWES: Final = "Within a message group nothing overtakes a message that failed."

_REMEDY: Final = (
    "stop at the first record of a group that fails, and report it and all of its group that follow",
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge every batch in which a message failed that others of its group stand behind.

    Across batches the queue keeps the order itself: a message that failed holds back its
    group (S48, S91).
    """
    del policy
    if not analysis.scenario.deployment.queue.fifo:
        return NOT_TESTED
    tested = False
    violations: dict[str, Violation] = {}
    for invocation in analysis.invocations:
        if invocation.crashed or invocation.overlapped:
            continue
        for failed, followers in _held_back(invocation, analysis):
            tested = True
            found = _overtaken(failed, followers, invocation, analysis)
            if found is not None:
                violations.setdefault(found.mode, found)
    if violations:
        return Judgement(tested=True, violations=tuple(violations.values()))
    return KEPT if tested else NOT_TESTED


def _held_back(invocation: Invocation, analysis: Analysis) -> Iterator[tuple[str, list[str]]]:
    """Each message the handler let fail, with those of its group that stand behind it."""
    names = invocation.names
    for place, name in enumerate(names):
        message = analysis.messages[name]
        if not invocation.reading.keeps(message.message_id):
            continue
        followers = [
            other
            for other in names[place + 1 :]
            if analysis.messages[other].group_id == message.group_id
        ]
        if followers:
            yield name, followers


def _overtaken(
    failed: str, followers: list[str], invocation: Invocation, analysis: Analysis
) -> Violation | None:
    kept = invocation.reading.keeps
    let_go = [name for name in followers if not kept(analysis.messages[name].message_id)]
    if let_go:
        claim = (
            f"{failed} failed and comes back, and {listed(let_go)}, which stands behind it in "
            "its group, was done and deleted."
        )
        return _violation("overtaken", claim, (failed, *let_go), invocation)
    if not analysis.surely_not_done(failed, invocation):
        return None
    early = [name for name in followers if analysis.surely_done_here(name, invocation)]
    if early:
        claim = (
            f"{failed} failed and comes back, and {listed(early)}, which stands behind it in "
            "its group, was done before it, although it comes back too."
        )
        return _violation("done-early", claim, (failed, *early), invocation)
    return None


def _violation(
    mode: str, claim: str, messages: tuple[str, ...], invocation: Invocation
) -> Violation:
    return Violation(
        clause=ID,
        mode=mode,
        claim=claim,
        messages=messages,
        invocation=invocation.number,
        why="A FIFO queue keeps the order of a group only if the function stops where one fails.",
        remedies=_REMEDY,
    )
