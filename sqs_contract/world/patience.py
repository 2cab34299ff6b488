"""How long a process has had its way, on a machine that others use too.

Time for which it was ready to run, and others had the processor, counts a third at the most: a
busy machine is to end nothing that an idle one would not.
"""

from __future__ import annotations

import os
from typing import Final

from sqs_contract.world.clock import real_monotonic

_NS: Final = 1_000_000_000
_SHARE: Final = 1 / 3
"""Real time counts at least so much, however busy the machine is: nobody waits for ever."""

_real_open: Final = open
_real_listdir: Final = os.listdir


class Patience:
    """Counts the time of a process, of all its threads together.

    Linux tells how long each thread has waited for a processor (`schedstat`); where
    nothing does, real time counts.

    Args:
        pid: the process; left out, this one.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._tasks = f"/proc/{pid or 'self'}/task"
        self.begin()

    def begin(self) -> None:
        """Count from here."""
        self._counted_s = 0.0
        self._seen_s = real_monotonic()
        self._waits_ns: dict[str, int] | None = None

    def counted_s(self) -> float:
        """Seconds since the beginning for which nobody else was in the way.

        To be asked often: what is not known of the first stretch counts in full.
        """
        now_s, waits_ns = real_monotonic(), self._waits()
        passed_s = now_s - self._seen_s
        if self._waits_ns is not None:
            before = self._waits_ns
            waited_ns = max(
                (wait - before[task] for task, wait in waits_ns.items() if task in before),
                default=0,
            )
            passed_s = max(passed_s - waited_ns / _NS, passed_s * _SHARE)
        self._counted_s += passed_s
        self._seen_s, self._waits_ns = now_s, waits_ns
        return self._counted_s

    def _waits(self) -> dict[str, int]:
        """For how many nanoseconds each thread has been ready to run, and did not."""
        waits: dict[str, int] = {}
        try:
            for task in _real_listdir(self._tasks):
                with _real_open(f"{self._tasks}/{task}/schedstat", "rb") as file:
                    waits[task] = int(file.read().split()[1])
        except (OSError, IndexError, ValueError):
            return waits  # a thread has ended meanwhile, or the system does not say
        return waits
