"""What the proxy knows of the messages it has seen: names, deliveries, receipt handles.

Owns the books; which fault strikes is decided in `rules`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.receipt_handles import receipt_handle
from sqs_contract.scenario import ScenarioMessage

Content = Mapping[str, Any]
"""A message as an answer of ReceiveMessage holds it."""

VISIBILITY_DEFAULT_MS: Final = 30 * SECOND_MS


@dataclass(slots=True, kw_only=True, eq=False)
class Tracked:
    """A message that came by.

    Attributes:
        content: as the endpoint handed it out last.
        delivered: how often it was handed to the consumer.
        copies: how many of these deliveries were our own doing.
        handle: the receipt handle the endpoint gave it last.
        gone: whether the endpoint has deleted it.
        untouched: how often in a row it was handed out and its delete not asked for.
        group_id: its message group, where the consumer asked for that attribute.
    """

    name: str
    message_id: str
    queue: str
    body: str
    content: Content
    handle: str
    group_id: str | None
    delivered: int = 0
    copies: int = 0
    gone: bool = False
    untouched: int = 0


@dataclass(slots=True, kw_only=True)
class Given:
    """One delivery of a message: what a receipt handle stands for."""

    tracked: Tracked
    count: int
    nth: int
    visible_again_ms: int
    settled: bool = False


@dataclass(slots=True, kw_only=True)
class QueueState:
    """What goes on in one queue.

    Attributes:
        pending: messages that come once more, each by itself.
        held: messages that others overtake, and how many batches were handed out before.
        alone_until_ms: until then nothing else is handed out beside a message that came
            once more.
        given: deliveries that are not settled yet, by receipt handle.
        batches: how many receives handed out something.
        empty: how many receives in a row the endpoint had nothing for.
    """

    name: str
    fifo: bool
    visibility_ms: int = VISIBILITY_DEFAULT_MS
    max_receive_count: int | None = None
    known: bool = False
    pending: deque[Tracked] = field(default_factory=deque)
    pending_since_ms: int | None = None
    alone_until_ms: int = 0
    held: dict[Tracked, int] = field(default_factory=dict)
    given: dict[str, Given] = field(default_factory=dict)
    batches: int = 0
    empty: int = 0

    def under_way(self, now_ms: int) -> bool:
        """Whether the consumer is at work on a message of this queue, as far as one can tell."""
        over = [handle for handle, given in self.given.items() if given.visible_again_ms <= now_ms]
        for handle in over:
            del self.given[handle]
        return bool(self.given)


class Book:
    """All messages and queues, in the order in which they were first seen.

    Args:
        scenario: messages that are expected, and what they are called; a message that is
            not among them is called by its number.
    """

    def __init__(self, scenario: Sequence[ScenarioMessage] = ()) -> None:
        self.messages: dict[str, Tracked] = {}
        """By queue and message id, as `queue id`."""
        self.queues: dict[str, QueueState] = {}
        self.handles: dict[str, Given] = {}
        self._expected = list(scenario)
        self._taken = {message.name for message in scenario}

    def queue(self, name: str) -> QueueState:
        """The queue of that name."""
        if name not in self.queues:
            self.queues[name] = QueueState(name=name, fifo=name.endswith(".fifo"))
        return self.queues[name]

    def take_in(self, queue: QueueState, content: Content) -> Tracked:
        """A message as the endpoint hands it out, new or known."""
        attributes = content.get("Attributes") or {}
        message_id = str(content.get("MessageId"))
        key = f"{queue.name} {message_id}"
        known = self.messages.get(key)
        if known is None:
            body, group_id = str(content.get("Body", "")), attributes.get("MessageGroupId")
            known = self.messages[key] = Tracked(
                name=self._name(body, group_id),
                message_id=message_id,
                queue=queue.name,
                body=body,
                content=content,
                handle=str(content.get("ReceiptHandle")),
                group_id=group_id,
            )
        known.content, known.handle = content, str(content.get("ReceiptHandle"))
        known.gone = False
        return known

    def give(self, queue: QueueState, tracked: Tracked, now_ms: int, *, copy: bool) -> Content:
        """Hand a message out, as the endpoint did or once more; returns what the consumer gets."""
        tracked.delivered += 1
        tracked.untouched += 1
        tracked.copies += copy
        shown = _shown_count(tracked)
        content = dict(tracked.content)
        if tracked.copies:
            if copy:
                content["ReceiptHandle"] = self._new_handle(tracked)
            if "ApproximateReceiveCount" in (content.get("Attributes") or {}):
                content["Attributes"] = {
                    **content["Attributes"],
                    "ApproximateReceiveCount": str(shown),
                }
        for handle in [handle for handle, given in queue.given.items() if given.tracked is tracked]:
            if not copy:
                del queue.given[handle]  # that delivery's visibility timeout is over
        given = Given(
            tracked=tracked,
            count=shown,
            nth=tracked.delivered,
            visible_again_ms=now_ms + queue.visibility_ms,
        )
        handle = str(content["ReceiptHandle"])
        queue.given[handle] = self.handles[handle] = given
        return content

    def settle(self, queue: QueueState, handle: str) -> None:
        """The consumer is through with this delivery."""
        given = queue.given.pop(handle, None)
        if given is not None:
            given.settled = True

    def _new_handle(self, tracked: Tracked) -> str:
        number = list(self.messages).index(f"{tracked.queue} {tracked.message_id}")
        return receipt_handle(number, tracked.delivered, name=f"copy of {tracked.queue}")

    def _name(self, body: str, group_id: str | None) -> str:
        for message in self._expected:
            if message.body == body and message.group_id in (None, group_id):
                self._expected.remove(message)
                return message.name
        number = 1 + len(self.messages)
        while f"m{number}" in self._taken:
            number += 1
        self._taken.add(f"m{number}")
        return f"m{number}"


def _shown_count(tracked: Tracked) -> int:
    """The receive count the consumer sees: what the endpoint counts, and our own deliveries."""
    told = (tracked.content.get("Attributes") or {}).get("ApproximateReceiveCount")
    if isinstance(told, str) and told.isdecimal():
        return int(told) + tracked.copies
    return tracked.delivered
