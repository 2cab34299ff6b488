"""Rules about batches: their size, their window, and numbers AWS does not take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqs_contract.deployment.resources import Item
from sqs_contract.deployment.values import Unresolved
from sqs_contract.lint import pages
from sqs_contract.lint.problem import Change, Found, Level, Removed, rule
from sqs_contract.lint.view import Feed, feeds, found, told
from sqs_contract.model import limits
from sqs_contract.model.mapping_request import MAXIMUM_CONCURRENCY_MAX, MAXIMUM_CONCURRENCY_MIN

_KB: Final = 1024


@rule(
    "SQSC301",
    "fifo-batch",
    Level.ERROR,
    owes="The batch size of a FIFO queue is at most 10.",
    why="AWS refuses the mapping.",
    page=pages.CONFIGURING,
    source="S68",
    over=feeds,
)
def fifo_batch(feed: Feed) -> Iterator[Found]:
    """Batch size over 10 on FIFO."""
    size = feed.batch_size
    if limits.BATCH_SIZE_MAX_WITHOUT_WINDOW < size <= limits.BATCH_SIZE_MAX and feed.fifo:
        yield found(
            feed,
            feed.mapping,
            "BatchSize",
            f"the batch size of {feed.mapping.id} is {size}, and its queue is FIFO",
            Change(feed.mapping, {"BatchSize": limits.BATCH_SIZE_MAX_WITHOUT_WINDOW}),
        )


@rule(
    "SQSC302",
    "fifo-window",
    Level.ERROR,
    owes="A mapping of a FIFO queue has no batching window.",
    why="AWS refuses the mapping: windows are for standard queues.",
    page=pages.CONFIGURING,
    source="S68",
    over=feeds,
)
def fifo_window(feed: Feed) -> Iterator[Found]:
    """A window on FIFO."""
    window = feed.window_s
    if window > 0 and feed.fifo:
        yield found(
            feed,
            feed.mapping,
            "MaximumBatchingWindowInSeconds",
            f"{feed.mapping.id} has a batching window of {window} s, and its queue is FIFO",
            Change(feed.mapping, {"MaximumBatchingWindowInSeconds": Removed()}),
        )


@rule(
    "SQSC303",
    "large-batch-without-window",
    Level.ERROR,
    owes="A batch size over 10 comes with a batching window of at least 1 second.",
    why="AWS refuses the mapping: one receive brings 10 messages, and more have to be waited for.",
    page=pages.CONFIGURING,
    source="S68",
    over=feeds,
)
def large_batch_without_window(feed: Feed) -> Iterator[Found]:
    """Batch size over 10 without a window."""
    size = feed.batch_size
    if size > limits.BATCH_SIZE_MAX_WITHOUT_WINDOW and feed.window_s < 1 and not feed.fifo:
        yield found(
            feed,
            feed.mapping,
            "BatchSize",
            f"the batch size of {feed.mapping.id} is {size}, and it has no batching window",
            Change(feed.mapping, {"MaximumBatchingWindowInSeconds": 5}),
        )


@rule(
    "SQSC304",
    "batch-passes-6-mb",
    Level.ADVICE,
    owes="A full batch of the largest messages stays under 6 MB.",
    why="Lambda sends a batch as soon as its records, with what surrounds each body, reach 6 MB. "
    "With large messages batches are smaller than the batch size says, and there are more of them.",
    page=pages.BATCHING,
    source="S23, S69",
    over=feeds,
)
def batch_passes_6_mb(feed: Feed) -> Iterator[Found]:
    """Batches that reach the payload limit before the batch size."""
    size = feed.batch_size
    given = feed.queue.properties.get("MaximumMessageSize")
    if size <= limits.BATCH_SIZE_MAX_WITHOUT_WINDOW and given is None:
        return  # AWS's defaults: every mapping would be accused
    largest = told(feed.queue, "MaximumMessageSize", given, limits.MESSAGE_MAX_BYTES)
    if isinstance(largest, str) and largest.isdecimal():
        largest = int(largest)
    if not isinstance(largest, int) or size * largest <= limits.PAYLOAD_MAX_BYTES:
        return
    room = limits.PAYLOAD_MAX_BYTES // size
    yield found(
        feed,
        feed.mapping,
        "BatchSize",
        f"a batch of {size} passes 6 MB where records are larger than "
        + (f"{room // _KB} KB" if room >= _KB else f"{room} bytes")
        + f", and messages of {feed.queue.id} may have {largest // _KB} KB",
        Change(feed.mapping, {"BatchSize": max(limits.PAYLOAD_MAX_BYTES // largest, 1)}),
    )


_QUEUE: Final = (
    ("VisibilityTimeout", "visibility_timeout_s", 0, limits.VISIBILITY_TIMEOUT_MAX_S),
    ("MessageRetentionPeriod", "retention_s", limits.RETENTION_MIN_S, limits.RETENTION_MAX_S),
    ("DelaySeconds", "delay_s", 0, limits.DELAY_MAX_S),
)
_MAPPING: Final = (
    ("BatchSize", "batch_size", 1, limits.BATCH_SIZE_MAX),
    ("MaximumBatchingWindowInSeconds", "window_s", 0, limits.BATCH_WINDOW_MAX_S),
    ("ScalingConfig", "maximum_concurrency", MAXIMUM_CONCURRENCY_MIN, MAXIMUM_CONCURRENCY_MAX),
)
_FUNCTION: Final = (("Timeout", "timeout_s", 1, limits.FUNCTION_TIMEOUT_MAX_S),)


@rule(
    "SQSC305",
    "out-of-range",
    Level.ERROR,
    owes="Every number is one that AWS takes.",
    why="AWS refuses the template.",
    page=pages.CONFIGURING,
    source="S31, S32, S37, S68, S74, S116",
    over=feeds,
)
def out_of_range(feed: Feed) -> Iterator[Found]:
    """Numbers outside AWS's limits."""
    parts: tuple[tuple[Item | None, tuple[tuple[str, str, int, int], ...]], ...] = (
        (feed.own_queue, _QUEUE),
        (feed.mapping, _MAPPING),
        (feed.own_function, _FUNCTION),
    )
    for item, table in parts:
        if item is None:
            continue
        for name, attribute, low, high in table:
            value = getattr(item, attribute)
            if value is None or isinstance(value, Unresolved) or low <= value <= high:
                continue
            shown = "MaximumConcurrency" if name == "ScalingConfig" else name
            nearest = low if value < low else high
            yield found(
                feed,
                item,
                name,
                f"{shown} of {item.id} is {value}, and AWS takes {low} to {high}",
                Change(
                    item,
                    {name: {"MaximumConcurrency": nearest}}
                    if name == "ScalingConfig"
                    else {name: nearest},
                ),
            )


RULES = (fifo_batch, fifo_window, large_batch_without_window, batch_passes_6_mb, out_of_range)
