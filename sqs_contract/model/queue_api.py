"""The queue the handler is fed from, as its own calls to SQS find it (S95).

A handler may delete a message itself, or change its visibility, with the
receipt handle of its record; and by the queue's URL or name it may send to it, receive
from it, ask for its attributes, or purge it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqs_contract.model.fifo import Queue
from sqs_contract.model.handle_calls import change_message_visibility, delete_message
from sqs_contract.model.service import QueueService
from sqs_contract.model.sqs_errors import Answer, Refusal

__all__ = ["Answer", "QueueApi", "Refusal"]

_HANDLE_CALLS: Final = ("DeleteMessage", "ChangeMessageVisibility")
"""With a receipt handle; each has a batch form."""

_QUEUE_CALLS: Final = frozenset(
    {"SendMessage", "SendMessageBatch", "ReceiveMessage", "GetQueueAttributes", "PurgeQueue"}
)
"""With the URL of the queue."""

_SENDS: Final = frozenset({"SendMessage", "SendMessageBatch"})


class QueueApi:
    """Answers the calls about one queue; knows no others.

    Args:
        queue: the queue of the run.
        url: its URL.
        now_ms: tells the time, in epoch milliseconds.
        sent: told the id and the body of each message the handler sends to the queue.
    """

    def __init__(
        self,
        queue: Queue,
        url: str,
        now_ms: Callable[[], int],
        sent: Callable[[str, str], None] = lambda _message_id, _body: None,
    ) -> None:
        self._queue = queue
        self._url = url
        self._now_ms = now_ms
        self._sent = sent
        self._service: QueueService | None = None

    def answer(self, operation: str, parameters: Mapping[str, Any]) -> Answer | None:
        """The answer to a call, or `None` if it is not about this queue."""
        if operation == "GetQueueUrl":
            return self._own_url(parameters)
        if operation in _QUEUE_CALLS:
            return self._of_queue(operation, parameters)
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

    def _of_queue(self, operation: str, parameters: Mapping[str, Any]) -> Answer | None:
        name = str(parameters.get("QueueUrl")).rstrip("/").rpartition("/")[2]
        if name != self._queue.settings.name:
            return None
        if self._service is None:  # most handlers never ask
            host, account = self._url.split("/")[2:4]
            self._service = QueueService(region=host.split(".")[1], account=account)
            self._service.registry.adopt(self._queue, self._now_ms())
        answer = self._service.call(operation, {**parameters, "QueueUrl": name}, self._now_ms())
        if operation in _SENDS and not isinstance(answer, Refusal):
            self._tell(answer, parameters)
        return answer

    def _tell(self, answer: dict[str, Any], parameters: Mapping[str, Any]) -> None:
        bodies = {entry.get("Id"): entry for entry in parameters.get("Entries", ())}
        for item in answer.get("Successful", (answer,)):
            request = bodies.get(item.get("Id"), parameters)
            self._sent(item["MessageId"], request["MessageBody"])

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
