"""A session with a polling consumer, as it is judged: what happened, and what was seen of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqs_contract.clauses.verdict import Verdict, Violation
from sqs_contract.history import Event
from sqs_contract.proxy.windows import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is judged.

    Attributes:
        looks: at the effects, in order; `None` where no effects were given.
        groups: by message, its group; `None` where it has none.
        fifo: whether a FIFO queue was polled.
        trouble: why the effects could not be told any more.
    """

    events: Sequence[Event]
    looks: Sequence[Look] | None
    groups: Mapping[str, str | None]
    fifo: bool
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdict on one clause, and why."""

    clause: str
    verdict: Verdict
    reason: str = ""
    violation: Violation | None = None


def held(clause: str) -> Result:
    """It was put to the test and kept."""
    return Result(clause=clause, verdict=Verdict.HELD)


def not_checked(clause: str, reason: str) -> Result:
    """It cannot be told, for this reason."""
    return Result(clause=clause, verdict=Verdict.NOT_CHECKED, reason=reason)


def violated(violation: Violation) -> Result:
    """It was broken."""
    return Result(clause=violation.clause, verdict=Verdict.VIOLATED, violation=violation)
