"""What the running test session asks of every contract in it. Set by the pytest plugin."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Session:
    """Defaults of a test session; outside of one, nothing is set.

    Attributes:
        seed: `--hypothesis-seed`, if it was given.
        uses_profiles: whether Hypothesis' current profile decides what a contract leaves open.
        backend: where contracts are played too: `moto`, `localstack` or a URL; `None` for the
            simulator alone.
        told: lines that the session is to show, whatever comes of the tests.
    """

    seed: int | None = None
    uses_profiles: bool = False
    backend: str | None = None
    told: list[str] = field(default_factory=list)


SESSION = Session()
