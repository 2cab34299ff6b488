"""`idempotent`: the effects after any number of deliveries are those of one delivery."""

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
from sqs_contract.oracle.analysis import Analysis

ID: Final = "idempotent"
OWES: Final = (
    "The effects after any number of deliveries, overlapping ones too, are those of one delivery."
)

REMEDIES: Final = (
    "make doing it again change nothing: write under a key of the message, not by adding",
    "or record the message as done in the same transaction as the effect, and skip it next time",
)

_GOES_ON: Final = "A sandbox goes on after a failure, with whatever its modules hold then."
_CLEAN: Final = (
    "keep in a module only what is whole: fill a cache in one step, when all of it is there",
    "or clear what a failure leaves there",
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge a run in which some message was delivered more than once."""
    del policy
    repeated = [
        name
        for name, count in analysis.deliveries.items()
        if count > 1
        and name in analysis.healthy
        and analysis.oracle.is_visible(analysis.messages[name])
    ]
    if not repeated:
        return NOT_TESTED
    undone = _undone_again(analysis)
    if undone:
        return Judgement(tested=True, violations=(_undone(undone, repeated),))
    if analysis.final_explanations or analysis.out_of_orders:
        return KEPT
    if analysis.explain_but_for_residue(lambda _: True):
        return KEPT
    if analysis.only_lacks_something or _explained_by_a_failed_attempt(analysis):
        return KEPT
    if analysis.interrupted or not analysis.get_along:
        return NOT_TESTED  # what is there may be half of something: no telling
    tell = _remembered if _is_memory(analysis) else _done_again
    return Judgement(tested=True, violations=(tell(repeated),))


def _is_memory(analysis: Analysis) -> bool:
    """Whether all would be well if each invocation met a new sandbox: what a failed one leaves
    in memory is to blame, and not that the message came again."""
    return analysis.had_failures and bool(analysis.in_new_sandboxes.final_explanations)


def _undone_again(analysis: Analysis) -> list[str]:
    """Messages that were done when Lambda deleted them, and of which a later delivery, their
    own or another message's, left nothing, although no order of the messages explains that."""
    if analysis.out_of_orders or analysis.call_faults:
        return []
    explanations = analysis.final_explanations
    if any(analysis.acknowledged <= done for done in explanations):
        return []
    return [
        name
        for name in analysis.messages
        if name in analysis.acknowledged
        and name in analysis.healthy
        and (explanations or analysis.only_lacks_something)
        and not any(name in done for done in explanations)
        and analysis.was_done_when_deleted(name)
    ]


def _explained_by_a_failed_attempt(analysis: Analysis) -> bool:
    """Whether the world is what one attempt under the same faults leaves: half done, not doubled."""
    if not analysis.call_faults:
        return False
    return bool(analysis.explain_by_failed_attempt(analysis.end, lambda _: True))


def _done_again(names: list[str]) -> Violation:
    were = "was" if len(names) == 1 else "were"
    return _violation(
        "done-again",
        names,
        f"{listed(names)} {were} delivered more than once, and the effects are not those of one "
        "delivery.",
    )


def _remembered(names: list[str]) -> Violation:
    were = "was" if len(names) == 1 else "were"
    return Violation(
        clause=ID,
        mode="remembered",
        claim=(
            f"{listed(names)} failed and {were} delivered again, and the effects are not those of "
            "one delivery: the failure has left its mark on the sandbox, and in new ones they are."
        ),
        messages=tuple(names),
        why=_GOES_ON,
        remedies=_CLEAN,
    )


def _undone(names: list[str], repeated: list[str]) -> Violation:
    were = "was" if len(names) == 1 else "were"
    again = "it" if names == repeated and len(names) == 1 else listed(repeated)
    return _violation(
        "undone-again",
        names,
        f"{listed(names)} {were} done, and delivering {again} again undid it.",
    )


def _violation(mode: str, culprits: list[str], claim: str) -> Violation:
    return Violation(
        clause=ID,
        mode=mode,
        claim=claim,
        messages=tuple(culprits),
        why="SQS may deliver a message more than once, so doing it again must change nothing.",
        remedies=REMEDIES,
    )
