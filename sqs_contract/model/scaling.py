"""How many invocations of a mapping may run at once, and how that grows (S72, S75)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MINUTE_MS: Final = 60_000
_CONCURRENCY_OF_A_POLLER: Final = 10

PROVISIONED_MIN_DEFAULT: Final = 2
PROVISIONED_MAX_DEFAULT: Final = 200
"""MinimumPollers and MaximumPollers where they are left out (S75)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSettings:
    """The numbers of scaling; the defaults are those of a mapping on demand (S72).

    Attributes:
        start: invocations that may run at once as soon as messages come.
        per_minute: by how much that grows while there is work.
        most: where it stops to grow.
    """

    start: int = 5
    per_minute: int = 300
    most: int = 1_250

    def reaches_ms(self, count: int) -> int | None:
        """After how many milliseconds of work so many may run at once; `None` if never."""
        if count <= self.start:
            return 0
        if count > self.most:
            return None
        return -(-(count - self.start) * _MINUTE_MS // self.per_minute)


ON_DEMAND: Final = ScalingSettings()


def provisioned(
    minimum: int = PROVISIONED_MIN_DEFAULT, maximum: int = PROVISIONED_MAX_DEFAULT
) -> ScalingSettings:
    """The numbers of provisioned pollers: ten invocations each, 1,000 more in a minute (S75)."""
    return ScalingSettings(
        start=minimum * _CONCURRENCY_OF_A_POLLER,
        per_minute=1_000,
        most=maximum * _CONCURRENCY_OF_A_POLLER,
    )
