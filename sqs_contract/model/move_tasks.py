"""Move tasks: messages of a dead-letter queue put back, at a rate (S64, S65).

Owns the tasks and their progress. Time is told to it: a task moves up to its
rate at its start and at each full second after it.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqs_contract.model import sqs_errors as errors
from sqs_contract.model.entry import Entry
from sqs_contract.model.fifo import FifoQueue, Queue
from sqs_contract.model.limits import MOVE_TASK_RATE_MAX, SECOND_MS
from sqs_contract.model.sqs_errors import Refused

NO_SOURCE: Final = "CouldNotDetermineMessageSource"
"""Assumption: how a task fails at a message that was sent to the queue by hand (S65)."""


class Status(enum.Enum):
    """Where a task stands. Assumption: CANCELLING is over at once, so it is never seen."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


@dataclass(slots=True)
class MoveTask:
    """One task; the queues by their names."""

    task_id: str
    source: str
    destination: str | None
    rate: int | None
    started_ms: int
    next_ms: int
    to_move: int
    moved: int = 0
    status: Status = Status.RUNNING
    failure: str | None = None


class MoveTasks:
    """The move tasks of one account.

    Args:
        queues: the account's queues by name; looked up whenever a message moves.
        arn_of: the ARN of a queue by its name.
        new_id: makes ids, of tasks and of messages.
    """

    def __init__(
        self,
        queues: Mapping[str, Queue],
        arn_of: Callable[[str], str],
        new_id: Callable[[], str],
    ) -> None:
        self._queues = queues
        self._arn_of = arn_of
        self._new_id = new_id
        self._tasks: list[MoveTask] = []

    def start(self, source: str, destination: str | None, rate: int | None, now_ms: int) -> str:
        """Start a task and return its handle. One at a time for each source.

        Raises:
            Refused: the source is nobody's dead-letter queue, or has a task running.
        """
        self.advance(now_ms)
        queue = self._queues[source]
        if not any(other.dead_letter_queue is queue for other in self._queues.values()):
            raise Refused(errors.NOT_A_DEAD_LETTER_QUEUE)
        if any(task.source == source for task in self._running()):
            raise Refused(errors.TASK_ALREADY_RUNNING)
        if rate is not None and not 1 <= rate <= MOVE_TASK_RATE_MAX:
            raise Refused(
                errors.invalid_value(
                    "MaxNumberOfMessagesPerSecond",
                    rate,
                    f"Must be between 1 and {MOVE_TASK_RATE_MAX}.",
                )
            )
        task = MoveTask(
            self._new_id(), source, destination, rate, now_ms, now_ms, len(queue.visible(now_ms))
        )
        self._tasks.append(task)
        self.advance(now_ms)
        return self._handle(task)

    def cancel(self, handle: str, now_ms: int) -> int:
        """Stop a running task; what it moved stays moved. Returns how many that are.

        Raises:
            Refused: the handle names no running task.
        """
        self.advance(now_ms)
        task_id, source_arn = _read_handle(handle)
        if source_arn not in {self._arn_of(name) for name in self._queues}:
            raise Refused(errors.no_such_resource("SourceArn"))
        for task in self._running():
            if task.task_id == task_id:
                task.status = Status.CANCELLED
                return task.moved
        raise Refused(errors.NO_SUCH_TASK)

    def listed(self, source: str, now_ms: int) -> list[dict[str, Any]]:
        """The tasks of a source, the latest first, as ListMessageMoveTasks tells them."""
        self.advance(now_ms)
        return [self._told(task) for task in reversed(self._tasks) if task.source == source]

    def next_ms(self) -> int | None:
        """When a running task goes on, or `None` if none runs."""
        return min((task.next_ms for task in self._running()), default=None)

    def advance(self, now_ms: int) -> None:
        """Let every running task move what it may up to now."""
        for task in self._running():
            while task.status is Status.RUNNING and task.next_ms <= now_ms:
                self._move_some(task, task.next_ms)
                task.next_ms += SECOND_MS

    def _running(self) -> list[MoveTask]:
        return [task for task in self._tasks if task.status is Status.RUNNING]

    def _move_some(self, task: MoveTask, now_ms: int) -> None:
        source = self._queues.get(task.source)
        if source is None:
            self._fail(task, errors.NO_SUCH_QUEUE.code)
            return
        rate = task.rate or MOVE_TASK_RATE_MAX
        visible = source.visible(now_ms)
        for entry in visible[:rate]:
            name = task.destination or entry.dead_letter_source
            destination = None if name is None else self._queues.get(name)
            if destination is None:
                self._fail(task, NO_SOURCE if name is None else errors.NO_SUCH_QUEUE.code)
                return
            source.take(entry)
            self._send(entry, destination, now_ms)
            task.moved += 1
        if len(visible) <= rate:
            task.status = Status.COMPLETED

    def _send(self, entry: Entry, destination: Queue, now_ms: int) -> None:
        """A redriven message is a new one: id, enqueue time and receive count (S65).

        Assumption: on FIFO its id in the dead-letter queue is its deduplication
        id, so that nothing swallows it.
        """
        fifo = isinstance(destination, FifoQueue)
        destination.send(
            replace(
                entry.message,
                message_id=self._new_id(),
                sent_ms=now_ms,
                delay_ms=None,
                deduplication_id=entry.message.message_id if fifo else None,
            )
        )

    @staticmethod
    def _fail(task: MoveTask, reason: str) -> None:
        task.status = Status.FAILED
        task.failure = reason

    def _handle(self, task: MoveTask) -> str:
        content = {"taskId": task.task_id, "sourceArn": self._arn_of(task.source)}
        return base64.b64encode(json.dumps(content).encode()).decode()

    def _told(self, task: MoveTask) -> dict[str, Any]:
        running = task.status is Status.RUNNING
        told = {
            "TaskHandle": self._handle(task) if running else None,
            "Status": task.status.value,
            "SourceArn": self._arn_of(task.source),
            "DestinationArn": None if task.destination is None else self._arn_of(task.destination),
            "MaxNumberOfMessagesPerSecond": task.rate,
            "ApproximateNumberOfMessagesMoved": task.moved,
            "ApproximateNumberOfMessagesToMove": task.to_move,
            "FailureReason": task.failure,
            "StartedTimestamp": task.started_ms,
        }
        return {name: value for name, value in told.items() if value is not None}


def _read_handle(handle: str) -> tuple[str, str]:
    try:
        content = json.loads(base64.b64decode(handle, validate=True))
        return str(content["taskId"]), str(content["sourceArn"])
    except (binascii.Error, ValueError, TypeError, KeyError):
        raise Refused(errors.INVALID_TASK_HANDLE) from None
