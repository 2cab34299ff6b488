"""The event source mapping: gathers batches from a queue and settles them.

Owns the batch size, the batching window, the payload limit (S67-S71), filters
(S107-S114), how many invocations may run (S74), and what is deleted after an
invocation. Does not invoke: whoever drives it takes a batch, runs the function,
and hands the outcome back.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Final, Protocol

from sqs_contract.model.arns import DEFAULT_REGION
from sqs_contract.model.arns import queue_arn as arn_of
from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.entry import Receive, Received, State
from sqs_contract.model.event import render_attributes, render_record, says_null
from sqs_contract.model.filters import BODY, FilterCriteria
from sqs_contract.model.limits import (
    BATCH_SIZE_DEFAULT,
    PAYLOAD_MAX_BYTES,
    RECEIVE_MAX_MESSAGES,
    SECOND_MS,
)
from sqs_contract.model.message import Message
from sqs_contract.model.receipt_handles import ReceiptHandleExpired
from sqs_contract.model.response import Effect, Reading
from sqs_contract.model.scaling import ON_DEMAND, ScalingSettings
from sqs_contract.model.settings import QueueSettings

_RECORD_OVERHEAD_BYTES: Final = 1_200
"""Assumption: what a record weighs beside what its producer gave; metadata counts (S69)."""

_STRETCH_MS: Final = 30 * SECOND_MS
"""What the guide of 2021 added to window and timeout (S78)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSettings:
    """Settings of an event source mapping; `window_ms` is the batching window.

    Whether AWS accepts them is `mapping_api`'s to say.
    """

    batch_size: int = BATCH_SIZE_DEFAULT
    window_ms: int = 0
    report_batch_item_failures: bool = False
    filters: FilterCriteria | None = None
    maximum_concurrency: int | None = None
    scaling: ScalingSettings = ON_DEMAND


class Source(Protocol):
    """What a mapping needs of the queue it reads."""

    @property
    def settings(self) -> QueueSettings:
        """The settings of the queue."""
        ...

    def receive(
        self,
        now_ms: int,
        *,
        max_messages: int = RECEIVE_MAX_MESSAGES,
        visibility_ms: int | None = None,
    ) -> Receive:
        """Hand out visible messages."""
        ...

    def delete_received(self, received: Received, now_ms: int, /) -> bool:
        """Delete with the handle of a receive; whether that deleted the message."""
        ...

    def next_available_ms(self) -> int | None:
        """When the next message becomes visible."""
        ...


@dataclass(slots=True)
class Poll:
    """What a poll did. `batch` is empty unless a batch is ready to be invoked."""

    batch: list[Received] = field(default_factory=list)
    redriven: list[Message] = field(default_factory=list)
    expired: list[Message] = field(default_factory=list)
    filtered: list[Message] = field(default_factory=list)


class EventSourceMapping:
    """One poller on one queue: gathers one batch at a time.

    `running` counts the batches handed over and not yet settled: nothing is received
    while as many run as there may be, by scaling (S72) or a maximum concurrency (S74). `filtered` are the
    messages that matched no filter. `function_timeout_ms` is only asked for where it
    stretches visibility timeouts (N5).
    """

    def __init__(
        self,
        queue: Source,
        settings: MappingSettings,
        *,
        queue_arn: str | None = None,
        region: str = DEFAULT_REGION,
        function_timeout_ms: int = 0,
        assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    ) -> None:
        self.queue = queue
        self.settings = settings
        self.assumptions = assumptions
        self.running = 0
        self.filtered: list[Message] = []
        self._queue_arn = queue_arn or arn_of(queue.settings.name, region)
        self._region = region
        self._visibility_ms = None
        if assumptions.stretched_visibility:
            self._visibility_ms = stretched_visibility_ms(
                queue.settings.visibility_timeout_ms, settings.window_ms, function_timeout_ms
            )
        self._gathered: list[Received] = []
        self._gathered_bytes = 0
        self._window_ends_ms: int | None = None
        self._overflow: list[Received] = []
        self._fifo = queue.settings.fifo
        self._nulls = says_null(settings.window_ms, assumptions)
        self._apart = self._fifo and not assumptions.groups_together
        self._running_groups: Counter[str | None] = Counter()
        self._busy_since_ms = 0

    def poll(self, now_ms: int) -> Poll:
        """Receive what is there; hand over a batch if it is full or its window is over (S69).

        A large batch takes several receives; what came first is in flight longest (S71).
        """
        poll = Poll()
        if self.running and not self.may_invoke(now_ms):
            return poll
        overflow, self._overflow = self._overflow, []
        for item in overflow:
            self._gather(item, now_ms)
        while not self._full():
            wanted = min(self.settings.batch_size - len(self._gathered), RECEIVE_MAX_MESSAGES)
            receive = self.queue.receive(
                now_ms, max_messages=wanted, visibility_ms=self._visibility_ms
            )
            poll.redriven += receive.redriven
            poll.expired += receive.expired
            passing = receive.messages
            if self.settings.filters is not None:
                passing = self._filter(receive, poll, now_ms)
            for item in passing:
                self._gather(item, now_ms)
            if not receive.messages or not self.settings.window_ms:
                break  # without a window a batch is one receive
        if self._gathered and (self._full() or self._window_over(now_ms)):
            poll.batch = self._gathered
            self.hand_over(poll.batch, now_ms)
            self._gathered = []
            self._gathered_bytes = 0
            self._window_ends_ms = None
        return poll

    def hand_over(self, batch: Collection[Received], now_ms: int) -> None:
        """A batch is about to be invoked; `settle` or `forget` comes when it is over."""
        if not self.running:
            self._busy_since_ms = now_ms
        self.running += 1
        if self._fifo:
            self._running_groups.update(_groups(batch))

    def may_invoke(self, now_ms: int) -> bool:
        """Whether another batch may run beside those that do."""
        free_ms = self._free_ms() if self.running else now_ms
        return free_ms is not None and free_ms <= now_ms

    def next_poll_ms(self) -> int | None:
        """When a poll may have something to do, or `None` if never.

        At the maximum concurrency, or while what comes next has a message group that
        is being invoked, a poll has nothing to do until a batch is settled; or until
        there are more pollers (S72).
        """
        free_ms = self._free_ms() if self.running else 0
        if free_ms is None:
            return None
        if self._overflow:
            return free_ms
        next_ms = self._next_ms()
        return next_ms if next_ms is None else max(next_ms, free_ms)

    def _next_ms(self) -> int | None:
        """When there may be a message to receive, or a window ends."""
        available_ms = self.queue.next_available_ms()
        if self._window_ends_ms is None:
            return available_ms
        if available_ms is None:
            return self._window_ends_ms
        return min(available_ms, self._window_ends_ms)

    def settle(
        self,
        batch: Collection[Received],
        reading: Reading,
        *,
        undeleted: Collection[str] = (),
        now_ms: int = 0,
    ) -> tuple[list[Received], list[Received]]:
        """Delete what the reading lets go; returns the records deleted and those kept.

        What the function deleted itself stays deleted, whatever it returns (S95).
        What is kept is left alone: the role may not change its visibility timeout, so
        it comes back when that is over (S79, S90), on FIFO in order (S91-S93), whether it
        was reported or the function failed (S94, S97, S98). `undeleted` are message
        ids whose delete does not arrive (S96). On a FIFO queue a delete at `now_ms`,
        after the visibility timeout, fails: the message comes back (S50, S103).
        """
        self.running -= 1
        if self.assumptions.retried_deletes:  # N7: the second time it arrives
            undeleted = ()
        if self._fifo:
            self._running_groups.subtract(_groups(batch))
        keep_all = reading.effect is Effect.KEEP_ALL
        reported = reading.reported
        for item in batch:
            message_id = item.entry.message.message_id
            if not (keep_all or message_id in reported or message_id in undeleted):
                self._delete(item, now_ms)
        deleted: list[Received] = []
        kept: list[Received] = []
        for item in batch:
            (deleted if item.entry.state is State.DELETED else kept).append(item)
        return deleted, kept

    def forget(self, batch: Collection[Received]) -> None:
        """Give up a batch that could not be invoked while its messages were invisible, as
        throttles may have it: nothing is deleted, SQS delivers again (S99)."""
        self.running -= 1
        if self._fifo:
            self._running_groups.subtract(_groups(batch))

    def _filter(self, receive: Receive, poll: Poll, now_ms: int) -> list[Received]:
        """The messages that match a filter; the others are deleted, uninvoked (S108, S114)."""
        filters = self.settings.filters
        assert filters is not None
        passing: list[Received] = []
        for item in receive.messages:
            metadata = None
            if filters.looks_at_metadata:
                metadata = render_record(item, self._queue_arn, self._region, self._nulls)
                del metadata[BODY]
            if filters.passes(item.entry.message.body, metadata):
                passing.append(item)
            elif self._delete(item, now_ms):
                poll.filtered.append(item.entry.message)
                self.filtered.append(item.entry.message)
        return passing

    def _delete(self, item: Received, now_ms: int) -> bool:
        """Delete; false where a FIFO queue no longer takes the handle (S50), or where a standard
        one takes it and lets the message be, since it was received again (S40)."""
        try:
            return self.queue.delete_received(item, now_ms)
        except ReceiptHandleExpired:
            return False

    def _free_ms(self) -> int | None:
        """From when on another batch may run beside those that do (S72-S75); `None` if one
        of them must end first."""
        limit = self.settings.maximum_concurrency
        if limit is not None and self.running >= limit:
            return None
        groups = self._running_groups
        if self._fifo and any(groups[group] > 0 for group in _groups(self._overflow)):
            return None
        grown_ms = self.settings.scaling.reaches_ms(self.running + 1)
        return None if grown_ms is None else self._busy_since_ms + grown_ms

    def _gather(self, item: Received, now_ms: int) -> None:
        """Put a message into the batch that is gathered, if it goes in: for its size (S69), and
        for its group (S73): whether several FIFO groups go together is a setting (N9)."""
        gathered = self._gathered
        total = self._gathered_bytes + _weight(item, nulls=self._nulls)
        if self._overflow or (
            gathered
            and (
                total > PAYLOAD_MAX_BYTES
                or (
                    self._apart
                    and item.entry.message.group_id != gathered[0].entry.message.group_id
                )
            )
        ):
            self._overflow.append(item)  # in flight already: it opens the next batch
            return
        if not gathered:
            self._window_ends_ms = now_ms + self.settings.window_ms
        gathered.append(item)
        self._gathered_bytes = total

    def _full(self) -> bool:
        return bool(self._overflow) or len(self._gathered) >= self.settings.batch_size

    def _window_over(self, now_ms: int) -> bool:
        return self._window_ends_ms is not None and now_ms >= self._window_ends_ms


def stretched_visibility_ms(visibility_ms: int, window_ms: int, function_timeout_ms: int) -> int:
    """The visibility timeout in force if a batching window stretches it (S78, N5)."""
    needed_ms = window_ms + function_timeout_ms
    if not window_ms or needed_ms <= visibility_ms:
        return visibility_ms
    return needed_ms + _STRETCH_MS


def _groups(items: Collection[Received]) -> set[str | None]:
    return {item.entry.message.group_id for item in items}


def _weight(item: Received, *, nulls: bool) -> int:
    """How many bytes a record adds to the event. Assumption: as JSON in UTF-8 (S69)."""
    message = item.entry.message
    weight = _RECORD_OVERHEAD_BYTES + _json_bytes(message.body)
    if message.group_id is not None:
        weight += _json_bytes(message.group_id) + _json_bytes(item.entry.deduplication_id or "")
    if message.trace_header is not None:
        weight += _json_bytes(message.trace_header)
    if message.attributes:
        attributes = render_attributes(message.attributes, nulls=nulls)
        weight += len(json.dumps(attributes, ensure_ascii=False).encode())
    return weight


def _json_bytes(text: str) -> int:
    return len(encode_basestring(text).encode())
