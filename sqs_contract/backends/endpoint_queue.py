"""Queues of the model that live on an endpoint too: each transition is made there as well, and
what comes of it is compared.

So the mapping polls, deletes and lets messages come back exactly as on the simulator, and
the endpoint confirms it, or is told apart from AWS (`mirror`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqs_contract.model.entry import Entry, Receive, Received, State
from sqs_contract.model.fifo import FifoQueue
from sqs_contract.model.limits import RECEIVE_MAX_MESSAGES
from sqs_contract.model.message import Message
from sqs_contract.model.queue import StandardQueue
from sqs_contract.model.receipt_handles import ReceiptHandleExpired, read_handle

if TYPE_CHECKING:
    from sqs_contract.backends.mirror import Mirror


class StandardQueueOnEndpoint(StandardQueue):
    """A standard queue that lives on an endpoint too."""

    mirror: Mirror

    def send(self, message: Message) -> Entry:
        """Accept a message, here and there."""
        entry = super().send(message)
        self.mirror.sent(entry, message.sent_ms)
        return entry

    def receive(
        self,
        now_ms: int,
        *,
        max_messages: int = RECEIVE_MAX_MESSAGES,
        visibility_ms: int | None = None,
    ) -> Receive:
        """Hand out visible messages, if the endpoint hands out the same.

        Raises:
            EndpointDiffers: it does not.
        """
        receive = super().receive(now_ms, max_messages=max_messages, visibility_ms=visibility_ms)
        self.mirror.received(receive, now_ms)
        return receive

    def delete(self, receipt_handle: str, now_ms: int = 0) -> bool:
        """Delete with a receipt handle, here and there."""
        sequence, receive = read_handle(self._handle_stem, receipt_handle)
        entry = self._entries.get(sequence)
        if entry is None:
            self.mirror.deleted_again(sequence, receive)
            return False
        return self._delete_on_both(entry, receive, now_ms)

    def delete_received(self, received: Received, now_ms: int = 0) -> bool:
        """Delete with the handle of a receive, here and there."""
        return self._delete_on_both(received.entry, received.receive_count, now_ms)

    def duplicate(self, entry: Entry, now_ms: int) -> Entry:
        """Let a stray copy surface: the message is not deleted there, and comes again."""
        copy = super().duplicate(entry, now_ms)
        self.mirror.copied(entry, copy)
        return copy

    def receive_again(self, entry: Entry, now_ms: int) -> Received:
        """Hand out a message a second time while it is in flight, here and there."""
        received = super().receive_again(entry, now_ms)
        self.mirror.received_again(received, now_ms)
        return received

    def purge(self) -> int:
        """Remove every message, here and there."""
        self.mirror.purged()
        return super().purge()

    def _delete_on_both(self, entry: Entry, receive: int, now_ms: int) -> bool:
        over = entry.available_ms <= now_ms
        if self._delete(entry, receive, now_ms):
            self.mirror.deleted(entry, receive, over=over, now_ms=now_ms)
            return True
        if entry.state is not State.WAITING:
            self.mirror.deleted_again(entry.sequence, receive)
        elif self.mirror.deleted_with_old_handle(entry, receive):
            self._delete(entry, entry.receive_count, now_ms)  # AWS may do so too (S40)
        return False


class FifoQueueOnEndpoint(FifoQueue):
    """A FIFO queue that lives on an endpoint too."""

    mirror: Mirror

    def send(self, message: Message) -> Entry:
        """Accept a message, here and there; both are to tell a duplicate (S51)."""
        entry = super().send(message)
        if entry.message.message_id == message.message_id:
            self.mirror.sent(entry, message.sent_ms)
        else:
            self.mirror.sent_duplicate(entry, message)
        return entry

    def receive(
        self,
        now_ms: int,
        *,
        max_messages: int = RECEIVE_MAX_MESSAGES,
        visibility_ms: int | None = None,
        attempt_id: str | None = None,
    ) -> Receive:
        """Hand out messages, if the endpoint hands out the same.

        Raises:
            EndpointDiffers: it does not.
        """
        receive = super().receive(
            now_ms, max_messages=max_messages, visibility_ms=visibility_ms, attempt_id=attempt_id
        )
        self.mirror.received(receive, now_ms)
        return receive

    def delete(self, receipt_handle: str, now_ms: int) -> bool:
        """Delete with a receipt handle, here and there; both refuse one that is over (S50)."""
        sequence, receive = read_handle(self._handle_stem, receipt_handle)
        entry = self._entries.get(sequence)
        try:
            deleted = super().delete(receipt_handle, now_ms)
        except ReceiptHandleExpired:
            if entry is not None:
                self.mirror.refused_to_delete(entry, receive, now_ms)
            raise
        if deleted and entry is not None:
            self.mirror.deleted(entry, receive, over=False, now_ms=now_ms)
        else:
            self.mirror.deleted_again(sequence, receive)
        return deleted

    def purge(self) -> int:
        """Remove every message, here and there."""
        self.mirror.purged()
        return super().purge()
