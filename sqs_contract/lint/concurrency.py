"""Rules about how many invocations may run at once."""

from __future__ import annotations

from collections.abc import Iterator

from sqs_contract.lint import pages
from sqs_contract.lint.problem import Change, Found, Level, Removed, rule
from sqs_contract.lint.view import Feed, feeds, found
from sqs_contract.model.mapping_request import MAXIMUM_CONCURRENCY_MIN


@rule(
    "SQSC501",
    "reserved-below-maximum",
    Level.WARNING,
    owes="The reserved concurrency of a function is at least the maximum concurrency of all the "
    "mappings that feed it.",
    why="Pollers receive for as many invocations as the mappings say. What the function has no "
    "room for is throttled, comes back with its receive count raised, and reaches the dead-letter "
    "queue without a run.",
    page=pages.SCALING,
    source="S74, S76, S99",
    over=feeds,
)
def reserved_below_maximum(feed: Feed) -> Iterator[Found]:
    """Reserved concurrency below what the mappings may start."""
    own, reserved = feed.maximum_concurrency, feed.reserved
    if own is None or not reserved:
        return
    beside = [other for other in feed.view.all_feeds if other.own_function is feed.own_function]
    total = sum(other.maximum_concurrency or 0 for other in beside)
    if total > reserved:
        several = f" of its {len(beside)} mappings together" if len(beside) > 1 else ""
        yield found(
            feed,
            feed.function,
            "ReservedConcurrentExecutions",
            f"{feed.function.id} has reserved concurrency {reserved}, below the maximum "
            f"concurrency {total}{several}",
            Change(feed.function, {"ReservedConcurrentExecutions": total}),
        )


@rule(
    "SQSC502",
    "maximum-concurrency-unset",
    Level.WARNING,
    owes="The mappings of a function with reserved concurrency have a maximum concurrency.",
    why="Pollers do not know of reserved concurrency: they receive more than the function may run. "
    "What is throttled comes back with its receive count raised, and reaches the dead-letter "
    "queue without a run. With a maximum concurrency, they stop receiving instead.",
    page=pages.SCALING,
    source="S74, S76, S99",
    over=feeds,
)
def maximum_concurrency_unset(feed: Feed) -> Iterator[Found]:
    """Reserved concurrency without a maximum concurrency."""
    if feed.own_function is None or "ProvisionedPollerConfig" in feed.mapping.properties:
        return  # provisioned pollers have a maximum of their own, and take no other
    reserved = feed.reserved
    if reserved and feed.maximum_concurrency is None:
        maximum = max(reserved, MAXIMUM_CONCURRENCY_MIN)
        fix = [Change(feed.mapping, {"ScalingConfig": {"MaximumConcurrency": maximum}})]
        if maximum > reserved:
            fix.append(Change(feed.function, {"ReservedConcurrentExecutions": maximum}))
        yield found(
            feed,
            feed.mapping,
            "ScalingConfig",
            f"{feed.function.id} has reserved concurrency {reserved}, and "
            f"{feed.mapping.id} no maximum concurrency",
            *fix,
        )


@rule(
    "SQSC503",
    "never-runs",
    Level.ERROR,
    owes="A function that a queue feeds may run: its reserved concurrency is not 0.",
    why="Every invocation is throttled. Messages are received all the same, and end in the "
    "dead-letter queue or with their retention. To pause a consumer, disable the mapping.",
    page=pages.SCALING,
    source="S99, S100",
    over=feeds,
)
def never_runs(feed: Feed) -> Iterator[Found]:
    """Reserved concurrency 0."""
    if feed.own_function is not None and feed.reserved == 0:
        yield found(
            feed,
            feed.function,
            "ReservedConcurrentExecutions",
            f"{feed.function.id} has reserved concurrency 0, and {feed.mapping.id} feeds "
            "it: it never runs",
            Change(feed.function, {"ReservedConcurrentExecutions": Removed()}),
        )


RULES = (reserved_below_maximum, maximum_concurrency_unset, never_runs)
