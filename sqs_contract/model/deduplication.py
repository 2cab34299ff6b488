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

    It survives receive and delete (S51). Every id is remembered under both
    scopes, so that a change of scope finds what was sent before it.
    """

    def __init__(self) -> None:
        self._accepted: dict[tuple[str | None, str], tuple[int, Entry]] = {}
        self._by_age: deque[tuple[int, tuple[str | None, str]]] = deque()

    def first(
        self, scope: DeduplicationScope, group_id: str, deduplication_id: str, now_ms: int
    ) -> Entry | None:
        """The message of which this would be a second copy, or `None`."""
        self._forget(now_ms)
        group = group_id if scope is DeduplicationScope.MESSAGE_GROUP else None
        known = self._accepted.get((group, deduplication_id))
        return None if known is None else known[1]

    def accept(self, group_id: str, deduplication_id: str, entry: Entry, now_ms: int) -> None:
        """Remember a message that was accepted."""
        for key in ((None, deduplication_id), (group_id, deduplication_id)):
            self._accepted[key] = (now_ms, entry)
            self._by_age.append((now_ms, key))

    def clear(self) -> None:
        """Forget everything, as PurgeQueue does (S44)."""
        self._accepted.clear()
        self._by_age.clear()

    def _forget(self, now_ms: int) -> None:
        by_age = self._by_age
        while by_age and by_age[0][0] + _INTERVAL_MS <= now_ms:
            since_ms, key = by_age.popleft()
            known = self._accepted.get(key)
            if known is not None and known[0] == since_ms:
                del self._accepted[key]
