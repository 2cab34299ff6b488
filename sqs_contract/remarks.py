"""What a report says beside its verdicts: why a clause was not checked, and what to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from sqs_contract.deployment import Deployment
from sqs_contract.explore.cases import Cases
from sqs_contract.oracle.parts import Part
from sqs_contract.player import Plays

_BY_EFFECTS: Final = ("no-loss", "idempotent", "exact-report", "stateless")
"""Clauses that are judged by what changes in the world."""


def why_not_checked(clause_id: str, deployment: Deployment, cases: Cases) -> str:
    """Why no scenario put a clause to the test, and what to give so that one does."""
    if clause_id == "exact-report" and not deployment.mapping.report_batch_item_failures:
        return "ReportBatchItemFailures is off: Lambda reads no report"
    if clause_id == "isolation" and deployment.mapping.batch_size == 1:
        return "the batch size is 1: a record has no neighbours"
    if clause_id == "fifo-order" and not deployment.queue.fifo:
        return "the queue is standard: it keeps no order"
    if not cases.healthy:
        if cases.refusal is None and cases.filtered:
            return (
                f"none of the {cases.filtered} bodies matches a filter of the mapping: Lambda "
                "deletes them, and the handler never sees them (S108)"
            )
        if cases.refusal is None:
            return "there are no bodies to try: give --bodies"
        return (
            "the handler refused every body, even alone and without faults "
            f"({cases.refusal}): give --bodies it accepts, or a --reset that prepares what it "
            "needs"
        )
    if clause_id in _BY_EFFECTS and not cases.visible:
        return (
            "no effect of the handler could be seen: it changed nothing in the mocked AWS; "
            "give --effects module:function that returns what it changes"
        )
    return "no scenario put it to the test"


def notes_on_run(player: Plays, cases: Cases, ignored: Collection[Part]) -> Iterator[str]:
    """What a person should know of how the verdicts came about, a sentence each.

    Args:
        player: what has played the scenarios.
        cases: what exploration started from.
        ignored: parts of the world that were not compared.
    """
    yield from player.not_made
    if cases.filtered:
        yield (
            f"{cases.filtered} of the bodies match no filter of the mapping: Lambda deletes "
            "such messages, and the handler never sees them"
        )
    if cases.refused and cases.healthy:
        yield (
            f"{cases.refused} of the {cases.tried} bodies tried are refused by the handler, even "
            f"alone and without faults ({cases.refusal}): they were taken for malformed ones"
        )
    if player.warm_only:
        yield f"cold starts and overlapping deliveries were not played: {player.warm_only}"
    stopped = "; exploration stopped there" if player.has_had_enough else ""
    for place, count in Counter(player.killed).items():
        yield (
            f"the handler ended its process {place}, {_times(count)}: each counts as an "
            f"invocation that ended with Runtime.ExitError{stopped}"
        )
    for place, count in Counter(player.hung).items():
        yield (
            f"the handler did not end by itself at {place}, {_times(count)}, and was stopped as if "
            f"the function had timed out{stopped}"
        )
    for part in ignored:
        yield (
            f"what the handler leaves in {' '.join(part)} depends on chance or on how messages "
            "are batched, and was not compared"
        )
    yield from player.site_notes
    for host in player.refused:
        yield f"the handler tried to reach {host}; connections to outside hosts are refused"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
