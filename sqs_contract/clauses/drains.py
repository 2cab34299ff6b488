"""`drains`: once faults end, every healthy message is done within maxReceiveCount deliveries."""

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
from sqs_contract.history import Called, Event, Fate, Invoked, Overlapped, Struck
from sqs_contract.oracle.analysis import Analysis

ID: Final = "drains"
OWES: Final = (
    "Once faults end, every healthy message is done within maxReceiveCount deliveries, and "
    "nothing circulates for ever."
)

_NOT_DONE: Final = (Fate.DEAD_LETTERED, Fate.WAITING)
_REMEDIES: Final = (
    (
        "let what a dead sandbox has claimed be taken over: give the claim a time to live that is not "
        "longer than the visibility timeout"
    ),
    "or claim and do in one transaction, so that nothing stays half done",
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge a run of healthy messages in which faults struck: all are done in the end.

    What became of a message is looked at where the queue is patient: however many
    receives the faults have used up, once they are over it has maxReceiveCount more.
    """
    if policy is PoisonPolicy.NONE and (refused := _refused(analysis)):
        return Judgement(tested=True, violations=(_refuses(refused),))
    if analysis.circulates:
        return Judgement(tested=True, violations=(_circulates(analysis),))
    if together := _stuck_together(analysis):
        return Judgement(tested=True, violations=(_never_together(together, analysis),))
    if not analysis.faults_struck or len(analysis.healthy) < len(analysis.messages):
        return NOT_TESTED
    stuck = [name for name in analysis.messages if analysis.fates[name] in _NOT_DONE]
    if stuck:
        clean = analysis.without(())
        stuck = [name for name in stuck if clean.fates[name] is Fate.DELETED]
    if not stuck:
        return KEPT
    limit = analysis.scenario.deployment.queue.max_receive_count
    patient = analysis.patient
    never = [
        name
        for name in stuck
        if patient.fates[name] is not Fate.DELETED
        or (limit is not None and _clean_deliveries(patient.events, name) > limit)
    ]
    if not never:
        return KEPT
    return Judgement(tested=True, violations=(_violation(never, analysis),))


def _refused(analysis: Analysis) -> list[str]:
    """The user's own messages that the handler does not accept even alone and without faults."""
    return [
        name
        for name, message in analysis.messages.items()
        if message.note is None
        and name in analysis.rejected_alone
        and analysis.fates[name] is not Fate.DELETED
    ]


def _stuck_together(analysis: Analysis) -> list[str]:
    """Messages that are never done where they come in one batch, although nothing goes wrong and
    all are accepted one after the other."""
    if analysis.scenario.faults or len(analysis.healthy) < len(analysis.messages):
        return []
    shared = any(len(invocation.names) > 1 for invocation in analysis.invocations)
    stuck = [name for name in analysis.messages if analysis.fates[name] in _NOT_DONE]
    return stuck if stuck and shared and analysis.get_along else []


def _never_together(names: list[str], analysis: Analysis) -> Violation:
    batch = max(len(invocation.names) for invocation in analysis.invocations)
    dead = any(analysis.fates[name] is Fate.DEAD_LETTERED for name in names)
    one = len(names) == 1
    where = f"{'ends' if one else 'end'} in the dead-letter queue"
    if not dead:
        where = f"{'comes' if one else 'come'} back for ever"
    return Violation(
        clause=ID,
        mode="never-done-together",
        claim=(
            f"{listed(names)} {where} when {batch} messages come in one batch, although nothing "
            "goes wrong and one after the other all are accepted."
        ),
        messages=tuple(names),
        why="Lambda makes batches as full as it can, up to the mapping's batch size.",
        remedies=(
            "handle each record by itself, however many there are",
            (
                "cut what goes out in one request to what its API takes: 10 entries for SQS and SNS, "
                "25 items for BatchWriteItem"
            ),
            "or set the batch size to what the function can do at once",
        ),
    )


def _refuses(names: list[str]) -> Violation:
    return Violation(
        clause=ID,
        mode="refused",
        claim=f"{listed(names)} is refused at every delivery, although nothing goes wrong.",
        messages=tuple(names),
        why="No body given is malformed (poison: none), so each is to be done.",
        remedies=(
            (
                "read the body as its producer writes it: what stands around it, how it is encoded, "
                "which keys may be missing"
            ),
            "or, if it is malformed on purpose, leave `poison: none` away",
        ),
    )


def _circulates(analysis: Analysis) -> Violation:
    return Violation(
        clause=ID,
        mode="circulates",
        claim=(
            f"What comes of {listed(list(analysis.messages))} circulates for ever: the handler sends "
            "it to its own queue again and again."
        ),
        messages=tuple(analysis.messages),
        why="A message that is sent anew begins with a receive count of 1: no dead-letter queue "
        "ever takes it.",
        remedies=(
            "count the tries in the message itself, and put it aside after the last one",
            "or let SQS deliver the message again: it counts, and its dead-letter queue takes it",
        ),
    )


def _clean_deliveries(events: list[Event], name: str) -> int:
    """How often a message was delivered after the last fault."""
    count = 0
    for event in events:
        if isinstance(event, Called | Struck | Overlapped) and event.fault is not None:
            count = 0
        elif isinstance(event, Invoked):
            count += any(record.message == name for record in event.records)
    return count


def _violation(names: list[str], analysis: Analysis) -> Violation:
    dead = any(analysis.fates[name] is Fate.DEAD_LETTERED for name in names)
    where = "ends in the dead-letter queue" if dead else "comes back for ever"
    return Violation(
        clause=ID,
        mode="never-done",
        claim=(
            f"{listed(names)} is refused at every delivery after the fault, although nothing is "
            f"wrong any more, and {where}."
        ),
        messages=tuple(names),
        why="What a fault leaves behind must not keep the next delivery from doing the work.",
        remedies=_REMEDIES,
    )
