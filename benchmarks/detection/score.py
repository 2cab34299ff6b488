"""What one method said about one handler."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one method said about one handler.

    Attributes:
        said: what was wrong with the handler, in a few words each: for us, the clauses that
            are violated; empty if nothing was.
        right: whether that is the truth: for a broken handler that a right clause is
            violated, for a correct one that nothing is said.
        seconds: from start-up to the first right counterexample, or to the end.
        messages: messages in the smallest right counterexample.
        faults: faults in it.
    """

    said: tuple[str, ...]
    right: bool
    seconds: float
    messages: int | None = None
    faults: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One handler: its truth, and what each method said."""

    bug_class: str
    kind: str
    breaks: tuple[str, ...]
    verdicts: dict[str, Verdict]

    @property
    def is_twin(self) -> bool:
        """Whether the handler is correct."""
        return not self.breaks
