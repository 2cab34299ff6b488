"""The queue the handler is fed from, as its own calls to SQS find it (S95).

A handler may delete a message itself, or change its visibility, with the
receipt handle of its record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqs_contract.model.fifo import Queue
from sqs_contract.model.handle_calls import change_message_visibility, delete_message
from sqs_contract.model.sqs_errors import Refusal

__all__ = ["Answer", "QueueApi", "Refusal"]

Answer = dict[str, Any] | Refusal

_HANDLE_CALLS: Final = ("DeleteMessage", "ChangeMessageVisibility")
"""With a receipt handle; each has a batch form."""


class QueueApi:
    """Answers the calls that carry receipt handles of one queue; knows no others.

    Args:
        queue: the queue of the run.
        url: its URL.
        now_ms: tells the time, in epoch milliseconds.
    """

    def __init__(self, queue: Queue, url: str, now_ms: Callable[[], int]) -> None:
        self._queue = queue
        self._url = url
        self._now_ms = now_ms

    def answer(self, operation: str, parameters: Mapping[str, Any]) -> Answer | None:
        """The answer to a call, or `None` if it is not about this queue."""
        if operation == "GetQueueUrl":
            return self._own_url(parameters)
        call = operation.removesuffix("Batch")
        if call not in _HANDLE_CALLS:
            return None
        if call != operation:
            return self._batch(call, parameters)
        handle = parameters.get("ReceiptHandle")
        if not isinstance(handle, str) or not self._queue.gave_out(handle):
            return None
        return self._call(operation, handle, parameters)

    def _own_url(self, parameters: Mapping[str, Any]) -> Answer | None:
        if parameters.get("QueueName") != self._queue.settings.name:
            return None
        return {"QueueUrl": self._url}

    def _call(self, operation: str, handle: str, parameters: Mapping[str, Any]) -> Answer:
        now_ms = self._now_ms()
        if operation == "DeleteMessage":
            return delete_message(self._queue, handle, now_ms) or {}
        seconds = parameters.get("VisibilityTimeout")
        return change_message_visibility(self._queue, handle, seconds, now_ms) or {}

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
            else:
                done.append({"Id": entry.get("Id")})
        return {"Successful": done, **({"Failed": failed} if failed else {})}
