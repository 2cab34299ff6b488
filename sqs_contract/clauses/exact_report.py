"""`exact-report`: the report names exactly the records that failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqs_contract.clauses.verdict import KEPT, NOT_TESTED, Judgement, PoisonPolicy, Violation
from sqs_contract.model.response import Effect
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.invocations import Invocation
from sqs_contract.scenario import FaultKind

ID: Final = "exact-report"
OWES: Final = (
    "The report names exactly the records that failed: none that succeeded, and all that did not."
)

_REMEDY: Final = (
    "collect the messageId of each record that fails, and return those and no others",
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge every report of a run."""
    if not analysis.reporting:
        return NOT_TESTED
    tested = False
    violations: dict[tuple[str, str], Violation] = {}
    for invocation in analysis.invocations:
        if invocation.overlapped or not _is_report(invocation):
            continue
        if not _had_a_failure(invocation, analysis):
            continue
        tested = True
        for found in _judge_invocation(invocation, analysis, policy):
            violations.setdefault(found.identity, found)
    if violations:
        return Judgement(tested=True, violations=tuple(violations.values()))
    return KEPT if tested else NOT_TESTED


def _is_report(invocation: Invocation) -> bool:
    return (
        invocation.returned
        and not invocation.crashed
        and invocation.reading.effect in (Effect.KEEP_REPORTED, Effect.DELETE_ALL)
    )


def _had_a_failure(invocation: Invocation, analysis: Analysis) -> bool:
    return bool(
        invocation.reading.reported
        or invocation.struck_calls
        or analysis.rejected_alone.intersection(invocation.names)
    )


def _judge_invocation(
    invocation: Invocation, analysis: Analysis, policy: PoisonPolicy
) -> Iterator[Violation]:
    reported = {
        name
        for name in invocation.names
        if analysis.messages[name].message_id in invocation.reading.reported
    }
    poison = analysis.rejected_alone
    unreported = frozenset(invocation.names) - reported
    all_done = any(map(unreported.issubset, analysis.explain(invocation.look, unreported.issubset)))
    for name in invocation.names:
        if name in invocation.doubled:
            continue  # one copy may fail where the other succeeds
        if name in reported and name in invocation.deleted:
            continue  # the handler deleted it itself: reported or not, it does not come back (S95)
        if name in reported:
            if name in poison:
                if policy is PoisonPolicy.DROP and analysis.messages[name].note is not None:
                    yield _poison_reported(name, invocation)
            elif analysis.surely_done_here(name, invocation) and not _may_have_failed(
                name, invocation, analysis
            ):
                yield _reported_though_done(name, invocation)
        elif all_done or _has_a_reason(name, invocation, analysis):
            continue
        elif analysis.surely_not_done(name, invocation):
            yield _failed_though_unreported(name, invocation)


def _has_a_reason(name: str, invocation: Invocation, analysis: Analysis) -> bool:
    """Whether a record may be left out of the report although its effect is not there."""
    if name in analysis.rejected_alone and analysis.gives_up_on(name):
        return True  # refused for a while, and then let go on purpose
    return (
        _only_retried(invocation)
        or _stumbled_before(name, invocation, analysis)
        or analysis.set_aside(name, invocation.look)
        or bool(invocation.sent)  # in whatever form, to be handled later
    )


def _only_retried(invocation: Invocation) -> bool:
    """Whether all that went wrong was repaired by the SDK's own retry: no failure reached
    the handler. What is missing then was taken for done, and is for `no-loss` to tell."""
    struck = invocation.struck_calls
    return bool(struck) and all(call.fault is FaultKind.ANSWER_LOST_ONCE for call in struck)


def _stumbled_before(name: str, invocation: Invocation, analysis: Analysis) -> bool:
    """Whether an earlier delivery of the message was left half-way. If it is not done now,
    it was taken for done, and that is for `no-loss` to tell."""
    return any(
        (earlier.struck_calls or earlier.timed_out) and name in earlier.names
        for earlier in analysis.invocations
        if earlier.look < invocation.look
    )


def _may_have_failed(name: str, invocation: Invocation, analysis: Analysis) -> bool:
    """Whether a fault of this invocation struck a call made for this message, as far as
    can be told: by the label of the call, which golden runs know for each message."""
    labels = set(analysis.solo(name).calls)
    others = {
        label for other in invocation.names if other != name for label in analysis.solo(other).calls
    }
    return any(call.site in labels or call.site not in others for call in invocation.struck_calls)


def _reported_though_done(name: str, invocation: Invocation) -> Violation:
    return Violation(
        clause=ID,
        mode="reported-though-done",
        claim=f"{name} is reported as failed, but it was done.",
        messages=(name,),
        invocation=invocation.number,
        why=(
            f"AWS keeps {name} and delivers it again; after maxReceiveCount deliveries it goes to "
            "the dead-letter queue as if it had failed."
        ),
        remedies=_REMEDY,
    )


def _failed_though_unreported(name: str, invocation: Invocation) -> Violation:
    return Violation(
        clause=ID,
        mode="failed-though-not-reported",
        claim=f"{name} failed, but the response does not report it.",
        messages=(name,),
        invocation=invocation.number,
        why=f"AWS deletes {name}: it is neither done nor delivered again.",
        remedies=_REMEDY,
    )


def _poison_reported(name: str, invocation: Invocation) -> Violation:
    return Violation(
        clause=ID,
        mode="poison-reported",
        claim=f"{name} is malformed and reported, but you declared that such bodies are dropped.",
        messages=(name,),
        invocation=invocation.number,
        why=f"AWS keeps {name} and delivers it again until it is dead-lettered.",
        remedies=("drop malformed bodies", "or declare --poison report"),
    )
