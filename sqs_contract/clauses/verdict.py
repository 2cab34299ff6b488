"""Verdicts, and what a clause says when it is broken."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field


class Verdict(enum.Enum):
    """The three verdicts. What cannot be told is `NOT_CHECKED`, never `VIOLATED`."""

    HELD = "held"
    VIOLATED = "violated"
    NOT_CHECKED = "not-checked"


class Severity(enum.Enum):
    """Whether a clause is a must or advice."""

    ERROR = "error"
    ADVICE = "advice"


class PoisonPolicy(enum.Enum):
    """What the handler is to do with a malformed body, where the user declared it."""

    EITHER = "either"
    REPORT = "report"
    DROP = "drop"
    NONE = "none"
    """No body that the user gave is malformed: the handler is to do them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One clause broken in one run.

    Attributes:
        clause: the clause's id.
        mode: the way in which it is broken; with the clause it is the
            violation's identity while a scenario shrinks.
        claim: what went wrong, in a sentence or two.
        messages: names of the messages it is about.
        invocation: the invocation it shows in, if it shows in one.
        why: what AWS makes of it.
        remedies: ways out.
    """

    clause: str
    mode: str
    claim: str
    messages: tuple[str, ...] = ()
    invocation: int | None = None
    why: str = ""
    remedies: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """Two violations with the same identity may be the same bug."""
        return self.clause, self.mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a clause says of one run: whether it was put to the test, and how it was broken."""

    tested: bool
    violations: tuple[Violation, ...] = field(default=())


NOT_TESTED = Judgement(tested=False)
KEPT = Judgement(tested=True)


def listed(names: Sequence[str]) -> str:
    """`m1`, `m1 and m2`, `m1, m2 and m3`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
