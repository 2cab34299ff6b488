"""What a report says beside its verdicts: why a clause was not checked, and what to know."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from sqs_contract.deployment import Deployment
from sqs_contract.explore.cases import Cases
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.oracle.parts import Part
from sqs_contract.player import Plays
from sqs_contract.scenario import ScenarioMessage

_BY_EFFECTS: Final = ("no-loss", "idempotent", "exact-report", "stateless")
"""Clauses that are judged by what changes in the world."""

_COUPLES_MAX: Final = 6
_BODY_SHOWN: Final = 60


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


def notes_on_bodies(oracle: Oracle, cases: Cases, examples: Collection[str]) -> Iterator[str]:
    """Whether the handler takes two of the person's own bodies for one and the same.

    That may be right, as of an order that was sent twice, or a key that is too coarse. Only
    the person knows, and so it is no verdict.
    """
    given = [message for message in cases.healthy if message.body in examples]
    for first, second in itertools.islice(itertools.combinations(given, 2), _COUPLES_MAX):
        if _taken_for_one(oracle, first, second):
            yield (
                "the handler takes two of the bodies for one: whichever is done second changes "
                "nothing and is deleted, though it does something alone. If they are two, the key by "
                "which it knows duplicates is too coarse, and messages are lost: "
                f"{_clipped(first.body)} and {_clipped(second.body)}"
            )
            return


def _taken_for_one(oracle: Oracle, first: ScenarioMessage, second: ScenarioMessage) -> bool:
    """Whether each changes nothing where the other was done, and leaves something of its own
    where it was not: whoever comes first wins. Of versions of one thing the newer wins."""
    golden, text = oracle.golden, oracle.golden.looks.text
    alone = [text(golden.solo(message).world) for message in (first, second)]
    if alone[0] == alone[1] or not (oracle.is_visible(first) and oracle.is_visible(second)):
        return False
    for order, expected in (((first, second), alone[0]), ((second, first), alone[1])):
        last = golden.run(order).steps[-1]
        if not last.accepted or text(last.world) != expected:
            return False
    return True


def _clipped(body: str) -> str:
    return body if len(body) <= _BODY_SHOWN else f"{body[:_BODY_SHOWN]}..."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
