"""The queue of a deployment and its dead-letter queue, as the model has them."""

from __future__ import annotations

from sqs_contract.deployment import Deployment
from sqs_contract.model.fifo import Queue, make_queue


def make_queues(deployment: Deployment, salt: int = 0) -> tuple[Queue, Queue]:
    """The queue of a deployment, and its dead-letter queue."""
    assumptions = deployment.assumptions
    dead_letters = make_queue(deployment.dead_letter_queue, assumptions=assumptions)
    target = None if deployment.queue.max_receive_count is None else dead_letters
    queue = make_queue(
        deployment.queue, dead_letter_queue=target, salt=salt, assumptions=assumptions
    )
    return queue, dead_letters
