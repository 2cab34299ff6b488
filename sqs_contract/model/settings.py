"""The settings of a queue, in the units of the model; owns none of their spellings at AWS."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sqs_contract.model.limits import (
    MESSAGE_MAX_BYTES,
    RETENTION_DEFAULT_S,
    SECOND_MS,
    VISIBILITY_TIMEOUT_DEFAULT_S,
)


class DeduplicationScope(enum.Enum):
    """Within what a deduplication id is unique (S51, S52)."""

    QUEUE = "queue"
    MESSAGE_GROUP = "messageGroup"


class FifoThroughputLimit(enum.Enum):
    """What the throughput of a FIFO queue is counted by (S54)."""

    PER_QUEUE = "perQueue"
    PER_MESSAGE_GROUP_ID = "perMessageGroupId"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """Settings of a queue, times in milliseconds.

    `max_receive_count` is `None` where the queue has no redrive policy. The
    last three are a FIFO queue's alone.
    """

    name: str = "orders"
    visibility_timeout_ms: int = VISIBILITY_TIMEOUT_DEFAULT_S * SECOND_MS
    retention_ms: int = RETENTION_DEFAULT_S * SECOND_MS
    delay_ms: int = 0
    max_receive_count: int | None = None
    receive_wait_ms: int = 0
    max_message_bytes: int = MESSAGE_MAX_BYTES
    fifo: bool = False
    content_based_deduplication: bool = False
    deduplication_scope: DeduplicationScope = DeduplicationScope.QUEUE
    throughput_limit: FifoThroughputLimit = FifoThroughputLimit.PER_QUEUE

    @property
    def high_throughput(self) -> bool:
        """Scope and limit are both per message group (S54)."""
        return (
            self.deduplication_scope is DeduplicationScope.MESSAGE_GROUP
            and self.throughput_limit is FifoThroughputLimit.PER_MESSAGE_GROUP_ID
        )
