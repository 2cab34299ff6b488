"""Rules about the dead-letter queue itself: of which type it is, how long it keeps messages, and
that it is the end of their way."""

from __future__ import annotations

from collections.abc import Iterator

from sqs_contract.deployment.resources import Queue
from sqs_contract.lint import pages
from sqs_contract.lint.problem import Change, Fix, Found, Level, Removed, rule
from sqs_contract.lint.view import (
    FedQueue,
    View,
    fed_queues,
    is_fifo,
    receives_of,
    redrive_of,
    retention_of,
    visibility_of,
)
from sqs_contract.model import limits


@rule(
    "SQSC205",
    "dead-letter-queue-type",
    Level.ERROR,
    owes="The dead-letter queue of a FIFO queue is FIFO, that of a standard queue is standard.",
    why="AWS refuses the redrive policy.",
    page=pages.DEAD_LETTERS,
    source="S61",
    over=lambda view: (FedQueue(view=view, queue=item, feeds=()) for item in _judged(view)),
)
def dead_letter_queue_type(fed: FedQueue) -> Iterator[Found]:
    """A FIFO queue with a standard dead-letter queue, or the other way round."""
    policy = redrive_of(fed.queue)
    if policy is None or not isinstance(policy.dead_letter_arn, str):
        return
    own = fed.view.dead_letters_of(fed.queue)
    target = is_fifo(own) if own is not None else policy.dead_letter_arn.endswith(".fifo")
    if target is not is_fifo(fed.queue):
        name = own.id if own is not None else policy.dead_letter_arn.rsplit(":", 1)[-1]
        kinds = {True: "FIFO", False: "standard"}
        fix: Fix = ()
        if own is not None and fed.queue.fifo:
            fix = (Change(own, {"FifoQueue": True}),)
        elif own is not None:
            fix = (Change(own, {"FifoQueue": Removed()}),)
        yield Found(
            item=fed.queue,
            setting="RedrivePolicy",
            sentence=f"{fed.queue.id} is a {kinds[fed.queue.fifo]} queue, and its dead-letter "
            f"queue {name} is {kinds[target]}",
            fix=fix,
            also=() if own is None else (own,),
        )


def _judged(view: View) -> tuple[Queue, ...]:
    """All queues; where one mapping is judged, its queue alone."""
    if view.only is None:
        return view.stack.queues
    return tuple(queue for queue, _ in view.fed)


@rule(
    "SQSC206",
    "dead-letter-retention",
    Level.WARNING,
    owes="The dead-letter queue of a standard queue keeps messages longer than the queue does.",
    why="On standard queues the clock runs on from when the message was sent. What failed late is "
    "deleted from the dead-letter queue soon after it came there, before anybody looked.",
    page=pages.DEAD_LETTER_RETENTION,
    source="S60",
    over=fed_queues,
)
def dead_letter_retention(fed: FedQueue) -> Iterator[Found]:
    """The dead-letter queue keeps messages no longer than the queue."""
    own = _with_the_same_clock(fed)
    if own is None:
        return
    kept, there = retention_of(fed.queue), retention_of(own)
    if there <= kept and not _expires_at_once(fed, there):
        change = (
            Change(own, {"MessageRetentionPeriod": limits.RETENTION_MAX_S})
            if kept < limits.RETENTION_MAX_S
            else Change(fed.queue, {"MessageRetentionPeriod": limits.RETENTION_DEFAULT_S})
        )
        yield Found(
            item=own,
            setting="MessageRetentionPeriod",
            sentence=f"the dead-letter queue {own.id} keeps messages for {there} s, no longer than "
            f"{fed.queue.id} with {kept} s",
            fix=(change,),
            also=(fed.queue,),
        )


def _with_the_same_clock(fed: FedQueue) -> Queue | None:
    """The dead-letter queue in which a message stays as old as it was: that of a standard queue,
    if it stands in the template (S60)."""
    own = fed.view.dead_letters_of(fed.queue)
    return None if own is None or is_fifo(fed.queue) else own


def _expires_at_once(fed: FedQueue, there: int) -> bool:
    receives = receives_of(fed.queue)
    return receives is not None and receives * visibility_of(fed.queue) >= there


@rule(
    "SQSC207",
    "dead-letters-expire-at-once",
    Level.WARNING,
    owes="A dead letter is younger than the retention of the dead-letter queue when it gets there.",
    why="On standard queues the clock runs on from when the message was sent. A message that was "
    "received maxReceiveCount times is older than the dead-letter queue keeps anything.",
    page=pages.DEAD_LETTER_RETENTION,
    source="S57, S60, S98",
    over=fed_queues,
)
def dead_letters_expire_at_once(fed: FedQueue) -> Iterator[Found]:
    """Dead letters are older than the dead-letter queue keeps them."""
    own = _with_the_same_clock(fed)
    if own is None:
        return
    there = retention_of(own)
    if _expires_at_once(fed, there):
        yield Found(
            item=own,
            setting="MessageRetentionPeriod",
            sentence=f"the dead-letter queue {own.id} keeps messages for {there} s, and from "
            f"{fed.queue.id} they come {receives_of(fed.queue)} visibility timeouts of "
            f"{visibility_of(fed.queue)} s old",
            fix=(Change(own, {"MessageRetentionPeriod": limits.RETENTION_MAX_S}),),
            also=(fed.queue,),
        )


@rule(
    "SQSC208",
    "redrive-loop",
    Level.ERROR,
    owes="Redrive policies lead to an end.",
    why="A message that fails goes round between the queues until its retention ends, and is "
    "deleted then: no queue keeps it for anybody.",
    page=pages.DEAD_LETTERS,
    source="S57, S59, S60",
    over=fed_queues,
)
def redrive_loop(fed: FedQueue) -> Iterator[Found]:
    """The dead letters of a queue come back to it by redrive policies."""
    seen: list[Queue] = []
    queue = fed.view.dead_letters_of(fed.queue)
    while queue is not None and queue not in seen:
        seen.append(queue)
        if queue is fed.queue:
            last = [fed.queue, *seen][-2]
            yield Found(
                item=last,
                setting="RedrivePolicy",
                sentence=f"dead letters of {fed.queue.id} come back to it: "
                + " -> ".join(item.id for item in (fed.queue, *seen)),
                fix=(Change(last, {"RedrivePolicy": Removed()}),),
                also=tuple(seen),
            )
            return
        queue = fed.view.dead_letters_of(queue)


RULES = (
    dead_letter_queue_type,
    dead_letter_retention,
    dead_letters_expire_at_once,
    redrive_loop,
)
