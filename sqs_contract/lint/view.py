"""The picture of a template as rules look at it: which queue feeds which function, every setting
with AWS's default, and what a setting that cannot be told comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from sqs_contract.deployment.resources import (
    EventSourceMapping,
    Function,
    Item,
    Queue,
    Redrive,
    Stack,
)
from sqs_contract.deployment.values import Place, Unresolved
from sqs_contract.lint.observed import Observed
from sqs_contract.lint.problem import CannotTell, Change, Found, Grant
from sqs_contract.model import limits

T = TypeVar("T")

_OF_OTHERS = frozenset({"StartingPosition", "Topics", "Queues", "SelfManagedEventSource"})
"""What the mappings of streams and brokers must have, and those of queues cannot."""


def told(item: Item, name: str, value: T | Unresolved | None, default: T) -> T:
    """A setting of a resource, or AWS's default.

    Raises:
        CannotTell: the template leaves it open.
    """
    if isinstance(value, Unresolved):
        raise CannotTell(item.at(name), f"{name} of {item.id}", value)
    return default if value is None else value


def _own(item: T | None, place: Place, what: str, named: object) -> T:
    """What a setting at a place of the template names, if that stands there too.

    Raises:
        CannotTell: it does not.
    """
    if item is not None:
        return item
    if isinstance(named, Unresolved):
        raise CannotTell(place, what, named)
    raise CannotTell(place, what, Unresolved("does not stand in the template"))


def visibility_of(queue: Queue) -> int:
    """Visibility timeout in seconds."""
    default = limits.VISIBILITY_TIMEOUT_DEFAULT_S
    return told(queue, "VisibilityTimeout", queue.visibility_timeout_s, default)


def retention_of(queue: Queue) -> int:
    """Retention in seconds."""
    default = limits.RETENTION_DEFAULT_S
    return told(queue, "MessageRetentionPeriod", queue.retention_s, default)


def redrive_of(queue: Queue) -> Redrive | None:
    """The redrive policy, if the queue has one whose target is told."""
    policy = queue.redrive
    if policy is None or policy.dead_letter_arn is None:
        return None
    told(queue, "RedrivePolicy", policy.dead_letter_arn, "")
    return policy


def receives_of(queue: Queue) -> int | None:
    """maxReceiveCount, if there is a redrive policy that has one."""
    policy = queue.redrive
    if policy is None or policy.max_receive_count is None:
        return None
    return told(queue, "RedrivePolicy", policy.max_receive_count, 0)


def is_fifo(queue: Queue) -> bool:
    """Whether the queue is FIFO."""
    given = queue.properties.get("FifoQueue")
    if isinstance(given, Unresolved) and not queue.fifo:
        told(queue, "FifoQueue", given, default=False)
    return queue.fifo


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A queue that feeds a function through a mapping that is not disabled.

    Attributes:
        own_queue: the queue, if it stands in the template.
        own_function: the function, if it does.
    """

    view: View
    mapping: EventSourceMapping
    own_queue: Queue | None
    own_function: Function | None

    @property
    def queue(self) -> Queue:
        """The queue.

        Raises:
            CannotTell: it does not stand in the template.
        """
        mapping = self.mapping
        what = f"the queue that {mapping.id} reads"
        return _own(self.own_queue, mapping.at("EventSourceArn"), what, mapping.source)

    @property
    def function(self) -> Function:
        """The function.

        Raises:
            CannotTell: it does not stand in the template.
        """
        mapping = self.mapping
        what = f"the function that {mapping.id} feeds"
        return _own(self.own_function, mapping.at("FunctionName"), what, mapping.function)

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything of it that stands in the template."""
        return tuple(
            item for item in (self.mapping, self.own_function, self.own_queue) if item is not None
        )

    @property
    def fifo(self) -> bool:
        """Whether the queue is FIFO; its ARN tells, wherever it stands (S16)."""
        if self.own_queue is None and isinstance(self.mapping.source, str):
            return self.mapping.source.endswith(".fifo")
        return is_fifo(self.queue)

    @property
    def timeout_s(self) -> int:
        """Timeout of the function in seconds."""
        function = self.function
        return told(function, "Timeout", function.timeout_s, limits.FUNCTION_TIMEOUT_DEFAULT_S)

    @property
    def reserved(self) -> int | None:
        """Reserved concurrency of the function."""
        function = self.function
        return told(function, "ReservedConcurrentExecutions", function.reserved_concurrency, None)

    @property
    def batch_size(self) -> int:
        """Batch size of the mapping."""
        return told(self.mapping, "BatchSize", self.mapping.batch_size, limits.BATCH_SIZE_DEFAULT)

    @property
    def window_s(self) -> int:
        """Batching window in seconds."""
        return told(self.mapping, "MaximumBatchingWindowInSeconds", self.mapping.window_s, 0)

    @property
    def maximum_concurrency(self) -> int | None:
        """Maximum concurrency of the mapping."""
        return told(self.mapping, "ScalingConfig", self.mapping.maximum_concurrency, None)

    @property
    def reads_reports(self) -> bool:
        """Whether the mapping asks for partial batch responses."""
        types = told(self.mapping, "FunctionResponseTypes", self.mapping.response_types, ())
        return "ReportBatchItemFailures" in types

    @property
    def filters(self) -> tuple[str, ...]:
        """Patterns of the mapping."""
        return told(self.mapping, "FilterCriteria", self.mapping.filters, ())


@dataclass(frozen=True, kw_only=True)
class View:
    """A template as rules look at it.

    Attributes:
        observed: what the handler was seen doing; `None` where nothing was run.
        only: the mapping that is judged; `None` for all of them.
    """

    stack: Stack
    observed: Observed | None = None
    only: EventSourceMapping | None = None

    @cached_property
    def queues(self) -> dict[str, Queue]:
        """The queues by ARN."""
        return {queue.arn: queue for queue in self.stack.queues}

    @cached_property
    def functions(self) -> dict[str, Function]:
        """The functions by name and by id."""
        by_id = {item.id: item for item in self.stack.functions}
        return {**by_id, **{item.name: item for item in self.stack.functions}}

    def function_named(self, named: object) -> Function | None:
        """The function a name or an ARN means."""
        if not isinstance(named, str):
            return None
        return self.functions.get(named.split(":function:", 1)[-1].split(":", 1)[0])

    @cached_property
    def all_feeds(self) -> tuple[Feed, ...]:
        """Every mapping of a queue that is not disabled."""
        return tuple(
            Feed(
                view=self,
                mapping=mapping,
                own_queue=self.queues.get(mapping.source)
                if isinstance(mapping.source, str)
                else None,
                own_function=self.function_named(mapping.function),
            )
            for mapping in self.stack.mappings
            if mapping.enabled is not False and _reads_a_queue(mapping)
        )

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds that are judged: all, or that of one mapping."""
        if self.only is None:
            return self.all_feeds
        return tuple(feed for feed in self.all_feeds if feed.mapping.id == self.only.id)

    @cached_property
    def fed(self) -> tuple[tuple[Queue, tuple[Feed, ...]], ...]:
        """The queues of the template that are read, each with its feeds that are judged."""
        found: dict[str, list[Feed]] = {}
        for feed in self.feeds:
            if feed.own_queue is not None:
                found.setdefault(feed.own_queue.arn, []).append(feed)
        return tuple((self.queues[arn], tuple(feeds)) for arn, feeds in found.items())

    def others_of(self, queue: Queue) -> tuple[Feed, ...]:
        """All feeds of a queue."""
        return tuple(feed for feed in self.all_feeds if feed.own_queue is queue)

    @cached_property
    def sources_of_dead_letters(self) -> dict[str, list[Queue]]:
        """The queues whose dead letters go to a queue, by its ARN."""
        found: dict[str, list[Queue]] = {}
        for queue in self.stack.queues:
            target = queue.redrive.dead_letter_arn if queue.redrive is not None else None
            if isinstance(target, str):
                found.setdefault(target, []).append(queue)
        return found

    def dead_letters_of(self, queue: Queue) -> Queue | None:
        """The dead-letter queue of a queue, if it stands in the template."""
        policy = redrive_of(queue)
        if policy is None or not isinstance(policy.dead_letter_arn, str):
            return None
        return self.queues.get(policy.dead_letter_arn)


def feeds(view: View) -> Iterator[Feed]:
    """What rules about a mapping with its queue and its function are held against."""
    yield from view.feeds


def fed_queues(view: View) -> Iterator[FedQueue]:
    """What rules about a queue that is read are held against."""
    for queue, found in view.fed:
        yield FedQueue(view=view, queue=queue, feeds=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class FedQueue:
    """A queue of the template that is read, and the feeds that are judged."""

    view: View
    queue: Queue
    feeds: tuple[Feed, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """The queue, its mappings and their functions."""
        return (self.queue, *(item for feed in self.feeds for item in feed.items))


def found(
    subject: Feed | FedQueue, item: Item, setting: str, sentence: str, *fix: Change | Grant
) -> Found:
    """What is wrong with a setting of an item, and what mends it.

    Args:
        subject: what the rule is held against: all of it counts as what it is about.
        item: the resource it stands at.
        setting: the property, by CloudFormation's name; empty for the resource.
        sentence: what is wrong, with the numbers.
        fix: what mends it.
    """
    return Found(item=item, setting=setting, sentence=sentence, fix=fix, also=subject.items)


def _reads_a_queue(mapping: EventSourceMapping) -> bool:
    """Whether a mapping reads from a queue. Where its source cannot be told, by what it lacks."""
    if isinstance(mapping.source, str):
        return ":sqs:" in mapping.source
    return mapping.source is not None and not _OF_OTHERS & set(mapping.properties)
