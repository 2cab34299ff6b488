"""What becomes of a batch whose invocation is throttled (S76, S99, S100).

The mapping knows nothing of the function's reserved concurrency: it receives, is
refused, and tries the invocation again after growing pauses, until the messages are
about to be visible again. Then it forgets the batch: a receive is used up, and
nothing has run.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Pauses
from sqs_contract.model.entry import Received


@dataclass(slots=True)
class ThrottledBatch:
    """A batch that waits for its invocation.

    Attributes:
        next_ms: when the next attempt is due, or the batch is to be forgotten.
        attempts: how often its invocation was refused.
    """

    batch: list[Received]
    pauses: Pauses = DEFAULT_ASSUMPTIONS.pauses
    attempts: int = 0
    next_ms: int = 0

    @property
    def until_ms(self) -> int:
        """When the first of its messages is visible again."""
        return min(item.entry.available_ms for item in self.batch)

    def is_over(self, now_ms: int) -> bool:
        """Whether its time is over: it is to be forgotten."""
        return now_ms >= self.until_ms

    def refused(self, now_ms: int) -> None:
        """The invocation was throttled, once more."""
        self.attempts += 1
        self.next_ms = min(now_ms + self.pauses.after(self.attempts), self.until_ms)
