"""What a handler was seen doing, as far as settings hang on it: plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a handler was seen doing in the runs of a verification.

    Attributes:
        reports: it returned `batchItemFailures` that name a record.
        returns_reports: it returned the key `batchItemFailures`, even an empty one.
        raises: it raised, in an invocation where nothing was made to fail or a body was refused.
        timed_out_batch: how many messages ran out of time together, each of which it does alone,
            without any fault; in virtual time, in which waiting counts and computing does not.
            `None` where they did not.
        filtered_work: bodies that the filters delete and that, given to it alone, it would have
            done: how many, of how many tried.
    """

    reports: bool = False
    returns_reports: bool = False
    raises: bool = False
    timed_out_batch: int | None = None
    filtered_work: tuple[int, int] = (0, 0)
