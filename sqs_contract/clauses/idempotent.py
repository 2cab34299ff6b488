"""`idempotent`: the effects after any number of deliveries are those of one delivery."""

from __future__ import annotations

from typing import Final

from sqs_contract.clauses.verdict import KEPT, NOT_TESTED, Judgement, PoisonPolicy, Violation
from sqs_contract.oracle.analysis import Analysis

ID: Final = "idempotent"
OWES: Final = (
    "The effects after any number of deliveries, overlapping ones too, are those of one delivery."
)

_REMEDIES: Final = (
    "make doing it again change nothing: write under a key of the message, not by adding",
    "or record the message as done in the same transaction as the effect, and skip it next time",
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge a run in which some message was delivered more than once."""
    del policy
    repeated = _delivered_again(analysis)
    if not repeated:
        return NOT_TESTED
    if not any(analysis.oracle.is_visible(analysis.messages[name]) for name in repeated):
        return NOT_TESTED
    if analysis.final_explanations or analysis.out_of_orders:
        return KEPT
    if analysis.only_lacks_something or _explained_by_a_failed_attempt(analysis):
        return KEPT
    if analysis.interrupted:
        return NOT_TESTED  # what is there may be half of something: no telling
    return Judgement(tested=True, violations=(_violation(repeated, analysis),))


def _delivered_again(analysis: Analysis) -> list[str]:
    """Messages that reached the handler more than once."""
    counts: dict[str, int] = {}
    for invocation in analysis.invocations:
        for record in invocation.records:
            counts[record.message] = counts.get(record.message, 0) + 1
    return [name for name, count in counts.items() if count > 1]


def _explained_by_a_failed_attempt(analysis: Analysis) -> bool:
    """Whether the world is what one attempt under the same faults leaves: half done, not doubled."""
    if not analysis.call_faults:
        return False
    return bool(analysis.explain_by_failed_attempt(analysis.end, lambda _: True))


def _violation(repeated: list[str], analysis: Analysis) -> Violation:
    culprits = [name for name in repeated if analysis.oracle.is_visible(analysis.messages[name])]
    names = " and ".join(culprits)
    return Violation(
        clause=ID,
        mode="done-again",
        claim=(
            f"{names} was delivered more than once, and the effects are not those of one delivery."
        ),
        messages=tuple(culprits),
        why="SQS may deliver a message more than once, so doing it again must change nothing.",
        remedies=_REMEDIES,
    )
