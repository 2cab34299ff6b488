"""`no-loss`: no message is deleted before its effect is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqs_contract.clauses.verdict import (
    KEPT,
    NOT_TESTED,
    Judgement,
    PoisonPolicy,
    Violation,
    listed,
)
from sqs_contract.model.response import Effect
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.explain import DoneSet
from sqs_contract.oracle.invocations import Invocation
from sqs_contract.scenario import FaultKind

ID: Final = "no-loss"
OWES: Final = "No message is deleted before its effect is there."

_REMEDIES: Final = (
    "let the failure of a record reach Lambda: report the record, or raise",
    "do the effect before anything that marks the message as done, or both in one transaction",
)

_OTHER_REMEDIES: Final = {
    "overwritten": (
        "write on the condition that nothing has changed since it was read, and fail if it has",
        "or change it in one step (an atomic update), without reading it first",
        "or let SQS keep them apart: a FIFO queue, with the key they share as message group",
    ),
    "deleted-by-hand": (
        "delete a message only when its effect is there",
        (
            "or delete none: Lambda deletes what succeeded, and with ReportBatchItemFailures and a "
            "report of those that failed, only that"
        ),
    ),
    "left-to-another": (
        "report the record (or raise) while another has the claim, so that it comes back",
        "let go only of what is recorded as done",
    ),
}

_DELETED: Final = (
    "Lambda took the response for success and deleted the message: it never comes back."
)
_WHY: Final = {
    "overwritten": (
        "Lambda handles several batches at once, and each read what the other had not written."
    ),
    "deleted-by-hand": "What is deleted never comes back, whatever the function returns.",
    "left-to-another": (
        "SQS may deliver a message again while it is handled; when Lambda has deleted it, it never "
        "comes back."
    ),
}


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge where the messages of a run ended: what Lambda deleted must be done."""
    if policy is PoisonPolicy.REPORT:
        dropped = _dropped_poison(analysis)
        if dropped:
            return Judgement(tested=True, violations=(_poison_dropped(dropped),))
    if analysis.circulates:
        return NOT_TESTED  # what was sent anew is not lost: it is in the queue still
    if not any(
        name in analysis.rejected_alone or analysis.oracle.is_visible(analysis.messages[name])
        for name in sorted(analysis.acknowledged)
    ):
        return NOT_TESTED
    lost, mode = _lost(analysis, policy)
    if not lost:
        return KEPT
    return Judgement(tested=True, violations=(_violation(lost, mode, analysis),))


def _lost(analysis: Analysis, policy: PoisonPolicy) -> tuple[list[str], str]:
    """Acknowledged messages whose effect is missing, and how they were lost."""
    acknowledged = analysis.acknowledged
    explanations = analysis.final_explanations
    if any(acknowledged <= done for done in explanations) or analysis.some_order_may_explain:
        return [], ""
    if not acknowledged & analysis.rejected_alone and analysis.holds_all_acknowledged:
        return [], ""  # something is there besides, but nothing is missing
    if any(map(acknowledged.issubset, analysis.explain_but_for_residue(acknowledged.issubset))):
        return [], ""
    if not explanations and analysis.call_faults:
        explanations = analysis.explain_by_failed_attempt(analysis.end, acknowledged.issubset)
    if not explanations and analysis.only_lacks_something:
        explanations = frozenset({acknowledged - _stumbled(analysis)})
    if not explanations and analysis.overwritten:
        return sorted(analysis.overwritten), "overwritten"
    if not explanations or any(acknowledged <= done for done in explanations):
        return [], ""
    best = max(explanations, key=lambda done: (len(done & acknowledged), sorted(done)))
    missing = [
        name
        for name in sorted(acknowledged - best)
        if not _is_accounted_for(name, best, analysis, policy)
    ]
    return missing, _way(missing, analysis)


def _is_accounted_for(name: str, done: DoneSet, analysis: Analysis, policy: PoisonPolicy) -> bool:
    """Whether there is a good reason why an acknowledged message has no effect of its own."""
    if not analysis.had_failures and analysis.deliveries[name] > 1:
        return True  # only a repetition can have undone it, which is for `idempotent` to tell
    if analysis.was_done_when_deleted(name):
        # What a later delivery makes of its effect is not for this clause to tell; what
        # another message does that is handled at the same time, is.
        return not analysis.handled_at_once
    if name in analysis.rejected_alone:
        return policy is not PoisonPolicy.REPORT and analysis.gives_up_on(name)
    return analysis.adds_nothing(name, done) or analysis.set_aside(name, analysis.end)


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


def _way(missing: list[str], analysis: Analysis) -> str:
    """How the messages were lost."""
    if missing and all(map(analysis.was_done_when_deleted, missing)):
        return "overwritten"
    if missing and not _any_let_go(missing, analysis.invocations, analysis):
        return "deleted-by-hand"
    if _left_to_another(missing, analysis):
        return "left-to-another"
    if _came_again(missing, analysis):
        return "taken-for-done"
    return "retry-taken-for-done" if _was_retried(missing, analysis) else "deleted-undone"


def _any_let_go(names: list[str], invocations: Iterable[Invocation], analysis: Analysis) -> bool:
    """Whether Lambda deleted any of the messages after one of these invocations. What it would
    have kept and is gone was deleted by the handler itself, or for a copy handled elsewhere."""
    return any(
        name in invocation.deleted
        and invocation.reading.effect is not Effect.KEEP_ALL
        and analysis.messages[name].message_id not in invocation.reading.reported
        for invocation in invocations
        for name in names
    )


def _left_to_another(names: list[str], analysis: Analysis) -> bool:
    """Whether the messages were let go by an invocation that nothing struck, while another one
    had them, which was struck and did not finish them."""
    if FaultKind.OVERLAPPED not in analysis.faults_struck:
        return False
    return any(
        invocation.overlapped
        and invocation.struck_calls
        and not _any_let_go(names, [invocation], analysis)
        and not set(names).isdisjoint(invocation.names)
        for invocation in analysis.invocations
    )


def _came_again(names: list[str], analysis: Analysis) -> bool:
    """Whether the messages failed half-way, and a later delivery or try took them for done."""
    if analysis.rejected_alone.issuperset(names):
        return False  # they cannot have been half done
    for invocation in analysis.invocations:
        if invocation.struck_calls and not set(names).isdisjoint(invocation.deleted):
            return False  # it failed once more, and that was not told
    for invocation in analysis.invocations:
        was_tried = invocation.struck_calls or invocation.timed_out
        if was_tried and any(name in invocation.kept for name in names):
            return True
    return False


def _was_retried(names: list[str], analysis: Analysis) -> bool:
    """Whether the SDK repeated a call for one of the messages that had taken effect, and
    nothing else went wrong where Lambda let the message go."""
    labels = {label for name in names for label in analysis.solo(name).calls}
    for invocation in analysis.invocations:
        struck = invocation.struck_calls
        if struck and not set(names).isdisjoint(invocation.deleted):
            repeated = all(call.fault is FaultKind.ANSWER_LOST_ONCE for call in struck)
            return repeated and any(call.site in labels for call in struck)
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
    one = len(lost) == 1
    are_lost, it = f"{listed(lost)} {'is' if one else 'are'} lost", "it" if one else "each"
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
            f"{are_lost}: {it} was deleted, although the handler refuses it when it comes alone."
            if analysis.rejected_alone.issuperset(lost)
            else f"{are_lost}: {it} was deleted, and its effect is not all there."
        ),
        "overwritten": (
            f"{are_lost}: {it} was done, and what was handled at the same time wrote over it."
        ),
        "retry-taken-for-done": (
            f"{are_lost}: the SDK repeated a call that had taken effect, and the handler took "
            "its own first try for an earlier delivery."
        ),
        "deleted-by-hand": (
            f"{are_lost}: the handler deleted it itself, and its effect is not all there."
        ),
        "left-to-another": (
            f"{are_lost}: a copy of it was let go because it was being handled already, and "
            "then that handling failed."
        ),
        "taken-for-done": (
            f"{are_lost}: {it} failed half-way, and when it came again it was taken for done."
        ),
    }
    return Violation(
        clause=ID,
        mode=mode,
        claim=claims[mode],
        messages=tuple(lost),
        invocation=invocation,
        why=_WHY.get(mode, _DELETED),
        remedies=_OTHER_REMEDIES.get(mode, _REMEDIES),
    )


def _poison_dropped(names: list[str]) -> Violation:
    return Violation(
        clause=ID,
        mode="poison-dropped",
        claim=(
            f"{listed(names)} is malformed and was dropped, but you declared that such "
            "bodies are reported."
        ),
        messages=tuple(names),
        why="Lambda deleted the message: it is in no dead-letter queue.",
        remedies=("report or raise on malformed bodies", "or declare --poison drop"),
    )
