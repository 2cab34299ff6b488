"""Rules about what Lambda makes of the function's return value."""

from __future__ import annotations

from collections.abc import Iterator

from sqs_contract.lint import pages
from sqs_contract.lint.problem import Change, Found, Level, Removed, rule
from sqs_contract.lint.view import Feed, feeds, found

_ON = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


@rule(
    "SQSC401",
    "report-not-read",
    Level.ERROR,
    owes="Where the handler reports failures, the mapping has ReportBatchItemFailures.",
    why="Without it Lambda ignores what the function returns, and deletes the whole batch: every "
    "message that was reported as failed is lost.",
    page=pages.ERRORS,
    source="S85",
    over=feeds,
    observed=True,
)
def report_not_read(feed: Feed) -> Iterator[Found]:
    """The handler was seen reporting, and the mapping reads no reports."""
    observed = feed.view.observed
    if observed is not None and observed.reports and not feed.reads_reports:
        yield found(
            feed,
            feed.mapping,
            "FunctionResponseTypes",
            f"the handler reports failed records, and {feed.mapping.id} does not have "
            "ReportBatchItemFailures: they are deleted all the same",
            Change(feed.mapping, _ON),
        )


@rule(
    "SQSC402",
    "report-never-made",
    Level.ADVICE,
    owes="Where the mapping has ReportBatchItemFailures, the handler reports.",
    why="A handler that only raises fails the whole batch, as without the setting. A handler that "
    "catches its errors and returns nothing has everything deleted.",
    page=pages.ERRORS,
    source="S86, S88",
    over=feeds,
    observed=True,
)
def report_never_made(feed: Feed) -> Iterator[Found]:
    """The handler was seen raising, never reporting, and the mapping reads reports."""
    observed = feed.view.observed
    if (
        observed is not None
        and observed.raises
        and not observed.returns_reports
        and feed.reads_reports
    ):
        yield found(
            feed,
            feed.mapping,
            "FunctionResponseTypes",
            f"{feed.mapping.id} has ReportBatchItemFailures, and the handler only raises: "
            "let it report what failed, or take the setting away",
            Change(feed.mapping, {"FunctionResponseTypes": Removed()}),
        )


@rule(
    "SQSC403",
    "all-or-nothing-batch",
    Level.ADVICE,
    owes="A mapping with batches of several messages has ReportBatchItemFailures.",
    why="Without it one message that fails brings the whole batch back, and those that were done "
    "are done again; healthy messages reach the dead-letter queue with a bad one. The handler "
    "has to report for it to help.",
    page=pages.ERRORS,
    source="S82, S88",
    over=feeds,
)
def all_or_nothing_batch(feed: Feed) -> Iterator[Found]:
    """Batches of several messages without partial responses."""
    if feed.reads_reports or feed.batch_size == 1:
        return
    observed = feed.view.observed
    if observed is not None and observed.reports:
        return  # that is an error of its own
    yield found(
        feed,
        feed.mapping,
        "FunctionResponseTypes",
        f"{feed.mapping.id} has batches of {feed.batch_size} and no "
        "ReportBatchItemFailures: one failure brings the whole batch back",
        Change(feed.mapping, _ON),
    )


RULES = (report_not_read, report_never_made, all_or_nothing_batch)
