"""What the running test session asks of every contract in it. Set by the pytest plugin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Session:
    """Defaults of a test session; outside of one, nothing is set.

    Attributes:
        seed: `--hypothesis-seed`, if it was given.
        uses_profiles: whether Hypothesis' current profile decides what a contract leaves open.
    """

    seed: int | None = None
    uses_profiles: bool = False


SESSION = Session()
