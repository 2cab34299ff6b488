"""`stateless`: cold or warm sandbox, one batch or several: the same outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqs_contract.backends.run import Run
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

_OF_A_BATCH: Final = (
    "let the outcome of a record hang on no other record of its batch",
    "where the records of a batch are written together, join first what has the same key",
)

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
    if kinds - {FaultKind.COLD_START} or len(analysis.messages) == 1:
        return NOT_TESTED
    if len(analysis.healthy) < len(analysis.messages):
        return _judge_after_poison(analysis)
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
    if analysis.holds_all_acknowledged and not _only_new_ones_do(analysis):
        return KEPT  # something is there besides, as a record of the batch itself
    if _is_a_matter_of_time(analysis):
        return KEPT
    return Judgement(tested=True, violations=(_differs(analysis),))


def _judge_after_poison(analysis: Analysis) -> Judgement:
    """Judge what poison leaves in a sandbox for the batches that come later. What it does to
    its own batch is for `isolation` to tell."""
    poison = frozenset(analysis.messages) - analysis.healthy
    apart = [
        name
        for name in analysis.healthy
        if not any(
            name in invocation.names and not poison.isdisjoint(invocation.names)
            for invocation in analysis.invocations
        )
    ]
    if not apart:
        return NOT_TESTED
    refused = [name for name in sorted(apart) if analysis.fates[name] is not Fate.DELETED]
    if refused:
        alone = analysis.each_in_a_new_sandbox.fates
        refused = [name for name in refused if alone[name] is Fate.DELETED]
    if not refused:
        return KEPT
    return Judgement(tested=True, violations=(_refused(refused, analysis),))


def _is_a_matter_of_time(analysis: Analysis) -> bool:
    """Whether warm sandboxes and new ones leave the same: then no state makes the difference
    from messages that come right after each other, but the time between them."""
    if _share_a_batch(analysis):
        return False
    text = analysis.oracle.golden.looks.text
    warm, apart = _warm(analysis), analysis.each_in_a_new_sandbox
    return text(warm.worlds[-1]) == text(apart.worlds[-1]) == text(analysis.final_world)


def _only_new_ones_do(analysis: Analysis) -> bool:
    """Whether what a message leaves when it comes alone is there, and is not where the sandbox
    goes on: something in its memory kept the handler from it."""
    looks, warm = analysis.oracle.golden.looks, _warm(analysis).worlds[-1]
    return any(
        looks.holds(analysis.final_world, analysis.solo(name).world)
        and not looks.holds(warm, analysis.solo(name).world)
        for name in analysis.messages
    )


def _warm(analysis: Analysis) -> Run:
    """The same messages where every sandbox goes on."""
    return analysis.oracle.golden.play_as_deployed(tuple(analysis.messages.values()))


def _share_a_batch(analysis: Analysis) -> bool:
    return any(
        set(invocation.names) == set(analysis.messages) for invocation in analysis.invocations
    )


def _where(analysis: Analysis) -> str:
    if _share_a_batch(analysis):
        return "batch"
    kinds = {fault.kind for fault in analysis.scenario.faults}
    return "cold" if FaultKind.COLD_START in kinds else "warm"


def _refused(names: list[str], analysis: Analysis) -> Violation:
    are = "is" if len(names) == 1 else "are"
    claims = {
        "cold": f"{listed(names)} {are} not accepted here, and {are} by a sandbox of its own.",
        "batch": f"{listed(names)} {are} not accepted in one batch, and {are} one by one.",
        "warm": (
            f"{listed(names)} {are} not accepted by a sandbox that has handled other messages, and "
            f"{are} by a new one."
        ),
    }
    return _violation("refused", _where(analysis), claims, tuple(names))


def _differs(analysis: Analysis) -> Violation:
    names = tuple(analysis.messages)
    head = f"{listed(names)}: "
    claims = {
        "cold": f"{head}in a new sandbox the effects are not those of a sandbox that goes on.",
        "batch": f"{head}in one batch the effects are not those of the messages one by one.",
        "warm": (
            f"{head}in several invocations the effects are not those of the messages one by one."
        ),
    }
    return _violation("differs", _where(analysis), claims, names)


def _violation(
    mode: str, where: str, claims: Mapping[str, str], names: tuple[str, ...]
) -> Violation:
    return Violation(
        clause=ID,
        mode=f"{mode}-{where}",
        claim=claims[where],
        messages=names,
        why="Whether an execution environment is new, and what shares a batch, is chance.",
        remedies=_OF_A_BATCH if where == "batch" else _REMEDIES,
    )
