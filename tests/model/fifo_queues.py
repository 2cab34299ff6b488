"""FIFO queues of the model, and messages in groups."""

from __future__ import annotations

from sqs_contract.model.fifo import FifoQueue
from sqs_contract.model.message import Message
from sqs_contract.model.queue import QueueSettings

MINUTE = 60_000
HOUR = 60 * MINUTE


def message(body, group="g", *, dedup="", sent_ms=0, delay_ms=None):
    return Message(
        message_id=f"id-{body}",
        body=body,
        sent_ms=sent_ms,
        delay_ms=delay_ms,
        group_id=group,
        deduplication_id=body if dedup == "" else dedup,
    )


def queue(**settings):
    dlq = None
    if settings.get("max_receive_count") is not None:
        dlq = FifoQueue(QueueSettings(name="dlq.fifo", fifo=True))
    return FifoQueue(QueueSettings(name="q.fifo", fifo=True, **settings), dead_letter_queue=dlq)


def filled(*sent, **settings):
    q = queue(**settings)
    for body in sent:
        q.send(message(body, body[0]))
    return q


def bodies(receive):
    return [item.entry.message.body for item in receive.messages]
