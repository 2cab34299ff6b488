"""The queue the handler is fed from, as its own calls to SQS find it (S95).

A handler may delete a message itself, or change its visibility, with the
receipt handle of its record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.queue import ReceiptHandleIsInvalid, StandardQueue

VISIBILITY_MAX_S: Final = 43_200
"""Twelve hours (S37)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of the service: its code and message."""

    code: str
    message: str


Answer = dict[str, Any] | Refusal


class QueueApi:
    """Answers the calls that carry receipt handles of one queue; knows no others.

    Args:
        queue: the queue of the run.
        url: its URL.
        now_ms: tells the time, in epoch milliseconds.
    """

    def __init__(self, queue: StandardQueue, url: str, now_ms: Callable[[], int]) -> None:
        self._queue = queue
        self._url = url
        self._now_ms = now_ms

    def answer(self, operation: str, parameters: Mapping[str, Any]) -> Answer | None:
        """The answer to a call, or `None` if it is not about this queue."""
        if operation == "GetQueueUrl":
            return self._own_url(parameters)
        if operation.endswith("Batch"):
            return self._batch(operation.removesuffix("Batch"), parameters)
        handle = parameters.get("ReceiptHandle")
        if not isinstance(handle, str) or not self._queue.gave_out(handle):
            return None
        return self._call(operation, handle, parameters)

    def _own_url(self, parameters: Mapping[str, Any]) -> Answer | None:
        if parameters.get("QueueName") != self._queue.settings.name:
            return None
        return {"QueueUrl": self._url}

    def _call(self, operation: str, handle: str, parameters: Mapping[str, Any]) -> Answer | None:
        try:
            if operation == "DeleteMessage":
                self._queue.delete(handle)  # succeeds whatever there is to delete (S40, S41)
                return {}
            if operation == "ChangeMessageVisibility":
                return self._change_visibility(handle, parameters.get("VisibilityTimeout"))
        except ReceiptHandleIsInvalid:
            return Refusal(
                "ReceiptHandleIsInvalid",
                f'The input receipt handle "{handle}" is not a valid receipt handle.',
            )
        return None

    def _change_visibility(self, handle: str, seconds: object) -> Answer:
        if not isinstance(seconds, int) or not 0 <= seconds <= VISIBILITY_MAX_S:
            return Refusal(
                "InvalidParameterValue",
                f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be "
                f"between 0 and {VISIBILITY_MAX_S}, if provided.",
            )
        if not self._queue.change_visibility(handle, seconds * SECOND_MS, self._now_ms()):
            return Refusal(
                "InvalidParameterValue",
                f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not "
                "exist or is not available for visibility timeout change.",
            )
        return {}

    def _batch(self, operation: str, parameters: Mapping[str, Any]) -> Answer | None:
        entries = parameters.get("Entries")
        if not isinstance(entries, list) or not all(isinstance(item, dict) for item in entries):
            return None
        if not any(self._queue.gave_out(str(item.get("ReceiptHandle"))) for item in entries):
            return None
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            answer = self._call(operation, str(entry.get("ReceiptHandle")), entry)
            if isinstance(answer, Refusal):
                failed.append(
                    {
                        "Id": entry.get("Id"),
                        "SenderFault": True,
                        "Code": answer.code,
                        "Message": answer.message,
                    }
                )
            elif answer is not None:
                done.append({"Id": entry.get("Id")})
        return {"Successful": done, **({"Failed": failed} if failed else {})}
