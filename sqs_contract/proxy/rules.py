"""What the proxy does with the n-th receive, delete, or other call: the rules.

Sans-IO: calls and answers come in as data, time is an argument, and what is to be done
comes out as data. Owns which fault strikes what, what the consumer is told, and the
history. It neither speaks a protocol nor reaches the endpoint.

A message that comes once more is handed out by itself, and while nothing else is under
way, as far as that can be had: then what its delivery changes can be told from what
others do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.history import (
    Called,
    DeleteRequested,
    Delivery,
    Event,
    Received,
    Released,
    Struck,
)
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.sqs_errors import Refusal, handle_has_expired
from sqs_contract.proxy.book import Book, Content, Given, QueueState, Tracked
from sqs_contract.proxy.plans import LASTING, Plan
from sqs_contract.scenario import FaultKind, ScenarioMessage
from sqs_contract.world.clock import EPOCH_MS

HOLD_MS: Final = 2_000
"""So long a message that comes once more waits for the consumer to be through with others."""

CIRCULATES: Final = 5
"""A message that came more often than this, and was not deleted, is not going to be."""

DELIVERIES_MAX: Final = 50
"""A message comes no more often by our doing, whatever the consumer does."""

THROTTLED: Final = Refusal("RequestThrottled", "Request is throttled.", 403)
INTERNAL: Final = Refusal(
    "InternalError", "We encountered an internal error. Please try again.", 500
)
ENTRY_FAILED: Final = Refusal("InternalError", "Internal error", 500)

NO_ANSWER: Final = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """What becomes of a call: a fault of this kind, or none."""

    kind: FaultKind | None = None
    again: bool = False
    """Whether it is a further try of a call that was struck before."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A receive goes on to the endpoint, for at most so many messages."""

    maximum: int


@dataclass(frozen=True, slots=True)
class Hand:
    """A receive is answered with these messages; the endpoint is not asked."""

    messages: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """A receive waits for others to be settled, at most until then; if it may not wait so
    long, its answer is empty."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Forward:
    """An entry goes on to the endpoint, with this receipt handle."""

    handle: str


@dataclass(frozen=True, slots=True)
class Done:
    """An entry is answered as done, without the endpoint."""


Course = Forward | Done | Refusal
"""What becomes of one entry of a delete, or of a change of visibility."""


class Rules:
    """The rules of one session.

    Args:
        plan: what goes wrong where.
        scenario: names for messages that are expected.
        alone: hand out every other batch as a single message, so that what it changes can
            be told from what its neighbours do.
    """

    def __init__(
        self, plan: Plan, scenario: Sequence[ScenarioMessage] = (), *, alone: bool = False
    ) -> None:
        self.book = Book(scenario)
        self.events: list[Event] = []
        self._plan = plan
        self._alone = alone
        self._calls: Counter[str] = Counter()
        self._tries: dict[str, FaultKind | None] = {}
        self._struck_receives: set[tuple[str, int]] = set()

    @property
    def at_ms(self) -> int:
        """The moment of the next event. Events are a millisecond apart: real time would make
        two histories of the same session differ."""
        return EPOCH_MS + len(self.events)

    # Calls

    def call(self, operation: str, queue: str, attempt: str | None) -> Strike:
        """A call has arrived. `attempt` is equal for a call and the SDK's retries of it."""
        key = None if attempt is None else f"{operation} {attempt}"
        if key is not None and key in self._tries:
            kind = self._tries[key]
            return Strike(kind=kind if kind in LASTING else None, again=True)
        site = f"sqs.{operation} {queue}".rstrip()
        if operation == "ReceiveMessage":
            # Empty answers depend on how long the consumer waits, so they are not counted.
            nth = 1 + self.book.queue(queue).batches
            kind = None if (site, nth) in self._struck_receives else self._plan.on_call(site, nth)
            if kind is not None:
                self._struck_receives.add((site, nth))
        else:
            self._calls[site] += 1
            nth = self._calls[site]
            kind = self._plan.on_call(site, nth)
        if key is not None:
            self._tries[key] = kind
        if kind is not None:
            told = _TOLD.get(kind)
            self.events.append(Called(self.at_ms, 0, site, nth, fault=kind, error=told))
        return Strike(kind=kind)

    # Receives

    def receive(self, queue_name: str, maximum: int, now_ms: int) -> Ask | Hand | Wait:
        """What becomes of a receive that asks for at most so many messages."""
        queue = self.book.queue(queue_name)
        if queue.pending:
            if queue.pending_since_ms is None:
                queue.pending_since_ms = now_ms
            if queue.under_way(now_ms) and now_ms < queue.pending_since_ms + HOLD_MS:
                return Wait(queue.pending_since_ms + HOLD_MS)
            return Hand((self._hand_again(queue, now_ms),))
        if now_ms < queue.alone_until_ms and queue.under_way(now_ms):
            return Wait(queue.alone_until_ms)
        only = self._alone and not queue.fifo and queue.batches % 2 == 0
        return Ask(1 if only else maximum)

    def received(
        self, queue_name: str, messages: Sequence[Content], maximum: int, now_ms: int
    ) -> tuple[Content, ...]:
        """What the consumer gets of what the endpoint answered to a receive."""
        queue = self.book.queue(queue_name)
        queue.empty = 0 if messages else queue.empty + 1
        given: list[tuple[Tracked, bool]] = []
        for content in messages:
            tracked = self.book.take_in(queue, content)
            kinds = self._plan.on_message(tracked.name, tracked.delivered + 1, fifo=queue.fifo)
            if tracked in queue.pending:
                queue.pending.remove(tracked)  # the endpoint was faster
            if tracked in queue.held:
                del queue.held[tracked]
            elif FaultKind.OVERTAKEN in kinds:
                self._strike(FaultKind.OVERTAKEN, tracked)
                queue.held[tracked] = queue.batches
                continue
            given.append((tracked, False))
            if FaultKind.DUPLICATE_IN_BATCH in kinds and len(messages) < maximum:
                self._strike(FaultKind.DUPLICATE_IN_BATCH, tracked)
                given.append((tracked, True))
        for tracked, since in list(queue.held.items()):
            # Others have overtaken it, or nothing came that could.
            if len(given) < maximum and (queue.batches > since or not given):
                given.append((tracked, False))
                del queue.held[tracked]
        return self._hand_out(queue, given, now_ms)

    def lost_on_the_way(self, queue_name: str, messages: Sequence[Content]) -> None:
        """The answer to a receive did not reach the consumer: its messages come again."""
        queue = self.book.queue(queue_name)
        for content in messages:
            self._come_again(queue, self.book.take_in(queue, content))

    def _hand_again(self, queue: QueueState, now_ms: int) -> Content:
        tracked = queue.pending.popleft()
        queue.pending_since_ms = None
        queue.alone_until_ms = now_ms + HOLD_MS
        (content,) = self._hand_out(queue, [(tracked, True)], now_ms)
        return content

    def _hand_out(
        self, queue: QueueState, given: Sequence[tuple[Tracked, bool]], now_ms: int
    ) -> tuple[Content, ...]:
        if not given:
            return ()
        contents = [self.book.give(queue, tracked, now_ms, copy=copy) for tracked, copy in given]
        records = tuple(
            Delivery(tracked.name, self.book.handles[content["ReceiptHandle"]].count)
            for (tracked, _), content in zip(given, contents, strict=True)
        )
        queue.batches += 1
        queue.empty = 0
        self.events.append(Received(self.at_ms, queue.name, records))
        return tuple(contents)

    # Deletes, and changes of visibility

    def delete(self, queue_name: str, handle: str) -> Course:
        """What becomes of the delete of one message."""
        queue = self.book.queue(queue_name)
        given = self.book.handles.get(handle)
        if given is None:
            return Forward(handle)  # the endpoint's own business
        tracked = given.tracked
        kinds = self._plan.on_message(tracked.name, given.nth, fifo=queue.fifo)
        if FaultKind.LOST_DELETE in kinds and not given.settled:
            self._strike(FaultKind.LOST_DELETE, tracked)
            self._requested(queue, handle, given, done=False)
            self._come_again(queue, tracked)
            return Done()
        if FaultKind.EXPIRED_HANDLE in kinds and not given.settled:
            self._strike(FaultKind.EXPIRED_HANDLE, tracked)
            refusal = handle_has_expired(handle)
            self._requested(queue, handle, given, done=False, answer=refusal.code)
            self._come_again(queue, tracked)
            return refusal
        if tracked.gone:
            self._requested(queue, handle, given, done=True)
            return Done()  # S41
        # A handle of ours, or of a receive that was long ago: the one the endpoint knows.
        return Forward(tracked.handle if handle != tracked.handle and tracked.copies else handle)

    def deleted(self, queue_name: str, handle: str, *, done: bool, answer: str | None) -> None:
        """What the endpoint made of a delete that went on to it, and what the consumer heard."""
        given = self.book.handles.get(handle)
        if given is None:
            return
        queue = self.book.queue(queue_name)
        tracked = given.tracked
        kinds = self._plan.on_message(tracked.name, given.nth, fifo=queue.fifo)
        again = done and not tracked.gone and FaultKind.DUPLICATE_LATER in kinds
        tracked.gone = tracked.gone or done
        tracked.gone = tracked.gone or done
        self._requested(queue, handle, given, done=done, answer=answer)
        if done and tracked in queue.pending:
            queue.pending.remove(tracked)
        if again:
            self._strike(FaultKind.DUPLICATE_LATER, tracked)
        if again:
            self._come_again(queue, tracked)

    def delete_struck(self, queue_name: str, handle: str, answer: str) -> None:
        """A delete did not reach the endpoint, since the call was struck: the message comes
        again, unless the consumer tries again before."""
        given = self.book.handles.get(handle)
        if given is not None:
            queue = self.book.queue(queue_name)
            self._requested(queue, handle, given, done=given.tracked.gone, answer=answer)
            if not given.tracked.gone:
                self._come_again(queue, given.tracked)

    def change_visibility(
        self, queue_name: str, handle: str, seconds: object, now_ms: int
    ) -> Course:
        """What becomes of a change of the visibility of one message."""
        given = self.book.handles.get(handle)
        if given is None:
            return Forward(handle)
        queue, tracked = self.book.queue(queue_name), given.tracked
        if isinstance(seconds, int) and seconds > 0:
            given.visible_again_ms = now_ms + seconds * SECOND_MS
        if str(seconds) == "0":
            self.events.append(Released(self.at_ms, tracked.name, given.count))
            self.book.settle(queue, handle)
            if tracked.gone:
                self._come_again(queue, tracked)
        return Done() if tracked.gone else Forward(tracked.handle if tracked.copies else handle)

    def _requested(
        self, queue: QueueState, handle: str, given: Given, *, done: bool, answer: str | None = None
    ) -> None:
        self.events.append(
            DeleteRequested(self.at_ms, given.tracked.name, given.count, done, answer)
        )
        given.tracked.untouched = 0
        self.book.settle(queue, handle)

    def _come_again(self, queue: QueueState, tracked: Tracked) -> None:
        limit = queue.max_receive_count
        too_often = limit is not None and tracked.delivered >= limit  # S57
        if not too_often and tracked.delivered < DELIVERIES_MAX and tracked not in queue.pending:
            queue.pending.append(tracked)

    def _strike(self, kind: FaultKind, tracked: Tracked) -> None:
        self.events.append(Struck(self.at_ms, kind, message=tracked.name))

    # How things stand

    def under_way(self, now_ms: int) -> bool:
        """Whether the consumer is at work on a message, as far as one can tell."""
        return any(queue.under_way(now_ms) for queue in self.book.queues.values())

    def circulates(self) -> bool:
        """Whether all that is left comes again and again, and is never deleted."""
        left = [message for message in self.book.messages.values() if not message.gone]
        return bool(left) and all(message.untouched > CIRCULATES for message in left)

    def is_quiet(self, now_ms: int) -> bool:
        """Whether nothing is under way, nothing is to come, and the endpoint had nothing left
        when it was asked last."""
        queues = self.book.queues.values()
        return not self.under_way(now_ms) and all(
            not queue.pending and not queue.held and queue.empty > 0
            for queue in queues
            if queue.batches or queue.empty
        )


_TOLD: Final[Mapping[FaultKind, str]] = {
    FaultKind.CALL_THROTTLED: THROTTLED.code,
    FaultKind.CALL_FAILS: INTERNAL.code,
    FaultKind.NO_CONNECTION: NO_ANSWER,
    FaultKind.ANSWER_LOST: NO_ANSWER,
    FaultKind.ANSWER_LOST_ONCE: NO_ANSWER,
}
