"""`stateless`: cold or warm sandbox, one batch or several: the same outcome."""

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
from sqs_contract.scenario import FaultKind

ID: Final = "stateless"
OWES: Final = "Cold or warm sandbox, one batch or several: the same outcome."

_REMEDIES: Final = (
    (
        "keep nothing between invocations that an outcome hangs on: Lambda starts and stops execution "
        "environments as it likes, and runs several at once"
    ),
    "what must be remembered belongs in a database",
)


def judge(analysis: Analysis, policy: PoisonPolicy) -> Judgement:
    """Judge a run of several healthy messages in which nothing goes wrong, whatever sandboxes
    and batches they meet."""
    del policy
    kinds = {fault.kind for fault in analysis.scenario.faults}
    healthy = len(analysis.healthy) == len(analysis.messages)
    if kinds - {FaultKind.COLD_START} or not healthy or len(analysis.messages) == 1:
        return NOT_TESTED
    refused = [name for name in analysis.messages if analysis.fates[name] is not Fate.DELETED]
    if refused:
        apart = analysis.each_in_a_new_sandbox
        if any(apart.fates[name] is not Fate.DELETED for name in analysis.messages):
            return NOT_TESTED  # they get in each other's way, wherever they are handled
        return Judgement(tested=True, violations=(_refused(refused, analysis),))
    if not any(analysis.oracle.is_visible(message) for message in analysis.messages.values()):
        return NOT_TESTED
    everything = frozenset(analysis.messages)
    if everything in analysis.final_explanations or analysis.out_of_orders:
        return KEPT
    if analysis.holds_all_acknowledged:
        return KEPT  # something is there besides, as a record of the batch itself
    return Judgement(tested=True, violations=(_differs(analysis),))


def _where(analysis: Analysis) -> str:
    if any(fault.kind is FaultKind.COLD_START for fault in analysis.scenario.faults):
        return "cold"
    return "batch" if len(analysis.invocations) == 1 else "warm"


def _refused(names: list[str], analysis: Analysis) -> Violation:
    claims = {
        "cold": f"{listed(names)} is not accepted here, and is by a sandbox of its own.",
        "batch": f"{listed(names)} is not accepted in a batch with others, and is alone.",
        "warm": (
            f"{listed(names)} is not accepted by a sandbox that has handled other messages, and "
            "is by a new one."
        ),
    }
    return _violation(f"refused-{_where(analysis)}", claims[_where(analysis)], tuple(names))


def _differs(analysis: Analysis) -> Violation:
    names = tuple(analysis.messages)
    claims = {
        "cold": "in a new sandbox the effects are not those of a sandbox that goes on",
        "batch": "in one batch the effects are not those of the messages one by one",
        "warm": "in several invocations the effects are not those of the messages one by one",
    }
    where = _where(analysis)
    return _violation(f"differs-{where}", f"{listed(names)}: {claims[where]}.", names)


def _violation(mode: str, claim: str, names: tuple[str, ...]) -> Violation:
    return Violation(
        clause=ID,
        mode=mode,
        claim=claim,
        messages=names,
        why="Whether an execution environment is new, and what shares a batch, is chance.",
        remedies=_REMEDIES,
    )
