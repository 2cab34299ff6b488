"""Rules about times: visibility timeout, function timeout, retention."""

from __future__ import annotations

from collections.abc import Iterator

from sqs_contract.lint import pages
from sqs_contract.lint.problem import Change, Found, Level, rule
from sqs_contract.lint.view import (
    FedQueue,
    Feed,
    fed_queues,
    feeds,
    found,
    receives_of,
    redrive_of,
    retention_of,
    visibility_of,
)
from sqs_contract.model import limits

_TIMES = 6
"""A visibility timeout is to be so many function timeouts, and the window (S77)."""


def _advised(feed: Feed) -> int:
    return min(_TIMES * feed.timeout_s + feed.window_s, limits.VISIBILITY_TIMEOUT_MAX_S)


def _default(feed: Feed) -> str:
    return ", AWS's default" if feed.queue.visibility_timeout_s is None else ""


@rule(
    "SQSC101",
    "visibility-below-timeout",
    Level.ERROR,
    owes="The visibility timeout of the queue is not below the timeout of the function.",
    why="AWS refuses to make the mapping. Where it was made before the settings changed, messages "
    "turn up again while the function still works at them, and are done twice.",
    page=pages.CONFIGURING,
    source="S77, S103",
    over=feeds,
)
def visibility_below_timeout(feed: Feed) -> Iterator[Found]:
    """Visibility timeout below the function's timeout."""
    visibility, timeout = visibility_of(feed.queue), feed.timeout_s
    if visibility < timeout:
        yield found(
            feed,
            feed.queue,
            "VisibilityTimeout",
            f"the visibility timeout of {feed.queue.id} is {visibility} s"
            f"{_default(feed)}, below the {timeout} s that {feed.function.id} may run",
            Change(feed.queue, {"VisibilityTimeout": _advised(feed)}),
        )


@rule(
    "SQSC102",
    "visibility-below-six-timeouts",
    Level.ADVICE,
    owes="The visibility timeout of the queue is at least six times the timeout of the function, "
    "and the batching window on top.",
    why="While the function is throttled, Lambda tries a batch again only as long as its "
    "messages are invisible. After that they come back with their receive count raised, and "
    "reach the dead-letter queue without the function having seen them.",
    page=pages.CONFIGURING,
    source="S77, S99",
    over=feeds,
)
def visibility_below_six_timeouts(feed: Feed) -> Iterator[Found]:
    """Visibility timeout below what AWS advises."""
    visibility, timeout, advised = visibility_of(feed.queue), feed.timeout_s, _advised(feed)
    if timeout <= visibility < advised:
        window = f" and the window of {feed.window_s} s" if feed.window_s else ""
        yield found(
            feed,
            feed.queue,
            "VisibilityTimeout",
            f"the visibility timeout of {feed.queue.id} is {visibility} s{_default(feed)},"
            f" below {advised} s: six times the timeout of {feed.function.id}{window}",
            Change(feed.queue, {"VisibilityTimeout": advised}),
        )


@rule(
    "SQSC103",
    "expires-before-dead-letter",
    Level.WARNING,
    owes="Messages are kept long enough to be received maxReceiveCount times, and twice where "
    "there is no dead-letter queue.",
    why="A message that fails each time comes back one visibility timeout later. If its retention "
    "ends before it was received often enough, it is deleted, and never reaches the dead-letter "
    "queue. If it ends before the message comes back at all, one failure loses it.",
    page=pages.DEAD_LETTERS,
    source="S32, S57, S98",
    over=fed_queues,
)
def expires_before_dead_letter(fed: FedQueue) -> Iterator[Found]:
    """Retention below the time all receives take."""
    queue = fed.queue
    if redrive_of(queue) is None:
        yield from _never_back(fed)
        return
    receives = receives_of(queue)
    if receives is None:
        return
    visibility, retention = visibility_of(queue), retention_of(queue)
    if receives * visibility > retention:
        enough = min(2 * receives * visibility, limits.RETENTION_MAX_S)
        yield found(
            fed,
            queue,
            "MessageRetentionPeriod",
            f"{queue.id} keeps messages for {retention} s, and {receives} receives with a "
            f"visibility timeout of {visibility} s take {receives * visibility} s",
            Change(queue, {"MessageRetentionPeriod": max(enough, limits.RETENTION_DEFAULT_S)}),
        )


def _never_back(fed: FedQueue) -> Iterator[Found]:
    """Retention below one visibility timeout: who fails once is not tried again."""
    queue = fed.queue
    visibility, retention = visibility_of(queue), retention_of(queue)
    if visibility >= retention:
        yield found(
            fed,
            queue,
            "MessageRetentionPeriod",
            f"{queue.id} keeps messages for {retention} s, and one that fails comes back "
            f"after {visibility} s: it is gone by then",
            Change(queue, {"MessageRetentionPeriod": limits.RETENTION_DEFAULT_S}),
        )


@rule(
    "SQSC104",
    "timeout-below-batch",
    Level.ADVICE,
    owes="The timeout of the function is enough for a full batch.",
    why="A batch that runs out of time fails as a whole: its messages come back, together with "
    "those that were done already.",
    page=pages.ERRORS,
    source="S101, S118",
    over=feeds,
    observed=True,
)
def timeout_below_batch(feed: Feed) -> Iterator[Found]:
    """A full batch takes the handler longer than it may run."""
    observed = feed.view.observed
    if observed is None or observed.timed_out_batch is None:
        return
    timeout = feed.timeout_s
    longer = min(timeout * feed.batch_size, limits.FUNCTION_TIMEOUT_MAX_S)
    yield found(
        feed,
        feed.function,
        "Timeout",
        f"the timeout of {feed.function.id} is {timeout} s, and a batch of "
        f"{observed.timed_out_batch} messages ran out of it, each of which is done in time alone",
        Change(feed.function, {"Timeout": longer}),
        Change(feed.queue, {"VisibilityTimeout": _TIMES * longer + feed.window_s}),
    )


RULES = (
    visibility_below_timeout,
    visibility_below_six_timeouts,
    expires_before_dead_letter,
    timeout_below_batch,
)
