"""What became of one recorded case: as on AWS, different, or not to be run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "differs", "not run"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one recorded case.

    Attributes:
        id: the case's own id.
        verdict: `ok`, `differs`, or `not run` where something in the case
            cannot be executed.
        details: one sentence per difference, or the reasons it was not run.
    """

    id: str
    verdict: Verdict
    details: tuple[str, ...] = ()
