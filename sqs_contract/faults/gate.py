"""The gate: every call the handler makes to the outside passes here.

Owns which fault strikes which call, the count of calls by label, and the
record of calls in the history. Knows no library: the site modules wrap theirs
and come here; and no target: how a sandbox dies is handed in as `kill`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, NoReturn

from sqs_contract.history import Called
from sqs_contract.scenario import CALL_FAULTS, OVERLAP_FAULTS, Fault, FaultKind
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.life import pause

CALL_LATENCY_US: Final = 1_000
"""Assumption: a call to the outside takes a millisecond of virtual time."""


@dataclass(slots=True)
class Passage:
    """A call on its way: its label, which such call it is, the fault that strikes it."""

    site: str
    nth: int
    fault: FaultKind | None
    attempts: int = 0


class Gate:
    """Counts calls and lets faults strike them. One per run at a time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._faults: dict[tuple[str, int], FaultKind] = {}
        self._holds: set[tuple[str | None, int]] = set()
        self._counts: dict[str, int] = {}
        self._down: dict[str, int | None] = {}
        self._record: Callable[[Called], None] = _ignore
        self._invocation: int | None = None
        self._kill: Callable[[], None] = _nothing_to_kill
        self._hold: Callable[[str, int], bool] = _nothing_to_hold

    def begin_run(self, faults: Collection[Fault], record: Callable[[Called], None]) -> None:
        """Arm the call faults of a scenario; calls are told to `record`."""
        self._faults = {
            (fault.site, fault.nth): fault.kind
            for fault in faults
            if fault.kind in CALL_FAULTS and fault.site is not None
        }
        self._holds = {(fault.site, fault.nth) for fault in faults if fault.kind in OVERLAP_FAULTS}
        self._counts = {}
        self._down = {}
        self._record = record

    def begin_invocation(
        self, number: int, kill: Callable[[], None], hold: Callable[[str, int], bool]
    ) -> None:
        """From now on calls belong to this invocation; `kill` ends it as a timeout does, and
        `hold` lets others go on before it does, where that is possible."""
        self._invocation = number
        self._kill = kill
        self._hold = hold

    def end_invocation(self) -> None:
        """No invocation is on: calls pass unseen."""
        self._invocation = None
        self._kill = _nothing_to_kill
        self._hold = _nothing_to_hold

    @property
    def watching(self) -> bool:
        """Whether an invocation is on."""
        return self._invocation is not None

    def enter(self, site: str) -> Passage:
        """A call is about to be made. Does not return where the sandbox is dead or dies here."""
        pause()
        self._clock.advance_us(CALL_LATENCY_US)
        nth = self._counts.get(site, 0) + 1
        self._counts[site] = nth
        if (site, nth) in self._holds:
            self._hold(site, nth)
            pause()
        fault = self._faults.get((site, nth))
        if fault is FaultKind.CALL_FAILS:
            self._down[site] = self._invocation
        elif fault is None and self._down and self._down.get(site) == self._invocation:
            fault = FaultKind.CALL_FAILS  # the handler's own retries fail too
        passage = Passage(site, nth, fault)
        if fault is FaultKind.TIMEOUT_BEFORE:
            self.timeout(passage)
        return passage

    def leave(self, passage: Passage, error: str | None = None) -> None:
        """The call came back to the handler, with `error` if it failed. Nothing comes back
        to the dead."""
        pause()
        if self._invocation is not None:
            self._record(
                Called(
                    self._clock.now_ms,
                    self._invocation,
                    passage.site,
                    passage.nth,
                    passage.fault,
                    error,
                )
            )

    def timeout(self, passage: Passage) -> None:
        """The deadline passes in this call: the invocation ends here."""
        self.leave(passage, "the invocation timed out here")
        self._clock.run_out()
        self._kill()


def _ignore(_: Called) -> None:
    """Nobody listens."""


def _nothing_to_hold(_site: str, _nth: int) -> bool:
    return False


def _nothing_to_kill() -> NoReturn:
    raise AssertionError("no invocation is on")  # `pause` let nobody come this far
