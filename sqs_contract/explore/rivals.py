"""Messages that change the same things: those between which an update can be lost.

Messages that are about other things do not meet. Two orders of one customer do,
in what is kept for the customer. Where the bodies given hold no such pair, one is
made: the same body with another identifier in one place, or the same body again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqs_contract.bodies.variants import siblings_of
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.scenario import ScenarioMessage, message_for

_NAME: Final = "m2"


def rival_of(oracle: Oracle, group: Sequence[ScenarioMessage]) -> ScenarioMessage | None:
    """A message that changes what the first of a group leaves, and is done beside it whichever
    comes first; the next one if there is none.

    None on a FIFO queue: what shares something may be kept apart there by its message group,
    and that is the producer's to choose.
    """
    if oracle.golden.deployment.queue.fifo:
        return None
    first, *others = group
    if oracle.is_visible(first):
        for other in (*others, *_made_from(oracle, first)):
            if oracle.golden.solo(other).accepted and _share(oracle, first, other):
                return other
    return others[0] if others else None


def _made_from(oracle: Oracle, message: ScenarioMessage) -> Iterator[ScenarioMessage]:
    golden = oracle.golden
    for body in (*siblings_of(message.body), message.body):
        made = message_for(golden.deployment.queue, _NAME, body)
        if golden.reaches_the_handler(made):
            yield made


def _share(oracle: Oracle, first: ScenarioMessage, other: ScenarioMessage) -> bool:
    golden, looks = oracle.golden, oracle.golden.looks
    both = golden.run((first, other))
    if not all(step.accepted for step in both.steps):
        return False
    left, end = (step.world for step in both.steps)
    if looks.holds(end, left):
        return False
    swapped = golden.run((other, first))
    return looks.text(swapped.steps[-1].world) == looks.text(both.steps[-1].world)
