"""Calls that carry a receipt handle: what the queue does, and what SQS answers."""

from __future__ import annotations

from sqs_contract.model import sqs_errors as errors
from sqs_contract.model.fifo import Queue
from sqs_contract.model.limits import SECOND_MS, VISIBILITY_TIMEOUT_MAX_S
from sqs_contract.model.queue import VisibilityBeyondLimit
from sqs_contract.model.receipt_handles import ReceiptHandleExpired, ReceiptHandleIsInvalid
from sqs_contract.model.sqs_errors import Refusal


def delete_message(queue: Queue, handle: str, now_ms: int) -> Refusal | None:
    """DeleteMessage: succeeds whatever there is to delete (S40, S41), but for S50."""
    try:
        queue.delete(handle, now_ms)
    except ReceiptHandleIsInvalid:
        return errors.handle_is_invalid(handle)
    except ReceiptHandleExpired:
        return errors.handle_has_expired(handle)
    return None


def change_message_visibility(
    queue: Queue, handle: str, seconds: object, now_ms: int
) -> Refusal | None:
    """ChangeMessageVisibility (S37, S41)."""
    if not is_visibility(seconds):
        return errors.visibility_out_of_range(seconds)
    assert isinstance(seconds, int)
    try:
        if queue.change_visibility(handle, seconds * SECOND_MS, now_ms):
            return None
    except ReceiptHandleIsInvalid:
        return errors.handle_is_invalid(handle)
    except VisibilityBeyondLimit:
        return errors.visibility_beyond_limit(seconds)
    return errors.no_visibility_to_change(handle)


def is_visibility(seconds: object) -> bool:
    """Whether a value is a visibility timeout SQS takes (S37)."""
    return (
        isinstance(seconds, int)
        and not isinstance(seconds, bool)
        and 0 <= seconds <= VISIBILITY_TIMEOUT_MAX_S
    )
