"""Rules about how messages become dead letters, and what becomes of them then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqs_contract.deployment.resources import Function, Queue
from sqs_contract.deployment.values import Unresolved
from sqs_contract.lint import pages
from sqs_contract.lint.access import allows
from sqs_contract.lint.problem import (
    Change,
    Fix,
    Found,
    Level,
    Reference,
    Removed,
    dead_letter_queue_for,
    rule,
)
from sqs_contract.lint.view import (
    FedQueue,
    Feed,
    View,
    fed_queues,
    feeds,
    found,
    receives_of,
    redrive_of,
)
from sqs_contract.model import limits

_ADVISED = 5
"""Receives AWS advises for a queue that feeds a function (S63)."""


def _with_dead_letters(queue: Queue) -> Fix:
    new = dead_letter_queue_for(queue)
    properties = {"MessageRetentionPeriod": limits.RETENTION_MAX_S}
    return (
        Change(new, {**properties, "FifoQueue": True} if queue.fifo else properties),
        _redrive(queue, Reference(new), _ADVISED),
    )


def _redrive(queue: Queue, target: Reference | str | Unresolved | None, receives: int) -> Change:
    policy = {"deadLetterTargetArn": target, "maxReceiveCount": receives}
    return Change(queue, {"RedrivePolicy": policy})


def _raised(fed: FedQueue) -> Fix:
    target = fed.queue.redrive.dead_letter_arn if fed.queue.redrive is not None else None
    own = None if isinstance(target, Unresolved) else fed.view.dead_letters_of(fed.queue)
    return (_redrive(fed.queue, target if own is None else Reference(own), _ADVISED),)


def _has_none(fed: FedQueue) -> bool:
    """Whether nothing takes a queue's dead letters; it is none for dead letters itself."""
    return redrive_of(fed.queue) is None and (fed.queue.arn not in fed.view.sources_of_dead_letters)


@rule(
    "SQSC201",
    "no-dead-letter-queue",
    Level.WARNING,
    owes="A queue that feeds a function has a redrive policy with a dead-letter queue.",
    why="A message the function cannot handle comes back again and again, takes places in batches "
    "from healthy ones, blocks its group on a FIFO queue, and is deleted without a trace when its "
    "retention ends.",
    page=pages.DEAD_LETTERS,
    source="S32, S57, S66",
    over=fed_queues,
)
def no_dead_letter_queue(fed: FedQueue) -> Iterator[Found]:
    """No redrive policy."""
    if _has_none(fed) and not any(_own_target(fed.view, feed) for feed in fed.feeds):
        yield found(
            fed,
            fed.queue,
            "",
            f"{fed.queue.id} has no dead-letter queue",
            *_with_dead_letters(fed.queue),
        )


def _own_target(view: View, feed: Feed) -> tuple[Function, str] | None:
    """The function, and the property by which it has a dead-letter target of its own."""
    function = feed.own_function
    if function is None:
        return None
    if function.dead_letter_arn is not None:
        return function, "DeadLetterConfig"
    for other in view.stack.others:
        destinations = other.properties.get("DestinationConfig")
        if (
            other.type == "AWS::Lambda::EventInvokeConfig"
            and view.function_named(other.properties.get("FunctionName")) is function
            and isinstance(destinations, Mapping)
            and "OnFailure" in destinations
        ):
            return function, "EventInvokeConfig"
    return None


@rule(
    "SQSC202",
    "dead-letter-queue-on-function",
    Level.WARNING,
    owes="The dead-letter queue belongs to the queue, not to the function.",
    why="DeadLetterConfig and the on-failure destination of a function are for asynchronous "
    "invocations. Messages from a queue never get there: without a redrive policy on the queue "
    "they come back until their retention ends.",
    page=pages.ERRORS,
    source="S66",
    over=fed_queues,
)
def dead_letter_queue_on_function(fed: FedQueue) -> Iterator[Found]:
    """The function has a dead-letter target, the queue has none."""
    if not _has_none(fed):
        return
    for feed in fed.feeds:
        own = _own_target(fed.view, feed)
        if own is not None:
            function, setting = own
            yield found(
                fed,
                function,
                setting,
                f"{function.id} has a dead-letter target of its own, which messages from "
                f"{fed.queue.id} never reach, and {fed.queue.id} has no dead-letter queue",
                *_with_dead_letters(fed.queue),
            )


def _reserved(fed: FedQueue) -> Function | None:
    """A function with reserved concurrency that the queue feeds."""
    for feed in fed.feeds:
        if feed.own_function is not None and feed.reserved is not None:
            return feed.own_function
    return None


@rule(
    "SQSC203",
    "low-max-receive-count",
    Level.ADVICE,
    owes="maxReceiveCount is at least 5.",
    why="A receive counts even if the function never ran: where it was throttled, where a poller "
    "gave up, where somebody looked into the queue. With few receives a short outage is enough "
    "to send healthy messages to the dead-letter queue.",
    page=pages.CONFIGURING,
    source="S63, S99",
    over=fed_queues,
)
def low_max_receive_count(fed: FedQueue) -> Iterator[Found]:
    """Fewer receives than AWS advises."""
    receives = receives_of(fed.queue)
    if receives is None or receives >= _ADVISED:
        return
    if receives == 1 and _reserved(fed) is not None:
        return  # that has a rule of its own
    yield found(
        fed,
        fed.queue,
        "RedrivePolicy",
        f"maxReceiveCount of {fed.queue.id} is {receives}",
        *_raised(fed),
    )


@rule(
    "SQSC204",
    "one-receive-with-reserved-concurrency",
    Level.WARNING,
    owes="A function with reserved concurrency gets its messages more than once.",
    why="Pollers receive more than the function may run. What is throttled until its visibility "
    "timeout ends has been received once, and with maxReceiveCount 1 that was all: healthy "
    "messages end in the dead-letter queue without any run.",
    page=pages.SCALING,
    source="S63, S76, S99",
    over=fed_queues,
)
def one_receive_with_reserved_concurrency(fed: FedQueue) -> Iterator[Found]:
    """MaxReceiveCount 1, and the function can be throttled."""
    if receives_of(fed.queue) != 1:
        return
    function = _reserved(fed)
    if function is not None:
        yield found(
            fed,
            fed.queue,
            "RedrivePolicy",
            f"maxReceiveCount of {fed.queue.id} is 1, and {function.id} has reserved "
            f"concurrency {function.reserved_concurrency}: a throttled message is a dead letter",
            *_raised(fed),
        )


@rule(
    "SQSC209",
    "dead-letters-sent-back",
    Level.ADVICE,
    owes="A function that sends dead letters back to their queue counts how often it did.",
    why="What is sent anew starts with a receive count of its own, and no maxReceiveCount ends its "
    "way: a message that always fails circulates for ever, at your cost. A template does not tell "
    "whether the function counts.",
    page=pages.DEAD_LETTERS,
    source="S65",
    over=feeds,
)
def dead_letters_sent_back(feed: Feed) -> Iterator[Found]:
    """A consumer of dead letters that can send to their source."""
    queue, function = feed.own_queue, feed.own_function
    if queue is None or function is None:
        return
    for source in feed.view.sources_of_dead_letters.get(queue.arn, ()):
        if _may_send(function, source):
            yield Found(
                item=feed.mapping,
                sentence=f"{function.id} reads the dead letters of {source.id} and can send to "
                f"{source.id}: see that it gives up on a message some time",
                also=(*feed.items, source),
            )


def _may_send(function: Function, queue: Queue) -> bool:
    """Whether the function is meant to send to the queue: it is told of it, or allowed to."""
    named = {queue.url, queue.arn, queue.name} & {
        value for value in function.environment.values() if isinstance(value, str)
    }
    if isinstance(function.permissions, Unresolved):
        return bool(named)
    allowed = allows(function.permissions, "sqs:SendMessage", queue.arn)
    by_name = any(
        queue.arn in statement.resources
        for statement in function.permissions
        if statement.effect == "Allow"
    )
    return allowed is True and (bool(named) or by_name)


@rule(
    "SQSC210",
    "destination-on-mapping",
    Level.ERROR,
    owes="A mapping of a queue has no DestinationConfig.",
    why="AWS refuses it: destinations of a mapping are for streams. The dead-letter queue of a "
    "queue is in its redrive policy.",
    page=pages.ERRORS,
    source="S66",
    over=feeds,
)
def destination_on_mapping(feed: Feed) -> Iterator[Found]:
    """DestinationConfig on a mapping of a queue."""
    if feed.mapping.properties.get("DestinationConfig"):
        yield found(
            feed,
            feed.mapping,
            "DestinationConfig",
            f"{feed.mapping.id} has a DestinationConfig, which AWS refuses for queues",
            Change(feed.mapping, {"DestinationConfig": Removed()}),
        )


RULES = (
    no_dead_letter_queue,
    dead_letter_queue_on_function,
    low_max_receive_count,
    one_receive_with_reserved_concurrency,
    dead_letters_sent_back,
    destination_on_mapping,
)
