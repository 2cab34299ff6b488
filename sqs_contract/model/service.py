"""SQS as one account sees it: queues by name, and the calls of its API.

Owns the dispatch of operations and what concerns more than one queue. Never
waits: a ReceiveMessage answers with what is there at its time, and who drives
the service waits (`next_event_ms` tells for what).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqs_contract.model import sqs_errors as errors
from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION, queue_arn
from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.batches import answer_batch, check_ids
from sqs_contract.model.digests import md5_of_attributes, md5_of_body, md5_of_trace_header
from sqs_contract.model.fifo import FifoQueue, Queue
from sqs_contract.model.handle_calls import (
    change_message_visibility,
    delete_message,
    is_visibility,
)
from sqs_contract.model.limits import (
    BATCH_REQUEST_MAX_BYTES,
    IN_FLIGHT_MAX,
    PURGE_INTERVAL_S,
    RECEIVE_MAX_MESSAGES,
    RECEIVE_WAIT_MAX_S,
    SECOND_MS,
)
from sqs_contract.model.move_tasks import MoveTasks
from sqs_contract.model.queue_registry import QueueRegistry
from sqs_contract.model.receiving import render_received
from sqs_contract.model.sending import check_fifo, is_plain_id, read_message, request_size
from sqs_contract.model.sqs_errors import Answer, Refusal, Refused

Parameters = Mapping[str, Any]


class QueueService:
    """The SQS API of one account in one region, on model queues."""

    def __init__(
        self,
        *,
        region: str = DEFAULT_REGION,
        account: str = DEFAULT_ACCOUNT,
        assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    ) -> None:
        self._ids = 0
        self.registry = QueueRegistry(region, account, assumptions)
        self.move_tasks = MoveTasks(
            self.registry.queues, lambda name: queue_arn(name, region, account), self._new_id
        )
        self._purged_ms: dict[str, int] = {}

    def call(self, operation: str, parameters: Parameters, now_ms: int) -> Answer:
        """The answer to a call at a time; a `Refusal` where SQS answers with an error."""
        handler = _OPERATIONS.get(operation)
        if handler is None:
            return Refusal("InvalidAction", f"The action {operation} is not valid.")
        self.registry.redrive_overdue(now_ms)
        self.move_tasks.advance(now_ms)
        try:
            return handler(self, parameters, now_ms)
        except Refused as refused:
            return refused.refusal

    def next_event_ms(self, queue_url: str) -> int | None:
        """When a receive from a queue may next find something it does not find now."""
        queue = self.registry.by_url(queue_url)
        moments = (queue.next_available_ms(), self.move_tasks.next_ms())
        return min((moment for moment in moments if moment is not None), default=None)

    def create_queue(self, parameters: Parameters, now_ms: int) -> Answer:
        """CreateQueue."""
        return {"QueueUrl": self.registry.create(parameters, now_ms)}

    def delete_queue(self, parameters: Parameters, _now_ms: int) -> Answer:
        """DeleteQueue, at once."""
        self.registry.delete(parameters)
        return {}

    def get_queue_url(self, parameters: Parameters, _now_ms: int) -> Answer:
        """GetQueueUrl."""
        return {"QueueUrl": self.registry.url(str(parameters.get("QueueName")))}

    def get_queue_attributes(self, parameters: Parameters, now_ms: int) -> Answer:
        """GetQueueAttributes; the counts are exact here (S34)."""
        attributes = self.registry.attributes(parameters, now_ms)
        asked = parameters.get("AttributeNames") or ()
        chosen = {
            name: value for name, value in attributes.items() if "All" in asked or name in asked
        }
        return {"Attributes": chosen} if chosen else {}

    def set_queue_attributes(self, parameters: Parameters, now_ms: int) -> Answer:
        """SetQueueAttributes."""
        self.registry.set_attributes(parameters, now_ms)
        return {}

    def send_message(self, parameters: Parameters, now_ms: int) -> Answer:
        """SendMessage. A duplicate is answered as the first was (S51)."""
        return self._send(self._queue(parameters), parameters, now_ms, in_batch=False)

    def send_message_batch(self, parameters: Parameters, now_ms: int) -> Answer:
        """SendMessageBatch (S25, S26)."""
        queue = self._queue(parameters)
        entries = check_ids(parameters)
        size = sum(request_size(entry) for entry in entries)
        if size > BATCH_REQUEST_MAX_BYTES:
            return errors.batch_too_long(size)
        for entry in entries:
            check_fifo(entry, queue.settings)
        return answer_batch(entries, lambda entry: self._send(queue, entry, now_ms, in_batch=True))

    def receive_message(self, parameters: Parameters, now_ms: int) -> Answer:
        """ReceiveMessage, without its wait. No message, no `Messages` key (S36)."""
        queue = self._queue(parameters)
        most = parameters.get("MaxNumberOfMessages", 1)
        if not 1 <= most <= RECEIVE_MAX_MESSAGES:
            reason = f"Must be between 1 and {RECEIVE_MAX_MESSAGES}, if provided."
            return errors.invalid_value("MaxNumberOfMessages", most, reason)
        wait = parameters.get("WaitTimeSeconds", queue.settings.receive_wait_ms // SECOND_MS)
        if not 0 <= wait <= RECEIVE_WAIT_MAX_S:
            reason = f"Must be >= 0 and <= {RECEIVE_WAIT_MAX_S}, if provided."
            return errors.invalid_value("WaitTimeSeconds", wait, reason)
        seconds = parameters.get("VisibilityTimeout")
        if seconds is not None and not is_visibility(seconds):
            return errors.visibility_out_of_range(seconds)
        visibility_ms = None if seconds is None else seconds * SECOND_MS
        attempt_id = parameters.get("ReceiveRequestAttemptId")
        if isinstance(queue, FifoQueue):
            if attempt_id is not None and not is_plain_id(attempt_id):
                return errors.bad_id("ReceiveRequestAttemptId", attempt_id)
            receive = queue.receive(
                now_ms, max_messages=most, visibility_ms=visibility_ms, attempt_id=attempt_id
            )
        else:
            if attempt_id is not None:
                return errors.not_for_this_queue_type("ReceiveRequestAttemptId", attempt_id)
            if len(queue) >= IN_FLIGHT_MAX and queue.counts(now_ms).not_visible >= IN_FLIGHT_MAX:
                return {} if wait else errors.OVER_LIMIT  # S43
            receive = queue.receive(now_ms, max_messages=most, visibility_ms=visibility_ms)
        attribute_names = parameters.get("MessageAttributeNames") or ()
        system_names = {
            *(parameters.get("AttributeNames") or ()),
            *(parameters.get("MessageSystemAttributeNames") or ()),
        }
        messages = [
            render_received(
                item,
                attribute_names=attribute_names,
                system_names=system_names,
                arn_of=self.registry.arn,
            )
            for item in receive.messages
        ]
        return {"Messages": messages} if messages else {}

    def delete_message(self, parameters: Parameters, now_ms: int) -> Answer:
        """DeleteMessage (S39-S41, S50)."""
        queue = self._queue(parameters)
        return delete_message(queue, _handle(parameters), now_ms) or {}

    def delete_message_batch(self, parameters: Parameters, now_ms: int) -> Answer:
        """DeleteMessageBatch."""
        queue = self._queue(parameters)
        return answer_batch(
            check_ids(parameters),
            lambda entry: delete_message(queue, _handle(entry), now_ms) or {},
        )

    def change_message_visibility(self, parameters: Parameters, now_ms: int) -> Answer:
        """ChangeMessageVisibility (S37, S41)."""
        queue = self._queue(parameters)
        seconds = parameters.get("VisibilityTimeout")
        return change_message_visibility(queue, _handle(parameters), seconds, now_ms) or {}

    def change_message_visibility_batch(self, parameters: Parameters, now_ms: int) -> Answer:
        """ChangeMessageVisibilityBatch."""
        queue = self._queue(parameters)
        return answer_batch(
            check_ids(parameters),
            lambda entry: (
                change_message_visibility(
                    queue, _handle(entry), entry.get("VisibilityTimeout"), now_ms
                )
                or {}
            ),
        )

    def purge_queue(self, parameters: Parameters, now_ms: int) -> Answer:
        """PurgeQueue, at most once a minute (S44); here it takes no time."""
        queue = self._queue(parameters)
        name = queue.settings.name
        last_ms = self._purged_ms.get(name)
        if last_ms is not None and now_ms < last_ms + PURGE_INTERVAL_S * SECOND_MS:
            return errors.purge_in_progress(name)
        self._purged_ms[name] = now_ms
        queue.purge()
        return {}

    def start_message_move_task(self, parameters: Parameters, now_ms: int) -> Answer:
        """StartMessageMoveTask (S64)."""
        source = self.registry.name_of(parameters.get("SourceArn"), "SourceArn")
        destination = None
        if parameters.get("DestinationArn") is not None:
            destination = self.registry.name_of(parameters["DestinationArn"], "DestinationArn")
        rate = parameters.get("MaxNumberOfMessagesPerSecond")
        return {"TaskHandle": self.move_tasks.start(source, destination, rate, now_ms)}

    def cancel_message_move_task(self, parameters: Parameters, now_ms: int) -> Answer:
        """CancelMessageMoveTask."""
        moved = self.move_tasks.cancel(str(parameters.get("TaskHandle")), now_ms)
        return {"ApproximateNumberOfMessagesMoved": moved}

    def list_message_move_tasks(self, parameters: Parameters, now_ms: int) -> Answer:
        """ListMessageMoveTasks: the latest, or as many as are asked for."""
        source = self.registry.name_of(parameters.get("SourceArn"), "SourceArn")
        return {
            "Results": self.move_tasks.listed(source, now_ms)[: parameters.get("MaxResults", 1)]
        }

    def _queue(self, parameters: Parameters) -> Queue:
        return self.registry.by_url(str(parameters.get("QueueUrl")))

    def _send(
        self, queue: Queue, request: Parameters, now_ms: int, *, in_batch: bool
    ) -> dict[str, Any]:
        message = read_message(
            request, queue.settings, message_id=self._new_id(), now_ms=now_ms, in_batch=in_batch
        )
        entry = queue.send(message)
        optional = {
            "MD5OfMessageAttributes": md5_of_attributes(message.attributes),
            "MD5OfMessageSystemAttributes": md5_of_trace_header(message.trace_header),
            "SequenceNumber": entry.sequence_number,  # FIFO only (S53)
        }
        return {
            "MD5OfMessageBody": md5_of_body(message.body),
            "MessageId": entry.message.message_id,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _new_id(self) -> str:
        self._ids += 1
        digest = hashlib.sha256(f"{self.registry.account} {self._ids}".encode()).digest()[:16]
        return str(uuid.UUID(bytes=digest, version=4))


def _handle(parameters: Parameters) -> str:
    handle = parameters.get("ReceiptHandle")
    if not handle:
        raise Refused(errors.missing("ReceiptHandle"))
    return str(handle)


_OPERATIONS: Final[Mapping[str, Callable[[QueueService, Parameters, int], Answer]]] = {
    "CancelMessageMoveTask": QueueService.cancel_message_move_task,
    "ChangeMessageVisibility": QueueService.change_message_visibility,
    "ChangeMessageVisibilityBatch": QueueService.change_message_visibility_batch,
    "CreateQueue": QueueService.create_queue,
    "DeleteMessage": QueueService.delete_message,
    "DeleteMessageBatch": QueueService.delete_message_batch,
    "DeleteQueue": QueueService.delete_queue,
    "GetQueueAttributes": QueueService.get_queue_attributes,
    "GetQueueUrl": QueueService.get_queue_url,
    "ListMessageMoveTasks": QueueService.list_message_move_tasks,
    "PurgeQueue": QueueService.purge_queue,
    "ReceiveMessage": QueueService.receive_message,
    "SendMessage": QueueService.send_message,
    "SendMessageBatch": QueueService.send_message_batch,
    "SetQueueAttributes": QueueService.set_queue_attributes,
    "StartMessageMoveTask": QueueService.start_message_move_task,
}
