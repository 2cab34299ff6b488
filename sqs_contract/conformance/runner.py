"""Drives the model of queue and mapping through one program, in virtual time.

Owns the order of things: pollers receive, invocations run side by side, what
they come to is settled when they end. Compares nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqs_contract.conformance.handlers import Handler
from sqs_contract.conformance.mapping_programs import Given, MappingProgram
from sqs_contract.conformance.reading import NotRunnable
from sqs_contract.model.arns import DEFAULT_REGION, queue_arn
from sqs_contract.model.entry import Entry, Received, State
from sqs_contract.model.event import render_event
from sqs_contract.model.fifo import make_queue
from sqs_contract.model.invocation import FunctionError, Outcome
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings, Poll
from sqs_contract.model.response import Effect, read_outcome
from sqs_contract.model.sending import read_message
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Refused
from sqs_contract.model.throttling import ThrottledBatch

INVOCATIONS_MAX: Final = 1_000
STEPS_MAX: Final = 100_000
"""A program that goes on longer is not run to its end, and told so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoked:
    """One invocation.

    Attributes:
        at_ms: when it began.
        records: the body and receive count of each record, in order.
        failed: whether it was a function error.
        reported: bodies of the records it reported as failed.
        dead_lettered: how many messages the dead-letter queue held when it was settled.
    """

    at_ms: int
    records: tuple[tuple[str, int], ...]
    failed: bool
    reported: tuple[str, ...]
    dead_lettered: int


@dataclass(slots=True, kw_only=True)
class Story:
    """What a program came to; bodies stand for messages, in sending order.

    Attributes:
        took_ms: how long it took from beginning to end.
        margin_ms: how exactly the times are known.
    """

    fifo: bool
    invocations: list[Invoked] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    filtered: list[str] = field(default_factory=list)
    dead_lettered: list[str] = field(default_factory=list)
    same_ids: bool = True
    left: int = 0
    most_at_once: int = 0
    took_ms: int = 0
    margin_ms: int = 0


@dataclass(order=True, slots=True)
class _Running:
    ends_ms: int
    number: int
    began_ms: int = field(compare=False)
    batch: list[Received] = field(compare=False)
    outcome: Outcome = field(compare=False)


class Runner:
    """One run of one program."""

    def __init__(
        self, program: MappingProgram, settings: MappingSettings, handler: Handler
    ) -> None:
        queue = program.queue
        has_redrive = queue.max_receive_count is not None
        self._dlq = make_queue(QueueSettings(name=f"dlq-{queue.name}", fifo=queue.fifo))
        self._queue = make_queue(queue, dead_letter_queue=self._dlq if has_redrive else None)
        self._mapping = EventSourceMapping(self._queue, settings)
        self._program = program
        self._settings = settings
        self._handler = handler
        self._now_ms = 0
        self._running: list[_Running] = []
        self._throttled: list[ThrottledBatch] = []
        self._started = 0
        self._entries: dict[str, Entry] = {}
        self._filtered: set[str] = set()
        self.story = Story(fifo=queue.fifo)

    def run(self) -> Story:
        """Send, enable, send, and go on until nothing is left to do.

        Raises:
            NotRunnable: it does not come to an end, or meets what the model leaves out.
        """
        self._send(self._program.before)
        self._poll()
        self._send(self._program.after)
        for _ in range(STEPS_MAX):
            self._poll()
            due = [item.ends_ms for item in self._running[:1]]
            due += [item.next_ms for item in self._throttled]
            next_ms = self._mapping.next_poll_ms()
            if next_ms is not None:
                due.append(next_ms)
            if not due:
                return self._finished()
            self._now_ms = max(self._now_ms, min(due))
            while self._running and self._running[0].ends_ms <= self._now_ms:
                self._settle(heapq.heappop(self._running))
            self._try_again()
        raise NotRunnable(f"the program did not come to an end in {STEPS_MAX:,} steps")

    def _send(self, messages: Sequence[Given]) -> None:
        for message in messages:
            number = len(self._entries)
            message_id = f"{number:08x}-0000-4000-8000-000000000000"
            try:
                sent = read_message(
                    message.to_request(),
                    self._program.queue,
                    message_id=message_id,
                    now_ms=self._now_ms,
                )
                self._entries[message_id] = self._queue.send(sent)
            except Refused as error:
                raise NotRunnable(
                    f"the queue refuses the message {message.body!r}: {error}"
                ) from None

    def _poll(self) -> None:
        while True:
            poll: Poll = self._mapping.poll(self._now_ms)
            self._filtered.update(message.message_id for message in poll.filtered)
            if not poll.batch:
                return
            self._start(poll.batch)

    def _try_again(self) -> None:
        """Invoke what was throttled, or forget it where its time is over (S99)."""
        for item in [item for item in self._throttled if item.next_ms <= self._now_ms]:
            self._throttled.remove(item)
            if item.is_over(self._now_ms):
                self._mapping.forget(item.batch)
            else:
                self._start(item.batch, item)

    def _start(self, batch: list[Received], waited: ThrottledBatch | None = None) -> None:
        reserved = self._program.reserved_concurrency
        if reserved is not None and len(self._running) >= reserved:
            item = waited or ThrottledBatch(batch)
            item.refused(self._now_ms)
            self._throttled.append(item)
            return
        if self._started >= INVOCATIONS_MAX:
            raise NotRunnable(f"{INVOCATIONS_MAX:,} invocations were made and messages still wait")
        event = render_event(
            batch,
            queue_arn=queue_arn(self._program.queue.name),
            region=DEFAULT_REGION,
            window_ms=self._settings.window_ms,
        )
        outcome, duration_ms = self._handler.invoke(event, self._program.function_timeout_ms)
        self._started += 1
        heapq.heappush(
            self._running,
            _Running(self._now_ms + duration_ms, self._started, self._now_ms, batch, outcome),
        )
        self.story.most_at_once = max(self.story.most_at_once, len(self._running))

    def _settle(self, item: _Running) -> None:
        bodies = {
            received.entry.message.message_id: received.entry.message.body
            for received in item.batch
        }
        reading = read_outcome(
            item.outcome, bodies, reporting=self._settings.report_batch_item_failures
        )
        self._mapping.settle(item.batch, reading, now_ms=self._now_ms)
        reported = reading.effect is Effect.KEEP_REPORTED
        self.story.invocations.append(
            Invoked(
                at_ms=item.began_ms,
                records=tuple(
                    (received.entry.message.body, received.receive_count) for received in item.batch
                ),
                failed=isinstance(item.outcome, FunctionError),
                reported=tuple(
                    body for id_, body in bodies.items() if reported and reading.keeps(id_)
                ),
                dead_lettered=len(self._dlq),
            )
        )

    def _finished(self) -> Story:
        story = self.story
        for message_id, entry in self._entries.items():
            if message_id in self._filtered:
                story.filtered.append(entry.message.body)
            elif entry.state is State.DELETED:
                story.deleted.append(entry.message.body)
        dead = self._dlq.messages()
        story.dead_lettered = [message.body for message in dead]
        story.same_ids = all(message.message_id in self._entries for message in dead)
        story.left = len(self._queue)
        story.took_ms = self._now_ms
        return story
