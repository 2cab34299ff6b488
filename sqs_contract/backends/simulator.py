"""Plays a scenario on the model of AWS, in virtual time, against a target.

The same scenario, target and world give the same run. Owns the order in which
things happen and the bounds of a run; what AWS does is the model's, how the
handler is called the target's.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from sqs_contract.backends.books import Books
from sqs_contract.backends.bounds import INVOCATIONS_MAX, RECEIVES_MAX, SENT_BY_HANDLER_MAX
from sqs_contract.backends.moments import Moments
from sqs_contract.backends.overlap import Overlap
from sqs_contract.backends.queues import make_queues
from sqs_contract.backends.run import Run
from sqs_contract.backends.target import Target
from sqs_contract.errors import UsageError
from sqs_contract.history import Delivery, Ended, Invoked, Settled, Stopped
from sqs_contract.model.entry import Entry, Received, State
from sqs_contract.model.event import render_event
from sqs_contract.model.fifo import Queue
from sqs_contract.model.invocation import Outcome, exited
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.mapping import EventSourceMapping
from sqs_contract.model.message import Message
from sqs_contract.model.queue import StandardQueue
from sqs_contract.model.queue_api import QueueApi
from sqs_contract.model.response import Reading, read_outcome
from sqs_contract.model.sqs_errors import Refused
from sqs_contract.scenario import FaultKind, Scenario, ScenarioMessage
from sqs_contract.targets.sandbox import Held
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.effects import Tree

OVERTAKEN_MS: Final = 60 * SECOND_MS
"""How long a message is not found that others are to overtake."""


class Simulator:
    """One run of one scenario: queue, mapping and dead-letter queue of its own."""

    def __init__(
        self,
        scenario: Scenario,
        target: Target,
        clock: VirtualClock,
        *,
        observe: Callable[[], Tree] | None = None,
        receives_max: int = RECEIVES_MAX,
        invocations_max: int = INVOCATIONS_MAX,
        earlier_receives: int = 0,
        salt: int = 0,
        observe_leniently: Callable[[], Tree | None] | None = None,
        queues: tuple[Queue, Queue] | None = None,
    ) -> None:
        self.run = Run(scenario=scenario)
        self.books = Books(self.run, clock, observe, observe_leniently)
        self.record = self.books.record
        deployment = scenario.deployment
        self.queue, self.dead_letter_queue = queues or make_queues(deployment, salt)
        self.queue_api = QueueApi(
            self.queue, deployment.queue_url, lambda: clock.now_ms, self.books.sent_by_handler
        )
        self.mapping = EventSourceMapping(
            self.queue,
            deployment.mapping,
            queue_arn=deployment.queue_arn,
            region=deployment.region,
            function_timeout_ms=deployment.function.timeout_ms,
            assumptions=deployment.assumptions,
        )
        self._deployment = deployment
        self._reporting = deployment.mapping.report_batch_item_failures
        self._target = target
        self._clock = clock
        self._receives_max = receives_max
        self._invocations_max = invocations_max
        self._earlier_receives = earlier_receives
        self._faults = Moments(scenario.faults)
        self._deliveries: dict[str, int] = {}
        self._deletes: dict[str, int] = {}
        self._invocations = 0
        self._throttled: set[int] = set()
        self._unsent: deque[ScenarioMessage] = deque()

    def play(self) -> Run:
        """Send the scenario's messages and drain the queue."""
        messages = self.run.scenario.messages
        start_ms = self._clock.now_ms
        self.books.look()
        self._unsent.extend(sorted(messages, key=_when))
        while self._unsent:
            after_ms = self._unsent[0].after_ms
            if after_ms:
                self.drain(until_ms=start_ms + after_ms)
            self.send_next()
        self.drain()
        self.run.fates = self.books.fates(self.mapping.filtered)
        return self.run

    def play_one_by_one(self) -> Run:
        """Deliver each message once, when the one before is settled, whatever became of it.

        They come in the order of the scenario, and say that they were sent when it says.
        """
        self.books.look()
        start_ms = self._clock.now_ms
        all_sent_ms = max((message.after_ms for message in self.run.scenario.messages), default=0)
        if all_sent_ms:
            self._clock.set(start_ms + all_sent_ms)
        for message in self.run.scenario.messages:
            self.send(message, sent_ms=start_ms + message.after_ms)
            self._invoke(self.mapping.poll(self._clock.now_ms).batch)
            if self.books.sent_onward:
                self._follow_up(self.books.entries[message.name])
            self.queue.purge()
        return self.run

    def _follow_up(self, entry: Entry) -> None:
        """Deliver what the handler sent to its own queue, once each too."""
        batch = [entry]
        while len(self.books.sent_onward) <= SENT_BY_HANDLER_MAX:
            for done in batch:
                if done.state is State.WAITING:
                    self.queue.take(done)
            poll = self.mapping.poll(self._clock.now_ms)
            batch = [item.entry for item in poll.batch]
            if batch:
                self._invoke(poll.batch)
                continue
            next_ms = self.mapping.next_poll_ms()
            if next_ms is None:
                return
            self._clock.set(next_ms)

    @property
    def now_ms(self) -> int:
        """Epoch milliseconds of virtual time."""
        return self._clock.now_ms

    def may_invoke_another(self) -> bool:
        """Whether Lambda may run another batch beside the one that runs."""
        reserved = self._deployment.function.reserved_concurrency
        return reserved != 1 and self.mapping.may_invoke(self._clock.now_ms)

    def poll_next(self) -> list[Received]:
        """The batch that is ready now, if there is one."""
        poll = self.mapping.poll(self._clock.now_ms)
        self.books.note(poll)
        return poll.batch

    def receive_again(self, batch: list[Received]) -> list[Received]:
        """Copies of the messages of a batch, as far as they may be received once more."""
        limit, now_ms = self._deployment.queue.max_receive_count, self._clock.now_ms
        entries = {item.entry.sequence: item.entry for item in batch}
        copies = [
            self._standard.receive_again(entry, now_ms)
            for entry in entries.values()
            if entry.state is State.WAITING and (limit is None or entry.receive_count < limit)
        ]
        if copies:
            self.mapping.hand_over(copies, now_ms)
        return copies

    def send_next(self) -> bool:
        """Send the next message of the scenario; false if all are sent."""
        if not self._unsent:
            return False
        self.send(self._unsent.popleft())
        return True

    def send(self, item: ScenarioMessage, *, sent_ms: int | None = None) -> None:
        """Send a message, now if no other moment is given.

        Raises:
            UsageError: SQS would not take it.
        """
        now_ms = self._clock.now_ms
        message = item.sent_at(now_ms if sent_ms is None else sent_ms)
        if self._deployment.queue.fifo:
            message = self._known_by(message)
        if self._faults.overtakes:
            message = self._overtaken(item.name, message)
        try:
            entry = self.queue.send(message)
        except Refused as error:
            raise UsageError(f"SQS refuses message {item.name!r}: {error}") from None
        if entry.message.message_id != message.message_id:
            self.books.deduplicated_as(item.name)
            return
        if self._earlier_receives:
            entry.receive_count = self._earlier_receives
            entry.first_received_ms = now_ms - SECOND_MS
        self.books.sent(item.name, entry)

    def _known_by(self, message: Message) -> Message:
        """A message with something to deduplicate it by, where nothing else says what (S51)."""
        if message.deduplication_id or self._deployment.queue.content_based_deduplication:
            return message
        # Not the message id: a handler that takes one for the other is to be met.
        chosen = hashlib.sha256(message.message_id.encode()).hexdigest()
        return dataclasses.replace(message, deduplication_id=chosen)

    def _overtaken(self, name: str, message: Message) -> Message:
        if not self._faults.strikes_message(FaultKind.OVERTAKEN, name, 1):
            return message
        self.books.struck(FaultKind.OVERTAKEN, message=name)
        late_ms = self._deployment.queue.delay_ms + OVERTAKEN_MS
        return dataclasses.replace(message, delay_ms=late_ms)

    def drain(self, until_ms: int | None = None) -> None:
        """Poll, invoke and settle until nothing is left to do, a moment has come, or a
        bound is reached."""
        clock = self._clock
        while True:
            poll = self.mapping.poll(clock.now_ms)
            self.books.note(poll)
            if poll.batch:
                if self._out_of_bounds(poll.batch):
                    return
                if self._faults.on_invocations and self._throttle(poll.batch):
                    continue
                self._invoke(poll.batch)
                continue
            next_ms = self.mapping.next_poll_ms()
            if until_ms is not None and (next_ms is None or next_ms >= until_ms):
                clock.set(max(until_ms, clock.now_ms))
                return
            if next_ms is None:
                return
            if next_ms > clock.now_ms:
                clock.set(next_ms)

    def deleted_bodies(self) -> list[str]:
        """Bodies of the messages that were deleted, in sending order."""
        return [
            entry.message.body
            for entry in self.books.entries.values()
            if entry.state is State.DELETED
        ]

    def _throttle(self, batch: list[Received]) -> bool:
        """Whether the invocation of this batch is throttled until Lambda forgets it (S99)."""
        number = self._invocations + 1
        if number in self._throttled:
            return False
        if not self._faults.strikes_invocation(FaultKind.THROTTLED, number):
            return False
        self._throttled.add(number)
        self.books.struck(FaultKind.THROTTLED, invocation=number)
        self.mapping.forget(batch)
        return True

    def _out_of_bounds(self, batch: list[Received]) -> bool:
        reason = None
        most = self._receives_max + self._earlier_receives
        for item in batch:
            if item.receive_count > most:
                name = self.books.names[item.entry.message.message_id]
                reason = f"{name} was received {self._receives_max} times and still is not done"
        if len(self.books.sent_onward) > SENT_BY_HANDLER_MAX:
            sent = len(self.books.sent_onward)
            reason = f"the handler has sent {sent} messages to its own queue, and goes on"
        if self._invocations >= self._invocations_max:
            reason = f"{self._invocations_max} invocations were made and messages still wait"
        if reason is not None:
            self.record(Stopped(self._clock.now_ms, reason))
        return reason is not None

    def _invoke(self, batch: list[Received]) -> None:
        number = self.begin(batch)
        outcome = self.start(batch, number)
        if isinstance(outcome, Held):
            Overlap(self, self._target, self._faults).play(batch, number, outcome)
        else:
            self.finish(batch, number, outcome)

    def begin(self, batch: list[Received]) -> int:
        """Make an environment ready for a batch; the number of the invocation."""
        self._invocations += 1
        number = self._invocations
        faults = self._faults
        if faults.doubles:
            self._double(batch)
        if faults.on_invocations and faults.strikes_invocation(FaultKind.COLD_START, number):
            self._target.retire()
            self.books.struck(FaultKind.COLD_START, invocation=number)
        environment, cold = self._target.prepare()
        names = self.books.names
        records = tuple(
            [Delivery(names[item.entry.message.message_id], item.receive_count) for item in batch]
        )
        self.record(Invoked(self._clock.now_ms, number, records, environment, cold))
        return number

    def finish(self, batch: list[Received], number: int, outcome: Outcome) -> None:
        """An invocation is over: tell, look, and settle its batch."""
        if self._faults.on_invocations and self._faults.strikes_invocation(
            FaultKind.CRASH_AFTER, number
        ):
            self.books.struck(FaultKind.CRASH_AFTER, invocation=number)
            self._target.retire()
            outcome = exited("", None)
        now_ms = self._clock.now_ms
        self.record(Ended(now_ms, number, outcome))
        self.books.look()
        message_ids = {item.entry.message.message_id for item in batch}
        reading = read_outcome(
            outcome,
            message_ids,
            reporting=self._reporting,
            assumptions=self._deployment.assumptions,
        )
        self._settle(batch, number, reading)

    def _settle(self, batch: list[Received], number: int, reading: Reading) -> None:
        now_ms = self._clock.now_ms
        names = self.books.names
        lost: list[str] = []
        again: list[Received] = []
        if self._faults.on_messages:
            lost, again = self._message_faults(batch, reading)
        deleted, kept = self.mapping.settle(batch, reading, undeleted=lost, now_ms=now_ms)
        self.record(Settled(now_ms, number, reading, _names(deleted, names), _names(kept, names)))
        for message_id in lost:
            self.books.struck(FaultKind.LOST_DELETE, message=names[message_id])
        for item in again:
            name = names[item.entry.message.message_id]
            self.books.struck(FaultKind.DUPLICATE_LATER, message=name)
            self.books.entries[name] = self._standard.duplicate(item.entry, now_ms)

    @property
    def _standard(self) -> StandardQueue:
        assert isinstance(self.queue, StandardQueue), "a scenario takes no such fault on FIFO"
        return self.queue

    def _message_faults(
        self, batch: list[Received], reading: Reading
    ) -> tuple[list[str], list[Received]]:
        """Which deletes do not arrive, and which messages come once more although deleted."""
        lost: list[str] = []
        again: list[Received] = []
        for item in {item.entry.message.message_id: item for item in batch}.values():
            message_id = item.entry.message.message_id
            if reading.keeps(message_id):
                continue
            name = self.books.names[message_id]
            nth = self._deletes[name] = self._deletes.get(name, 0) + 1
            if self._faults.strikes_message(FaultKind.LOST_DELETE, name, nth):
                lost.append(message_id)
            elif self._faults.strikes_message(FaultKind.DUPLICATE_LATER, name, nth):
                again.append(item)
        return lost, again

    def start(self, batch: list[Received], number: int) -> Outcome | Held:
        """Invoke the function with a batch."""
        struck = self._faults.on_invocations
        if struck and self._faults.strikes_invocation(FaultKind.CRASH_BEFORE, number):
            self.books.struck(FaultKind.CRASH_BEFORE, invocation=number)
            self._target.retire()
            return exited("", None)
        event = render_event(
            batch,
            queue_arn=self._deployment.queue_arn,
            region=self._deployment.region,
            window_ms=self._deployment.mapping.window_ms,
            assumptions=self._deployment.assumptions,
        )
        return self._target.invoke(event, number, self._deployment)

    def _double(self, batch: list[Received]) -> None:
        for item in list(batch):
            name = self.books.names[item.entry.message.message_id]
            nth = self._deliveries[name] = self._deliveries.get(name, 0) + 1
            if (
                self._faults.strikes_message(FaultKind.DUPLICATE_IN_BATCH, name, nth)
                and len(batch) < self._deployment.mapping.batch_size
            ):
                batch.append(self._standard.receive_again(item.entry, self._clock.now_ms))
                self.books.struck(FaultKind.DUPLICATE_IN_BATCH, message=name)


def _when(message: ScenarioMessage) -> int:
    return message.after_ms


def _names(batch: list[Received], names: Mapping[str, str]) -> tuple[str, ...]:
    """The distinct messages of some records."""
    return tuple(dict.fromkeys([names[item.entry.message.message_id] for item in batch]))
