"""What a recorded SQS program runs on: the model, on a clock of its own, or an endpoint in real
time. On the model, `advance` and the waiting of a long poll are the only things that take
time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from sqs_contract.conformance.queue_steps import NotExecutable, Step
from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import MOTO
from sqs_contract.model.limits import RECEIVE_WAIT_MAX_S, SECOND_MS
from sqs_contract.model.queue_attributes import FIFO_SUFFIX
from sqs_contract.model.service import QueueService
from sqs_contract.model.sqs_errors import Answer, Refusal
from sqs_contract.world.clock import real_monotonic

_START_MS: Final = 1_700_000_000_000
_MARGIN_MS: Final = 200
"""How much longer than a program says time passes on an endpoint: nothing is exact there."""


class Service(Protocol):
    """SQS, as a program calls it."""

    @property
    def now_ms(self) -> int:
        """The time, in milliseconds from some moment."""
        ...

    @property
    def drain_wait_s(self) -> int:
        """How long the receives of a drain wait."""
        ...

    @property
    def second_look_s(self) -> int:
        """How long to wait for messages that are expected and not there; 0 for not at all."""
        ...

    def prepare(self, steps: Sequence[Step]) -> None:
        """Look at what is to be run.

        Raises:
            NotExecutable: it cannot be, here.
        """
        ...

    def create(self, name: str, attributes: Mapping[str, str]) -> str | Refusal:
        """Make a queue; its URL."""
        ...

    def arn(self, url: str) -> str:
        """The ARN of a queue that was made."""
        ...

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """The answer to a call."""
        ...

    def receive(self, parameters: Mapping[str, Any]) -> Answer:
        """The answer to a ReceiveMessage, with its wait."""
        ...

    def schedule(self, after_ms: int, send: Callable[[], object]) -> None:
        """Send something later, also while a receive waits."""
        ...

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass."""
        ...

    def left(self, url: str) -> set[str]:
        """Bodies of messages that are there and no receive has brought, if that can be known."""
        ...


class ModelService:
    """The model, in virtual time."""

    drain_wait_s = RECEIVE_WAIT_MAX_S
    second_look_s = 0

    def __init__(self) -> None:
        self._service = QueueService()
        self.now_ms = _START_MS
        self._scheduled: list[tuple[int, Callable[[], object]]] = []

    def prepare(self, steps: Sequence[Step]) -> None:
        """Everything can be run here."""

    def create(self, name: str, attributes: Mapping[str, str]) -> str | Refusal:
        """Make a queue; its URL."""
        full_name = name + FIFO_SUFFIX if attributes.get("FifoQueue") == "true" else name
        answer = self.call("CreateQueue", {"QueueName": full_name, "Attributes": attributes})
        return answer if isinstance(answer, Refusal) else str(answer["QueueUrl"])

    def arn(self, url: str) -> str:
        """The ARN of a queue that was made."""
        return self._service.registry.arn(url.rpartition("/")[2])

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """The answer to a call."""
        return self._service.call(operation, parameters, self.now_ms)

    def receive(self, parameters: Mapping[str, Any]) -> Answer:
        """A receive with its wait: at once where something is there, else as soon as it is."""
        url = str(parameters["QueueUrl"])
        default_ms = self._service.registry.by_url(url).settings.receive_wait_ms
        wait_ms = parameters.get("WaitTimeSeconds", default_ms // SECOND_MS) * SECOND_MS
        deadline_ms = self.now_ms + wait_ms
        while True:
            answer = self.call("ReceiveMessage", parameters)
            if isinstance(answer, Refusal) or answer or self.now_ms >= deadline_ms:
                return answer
            moments = [due_ms for due_ms, _ in self._scheduled]
            next_ms = self._service.next_event_ms(url)
            moments += [] if next_ms is None else [next_ms]
            later = max(min(moments, default=deadline_ms), self.now_ms + 1)
            self._pass_until(min(later, deadline_ms))

    def schedule(self, after_ms: int, send: Callable[[], object]) -> None:
        """Send something later, also while a receive waits."""
        self._scheduled.append((self.now_ms + after_ms, send))
        self._scheduled.sort(key=lambda item: item[0])

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass; what is scheduled is sent meanwhile."""
        self._pass_until(self.now_ms + milliseconds)

    def left(self, url: str) -> set[str]:
        """Bodies of messages that are visible."""
        queue = self._service.registry.by_url(url)
        return {entry.message.body for entry in queue.visible(self.now_ms)}

    def _pass_until(self, until_ms: int) -> None:
        while self._scheduled and self._scheduled[0][0] <= until_ms:
            self.now_ms, send = self._scheduled.pop(0)
            send()
        self.now_ms = until_ms


class EndpointService:
    """An endpoint, in real time; in a moto of ours, time is let pass at once.

    Args:
        connection: the endpoint.
        max_wait_ms: a program that takes more real time is not run.
    """

    drain_wait_s = 1
    second_look_s = 1  # some look at their timers once a second

    def __init__(self, connection: Connection, max_wait_ms: int) -> None:
        self._connection = connection
        self._max_wait_ms = max_wait_ms
        self._arns: dict[str, str] = {}
        self._skipped_ms = 0

    @property
    def now_ms(self) -> int:
        """The time, in milliseconds from some moment."""
        return round(real_monotonic() * SECOND_MS) + self._skipped_ms

    def prepare(self, steps: Sequence[Step]) -> None:
        """Look whether a program takes too long, or more than one caller."""
        if any(step.op == "schedule_send" for step in steps):
            raise NotExecutable("it sends while a receive waits: that takes a second caller")
        if self._connection.endpoint.backend == MOTO:
            return
        needed_ms = sum(step.seconds_ms("seconds") for step in steps if step.op == "advance")
        if needed_ms > self._max_wait_ms:
            raise NotExecutable(
                f"it takes {needed_ms / SECOND_MS:g} s of real time there: --max-wait allows it"
            )

    def create(self, name: str, attributes: Mapping[str, str]) -> str | Refusal:
        """Make a queue; its URL."""
        made = self._connection.create(name, attributes)
        if isinstance(made, Refusal):
            return made
        self._arns[made["url"]] = made["arn"]
        return made["url"]

    def arn(self, url: str) -> str:
        """The ARN of a queue that was made."""
        return self._arns[url]

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """The answer to a call."""
        return self._connection.call(operation, **parameters)

    def receive(self, parameters: Mapping[str, Any]) -> Answer:
        """The answer to a ReceiveMessage, with its wait."""
        return self.call("ReceiveMessage", parameters)

    def schedule(self, after_ms: int, send: Callable[[], object]) -> None:
        """Not here: `prepare` has seen to it."""
        raise AssertionError((after_ms, send))

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass there."""
        passing_ms = milliseconds + _MARGIN_MS
        self._connection.pass_time(passing_ms / SECOND_MS)
        if self._connection.endpoint.backend == MOTO:
            self._skipped_ms += passing_ms

    def left(self, url: str) -> set[str]:  # noqa: ARG002  what the protocol asks for
        """Nothing is known of what no receive brings."""
        return set()

    def close(self) -> None:
        """Remove the queues of the program."""
        self._connection.drop(*self._arns)
        self._arns.clear()
