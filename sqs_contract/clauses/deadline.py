"""`deadline`: when time runs short it stops in time and reports the rest as not done."""

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
from sqs_contract.scenario import FaultKind

ID: Final = "deadline"
OWES: Final = "When time runs short it stops in time and reports the rest as not done."

_REMEDIES: Final = (
    (
        "before each record, ask context.get_remaining_time_in_millis(), and report it and the rest "
        "as not done when the time is short"
    ),
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge an invocation in which hardly any time was left when its first record was done."""
    del policy
    for invocation in analysis.invocations:
        if not any(call.fault is FaultKind.SHORT_OF_TIME for call in invocation.calls):
            continue
        if not invocation.timed_out:
            return KEPT
        names = list(invocation.names)
        violation = Violation(
            clause=ID,
            mode="ran-out",
            claim=(
                f"{names[0]} was done, hardly any time was left, and it began the next record: the "
                f"function timed out, and all of {listed(names)} come back."
            ),
            messages=tuple(names),
            invocation=invocation.number,
            why="A time-out fails the whole batch, what was done included, and uses up a receive.",
            remedies=_REMEDIES,
        )
        return Judgement(tested=True, violations=(violation,))
    return NOT_TESTED
