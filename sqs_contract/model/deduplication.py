"""What a FIFO queue remembers of the messages it accepted, to drop a second copy (S51, S52)."""

from __future__ import annotations

import hashlib
from collections import deque

from sqs_contract.model.entry import Entry
from sqs_contract.model.limits import DEDUPLICATION_INTERVAL_S, SECOND_MS
from sqs_contract.model.settings import DeduplicationScope

_INTERVAL_MS = DEDUPLICATION_INTERVAL_S * SECOND_MS


def content_hash(body: str) -> str:
    """SHA-256 of the body alone; attributes do not count (S51)."""
    return hashlib.sha256(body.encode()).hexdigest()


class DeduplicationMemory:
    """Deduplication ids for five minutes from the first accepted send.

    It survives receive and delete (S51), and knows the message group of each,
    so that a change of scope finds what was sent before it.
    """

    def __init__(self) -> None:
        # Few ids come twice: the messages that share one stand in a tuple.
        self._accepted: dict[str, tuple[Entry, ...]] = {}
        self._by_age: deque[Entry] = deque()

    def first(
        self, scope: DeduplicationScope, group_id: str, deduplication_id: str, now_ms: int
    ) -> Entry | None:
        """The message of which this would be a second copy, or `None`."""
        self._forget(now_ms)
        for entry in reversed(self._accepted.get(deduplication_id, ())):
            if scope is DeduplicationScope.QUEUE or entry.message.group_id == group_id:
                return entry
        return None

    def accept(self, entry: Entry) -> None:
        """Remember a message that was accepted, at its `sent_ms`."""
        assert entry.deduplication_id is not None
        known = self._accepted.get(entry.deduplication_id, ())
        self._accepted[entry.deduplication_id] = (*known, entry)
        self._by_age.append(entry)

    def clear(self) -> None:
        """Forget everything, as PurgeQueue does (S44)."""
        self._accepted.clear()
        self._by_age.clear()

    def _forget(self, now_ms: int) -> None:
        by_age = self._by_age
        while by_age and by_age[0].message.sent_ms + _INTERVAL_MS <= now_ms:
            entry = by_age.popleft()
            assert entry.deduplication_id is not None
            known = self._accepted[entry.deduplication_id]
            if known[1:]:
                self._accepted[entry.deduplication_id] = known[1:]
            else:
                del self._accepted[entry.deduplication_id]
