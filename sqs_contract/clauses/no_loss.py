"""`no-loss`: no message is deleted before its effect is there."""

from __future__ import annotations

from typing import Final

from sqs_contract.clauses.verdict import KEPT, NOT_TESTED, Judgement, PoisonPolicy, Violation
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.explain import DoneSet
from sqs_contract.scenario import FaultKind

ID: Final = "no-loss"
OWES: Final = "No message is deleted before its effect is there."

_REMEDIES: Final = (
    "let the failure of a record reach Lambda: report the record, or raise",
    "do the effect before anything that marks the message as done, or both in one transaction",
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge where the messages of a run ended: what Lambda deleted must be done."""
    if policy is PoisonPolicy.REPORT:
        dropped = _dropped_poison(analysis)
        if dropped:
            return Judgement(tested=True, violations=(_poison_dropped(dropped),))
    if not any(
        name in analysis.rejected_alone or analysis.oracle.is_visible(analysis.messages[name])
        for name in sorted(analysis.acknowledged)
    ):
        return NOT_TESTED
    lost, mode = _lost(analysis)
    if not lost:
        return KEPT
    return Judgement(tested=True, violations=(_violation(lost, mode, analysis),))


def _lost(analysis: Analysis) -> tuple[list[str], str]:
    """Acknowledged messages whose effect is missing, and how they were lost."""
    acknowledged = analysis.acknowledged
    explanations = analysis.final_explanations
    if any(acknowledged <= done for done in explanations) or analysis.out_of_orders:
        return [], ""
    if not explanations and analysis.call_faults:
        explanations = analysis.explain_by_failed_attempt(analysis.end, acknowledged.issubset)
    if not explanations and analysis.only_lacks_something:
        explanations = frozenset({acknowledged - _stumbled(analysis)})
    if not explanations or any(acknowledged <= done for done in explanations):
        return [], ""
    best = max(explanations, key=lambda done: (len(done & acknowledged), sorted(done)))
    missing = sorted(acknowledged - best)
    return missing, "taken-for-done" if _came_again(missing, analysis) else "deleted-undone"


def _stumbled(analysis: Analysis) -> DoneSet:
    """Acknowledged messages that did not get through at their first delivery; or else all."""
    stumbled = {
        name
        for invocation in analysis.invocations
        if invocation.kept or invocation.struck_calls
        for name in invocation.names
        if name in analysis.acknowledged
    }
    return frozenset(stumbled or analysis.acknowledged)


def _came_again(names: list[str], analysis: Analysis) -> bool:
    """Whether the messages failed half-way, and a later delivery or try took them for done."""
    if analysis.rejected_alone.issuperset(names):
        return False  # they cannot have been half done
    for invocation in analysis.invocations:
        was_tried = invocation.struck_calls or invocation.timed_out
        if was_tried and any(name in invocation.kept for name in names):
            return True
        if any(call.fault is FaultKind.ANSWER_LOST_ONCE for call in invocation.calls):
            return True
    return False


def _dropped_poison(analysis: Analysis) -> list[str]:
    return [
        message.name
        for message in analysis.messages.values()
        if message.note is not None
        and message.name in analysis.acknowledged
        and not analysis.oracle.is_visible(message)
    ]


def _violation(lost: list[str], mode: str, analysis: Analysis) -> Violation:
    names = " and ".join(lost)
    invocation = next(
        (
            item.number
            for item in reversed(analysis.invocations)
            if set(lost).intersection(item.deleted)
        ),
        None,
    )
    claims = {
        "deleted-undone": (
            f"{names} is lost: it was deleted, although the handler refuses it when it comes alone."
            if analysis.rejected_alone.issuperset(lost)
            else f"{names} is lost: it was deleted, and its effect is not all there."
        ),
        "taken-for-done": (
            f"{names} is lost: it failed half-way, and when it came again it was taken for done."
        ),
    }
    return Violation(
        clause=ID,
        mode=mode,
        claim=claims[mode],
        messages=tuple(lost),
        invocation=invocation,
        why="Lambda took the response for success and deleted the message: it never comes back.",
        remedies=_REMEDIES,
    )


def _poison_dropped(names: list[str]) -> Violation:
    return Violation(
        clause=ID,
        mode="poison-dropped",
        claim=(
            f"{' and '.join(names)} is malformed and was dropped, but you declared that such "
            "bodies are reported."
        ),
        messages=tuple(names),
        why="Lambda deleted the message: it is in no dead-letter queue.",
        remedies=("report or raise on malformed bodies", "or declare --poison drop"),
    )
