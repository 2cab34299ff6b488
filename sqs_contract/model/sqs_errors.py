"""The errors SQS answers with: each code and message once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.limits import (
    BATCH_REQUEST_MAX_BYTES,
    BATCH_REQUEST_MAX_ENTRIES,
    IN_FLIGHT_MAX,
    PURGE_INTERVAL_S,
    VISIBILITY_TIMEOUT_MAX_S,
)

_BAD_REQUEST: Final = 400
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of the service: its code and message, and the HTTP status."""

    code: str
    message: str
    status: int = _BAD_REQUEST


Answer = dict[str, Any] | Refusal
"""What a call is answered with."""


class Refused(ValueError):
    """A call that the service refuses."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.message}")
        self.refusal = refusal


def invalid_value(parameter: str, value: object, reason: str) -> Refusal:
    """InvalidParameterValue in the wording most parameters share."""
    return Refusal(
        "InvalidParameterValue",
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}",
    )


def missing(parameter: str, code: str = "MissingParameter") -> Refusal:
    """A parameter that must be there (S28); in a batch the code is another (S26)."""
    return Refusal(code, f"The request must contain the parameter {parameter}.")


def not_for_this_queue_type(parameter: str, value: object) -> Refusal:
    """A parameter of the other queue type (S31)."""
    return invalid_value(
        parameter, value, "The request include parameter that is not valid for this queue type."
    )


def bad_id(parameter: str, value: object) -> Refusal:
    """A MessageGroupId or MessageDeduplicationId of wrong characters or length (S33)."""
    return invalid_value(
        parameter,
        value,
        f"{parameter} can only include alphanumeric and punctuation characters. "
        "1 to 128 in length.",
    )


def bad_attribute(text: str) -> Refusal:
    """A user attribute SQS does not take (S29)."""
    return Refusal("InvalidParameterValue", f"Message (user) attribute {text}")


def too_long(limit: int, *, in_batch: bool) -> Refusal:
    """A message above the queue's MaximumMessageSize (S24, S25)."""
    what = "cannot be validated" if in_batch else "are invalid"
    return Refusal(
        "InvalidParameterValue",
        f"One or more parameters {what}. Reason: Message must be shorter than {limit} bytes.",
    )


def batch_too_long(sent: int) -> Refusal:
    """A batch whose entries are too long together (S25)."""
    return Refusal(
        "AWS.SimpleQueueService.BatchRequestTooLong",
        f"Batch requests cannot be longer than {BATCH_REQUEST_MAX_BYTES} bytes. "
        f"You have sent {sent} bytes.",
    )


def too_many_entries(sent: int) -> Refusal:
    """A batch of more than ten entries (S25)."""
    return Refusal(
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        f"Maximum number of entries per request are {BATCH_REQUEST_MAX_ENTRIES}. "
        f"You have sent {sent}.",
    )


def ids_not_distinct(entry_id: str) -> Refusal:
    """Two entries of one batch with the same id (S25)."""
    return Refusal("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")


def handle_is_invalid(handle: object) -> Refusal:
    """A malformed receipt handle (S41)."""
    return Refusal(
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{handle}" is not a valid receipt handle.',
    )


def handle_has_expired(handle: str) -> Refusal:
    """A delete after the visibility timeout, FIFO (S50)."""
    return invalid_value("ReceiptHandle", handle, "The receipt handle has expired.")


def visibility_out_of_range(seconds: object) -> Refusal:
    """A visibility timeout outside 0 to 43,200 s (S37)."""
    return invalid_value(
        "VisibilityTimeout",
        seconds,
        f"Must be between 0 and {VISIBILITY_TIMEOUT_MAX_S}, if provided.",
    )


def visibility_beyond_limit(seconds: object) -> Refusal:
    """An extension beyond twelve hours from the receive (S37)."""
    return invalid_value(
        "VisibilityTimeout",
        seconds,
        "Total VisibilityTimeout for the message is beyond the limit "
        f"[{VISIBILITY_TIMEOUT_MAX_S} seconds]",
    )


def no_visibility_to_change(handle: str) -> Refusal:
    """A change of visibility of a message that is gone (S41)."""
    return invalid_value(
        "ReceiptHandle",
        handle,
        "Message does not exist or is not available for visibility timeout change.",
    )


def purge_in_progress(name: str) -> Refusal:
    """A second PurgeQueue within a minute (S44)."""
    return Refusal(
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        f"Only one PurgeQueue operation on {name} is allowed every {PURGE_INTERVAL_S} seconds.",
        _FORBIDDEN,
    )


def bad_queue_attribute(name: str) -> Refusal:
    """A value AWS does not take for a queue attribute."""
    return Refusal("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def unknown_queue_attribute(name: str) -> Refusal:
    """A queue attribute that there is none of, or not for this type of queue."""
    return Refusal("InvalidAttributeName", f"Unknown Attribute {name}.")


def no_such_resource(parameter: str) -> Refusal:
    """An ARN of a move task that names no queue (S64)."""
    return Refusal(
        "ResourceNotFoundException",
        f"The resource that you specified for the {parameter} parameter doesn't exist.",
        _NOT_FOUND,
    )


INVALID_CHARACTERS: Final = Refusal(
    "InvalidMessageContents",
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
    "#xE000 to #xFFFD | #x10000 to #x10FFFF",
)
"""A body with characters that SQS does not take (S27)."""

NO_DEDUPLICATION_ID: Final = Refusal(
    "InvalidParameterValue",
    "The queue should either have ContentBasedDeduplication enabled or "
    "MessageDeduplicationId provided explicitly",
)
"""A FIFO send with nothing to deduplicate by (S26)."""

EMPTY_BATCH: Final = Refusal(
    "AWS.SimpleQueueService.EmptyBatchRequest",
    "There should be at least one entry in the request.",
)

INVALID_BATCH_ENTRY_ID: Final = Refusal(
    "AWS.SimpleQueueService.InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
    "It can be at most 80 letters long.",
)

NO_SUCH_QUEUE: Final = Refusal(
    "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."
)

OVER_LIMIT: Final = Refusal(
    "OverLimit", f"The maximum number of in flight messages is reached: {IN_FLIGHT_MAX}."
)
"""A short poll of a standard queue with too much in flight (S43)."""

NOT_A_DEAD_LETTER_QUEUE: Final = Refusal(
    "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
)
TASK_ALREADY_RUNNING: Final = Refusal(
    "InvalidParameterValue",
    "There is already a task running. Only one active task is allowed for a source queue arn "
    "at a given time.",
)
INVALID_TASK_HANDLE: Final = Refusal(
    "InvalidParameterValue", "Value for parameter TaskHandle is invalid."
)
NO_SUCH_TASK: Final = Refusal("ResourceNotFoundException", "Task does not exist.", _NOT_FOUND)
