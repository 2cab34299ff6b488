"""A batch as full as the mapping makes it: where limits on the size of a request show.

Most batch APIs take fewer things than a batch may hold: ten entries for SendMessageBatch,
PublishBatch and PutEvents, 25 items for BatchWriteItem, 100 for TransactWriteItems.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from sqs_contract.bodies.variants import variants_of
from sqs_contract.explore.cases import GROUP_SIZE
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.scenario import ScenarioMessage, message_for

FULL_MAX: Final = 101
"""One more than the greatest of those limits."""


def full_batch(
    oracle: Oracle, healthy: Sequence[ScenarioMessage], batch_size: int
) -> tuple[ScenarioMessage, ...]:
    """Healthy messages about different things for one full batch; none where there are not more
    of them than have been tried together anyway."""
    golden = oracle.golden
    size = min(batch_size, FULL_MAX)
    if not healthy or size <= GROUP_SIZE:
        return ()
    chosen: dict[str, ScenarioMessage] = {}
    for body in itertools.islice(_bodies(healthy, size), 2 * size):
        if len(chosen) == size:
            break
        message = message_for(golden.deployment.queue, f"m{len(chosen) + 1}", body)
        if golden.reaches_the_handler(message) and golden.solo(message).accepted:
            chosen[body] = message
    return tuple(chosen.values()) if len(chosen) > GROUP_SIZE else ()


def _bodies(healthy: Sequence[ScenarioMessage], size: int) -> Iterator[str]:
    """Bodies given, and then others like them in turn, each once."""
    variants = [variants_of(message.body, size) for message in healthy]
    in_turn = [body for bodies in itertools.zip_longest(*variants) for body in bodies if body]
    yield from dict.fromkeys([*(message.body for message in healthy), *in_turn])
