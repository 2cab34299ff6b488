"""The gate: every call the handler makes to the outside passes here.

Owns which fault strikes which call, the count of calls by label, and the
record of calls in the history. Knows no library: the site modules wrap theirs
and come here; and no target: how a sandbox dies is handed in as `kill`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from sqs_contract.faults.kinds import possible_kinds
from sqs_contract.history import Called
from sqs_contract.scenario import CALL_FAULTS, OVERLAP_FAULTS, TIME_FAULTS, Fault, FaultKind
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.life import pause

CALL_LATENCY_US: Final = 1_000
"""Assumption: a call to the outside takes a millisecond of virtual time."""

SHORT_US: Final = 50_000
SLOW_LATENCY_US: Final = 30_000
"""Assumption: where time is short, 50 ms are left and a call takes 30 ms: enough for one that
ends the work, and not for another record."""

PARTLY_FAILS_TRIES: Final = 10
"""How often in one invocation calls at a place fail in part, one after the other: more often
than handlers try again that count their tries, and seldom enough for those that do not."""

_LASTING: Final[Mapping[FaultKind, float]] = {
    FaultKind.CALL_FAILS: math.inf,
    FaultKind.CALL_THROTTLED: math.inf,
    FaultKind.PARTLY_FAILS: PARTLY_FAILS_TRIES,
}
"""Faults that strike the handler's own retries too, and how many calls of an invocation."""

_SLOW_SHARE: Final = (3, 4)
_SLOW_MAX_US: Final = 30_000_000
"""Assumption: a slow call takes three quarters of the time that is left, and never so long
that an SDK with its usual settings gives it up: botocore waits for 60 s."""


@dataclass(slots=True)
class Passage:
    """A call on its way: its label, which such call it is, the fault that strikes it.

    Attributes:
        attempts: how often it has been sent; libraries that retry by themselves count.
        took_us: how long a slow call took.
    """

    site: str
    nth: int
    fault: FaultKind | None
    attempts: int = 0
    took_us: int = 0


class Gate:
    """Counts calls and lets faults strike them. One per run at a time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._faults: dict[tuple[str, int], FaultKind] = {}
        self._holds: set[tuple[str | None, int]] = set()
        self._short: set[tuple[str | None, int]] = set()
        self._latency_us = CALL_LATENCY_US
        self._counts: dict[str, int] = {}
        self._lasting: dict[str, tuple[int | None, FaultKind, float]] = {}
        self._record: Callable[[Called], None] = _ignore
        self._invocation: int | None = None
        self._kill: Callable[[], None] = _nothing_to_kill
        self._hold: Callable[[str, int], bool] = _nothing_to_hold
        self._crash: Callable[[], None] = _nothing_to_kill
        self.sites_seen: set[str] = set()
        """The first words of the labels of all calls, in any run."""

    def begin_run(self, faults: Collection[Fault], record: Callable[[Called], None]) -> None:
        """Arm the call faults of a scenario; calls are told to `record`."""
        self._faults = {
            (fault.site, fault.nth): fault.kind
            for fault in faults
            if fault.kind in CALL_FAULTS and fault.site is not None
        }
        self._holds = {(fault.site, fault.nth) for fault in faults if fault.kind in OVERLAP_FAULTS}
        self._short = {(fault.site, fault.nth) for fault in faults if fault.kind in TIME_FAULTS}
        self._counts = {}
        self._lasting = {}
        self._record = record

    def begin_invocation(
        self,
        number: int,
        kill: Callable[[], None],
        crash: Callable[[], None] | None = None,
        hold: Callable[[str, int], bool] | None = None,
    ) -> None:
        """From now on calls belong to this invocation; `kill` ends it as a timeout does,
        `crash` as the end of the process does, and `hold` lets others go on before it does,
        where that is possible."""
        if number != self._invocation:
            self._latency_us = CALL_LATENCY_US
        self._invocation = number
        self._kill = kill
        self._crash = crash or kill
        self._hold = hold or _nothing_to_hold

    def end_invocation(self) -> None:
        """No invocation is on: calls pass unseen."""
        self._invocation = None
        self._kill = _nothing_to_kill
        self._hold = _nothing_to_hold
        self._crash = _nothing_to_kill

    @property
    def watching(self) -> bool:
        """Whether an invocation is on."""
        return self._invocation is not None

    def enter(self, site: str) -> Passage:
        """A call is about to be made. Does not return where the sandbox is dead or dies here."""
        pause()
        self._clock.advance_us(self._latency_us)
        nth = self._counts.get(site, 0) + 1
        self._counts[site] = nth
        if nth == 1:
            self.sites_seen.add(site.partition(" ")[0])
        if (site, nth) in self._holds:
            self._hold(site, nth)
            pause()
        passage = Passage(site, nth, self._fault_at(site, nth))
        if (site, nth) in self._short:
            passage.fault = FaultKind.SHORT_OF_TIME
            passage.took_us = self._run_short()
        if passage.fault is FaultKind.TIMEOUT_BEFORE:
            self.timeout(passage)
        elif passage.fault is FaultKind.KILLED_BEFORE:
            self.crash(passage)
        elif passage.fault is FaultKind.SLOW:
            passage.took_us = self._let_time_pass()
        return passage

    def _fault_at(self, site: str, nth: int) -> FaultKind | None:
        """What strikes this call. The handler's own retries meet a fault that lasts."""
        fault = self._faults.get((site, nth))
        if fault is not None and fault not in possible_kinds(site):
            return None
        if fault is not None and fault in _LASTING:
            self._lasting[site] = self._invocation, fault, _LASTING[fault]
        elif fault is not None or not self._lasting:
            return fault
        invocation, lasting, left = self._lasting.get(site, (None, None, 0))
        if lasting is None or invocation != self._invocation or left <= 0:
            return None
        self._lasting[site] = invocation, lasting, left - 1
        return lasting

    def _run_short(self) -> int:
        """Let the time pass until hardly any is left; every further call takes its share."""
        self._latency_us = SLOW_LATENCY_US
        left_us = (self._clock.deadline_us or 0) - self._clock.now_us
        took_us = max(left_us - SHORT_US, 0)
        self._clock.advance_us(took_us)
        return took_us

    def _let_time_pass(self) -> int:
        deadline_us = self._clock.deadline_us
        share, of = _SLOW_SHARE
        left_us = 0 if deadline_us is None else max(deadline_us - self._clock.now_us, 0)
        took_us = min(left_us * share // of, _SLOW_MAX_US)
        self._clock.advance_us(took_us)
        return took_us

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

    def crash(self, passage: Passage) -> None:
        """The process of the sandbox is killed in this call: the invocation ends here."""
        self.leave(passage, "the sandbox was killed here")
        self._crash()

    def after(self, passage: Passage) -> None:
        """The call took effect. Does not return where the sandbox dies here."""
        if passage.fault is FaultKind.TIMEOUT_AFTER:
            self.timeout(passage)
        elif passage.fault is FaultKind.KILLED_AFTER:
            self.crash(passage)


def _ignore(_: Called) -> None:
    """Nobody listens."""


def _nothing_to_hold(_site: str, _nth: int) -> bool:
    return False


def _nothing_to_kill() -> NoReturn:
    raise AssertionError("no invocation is on")  # `pause` let nobody come this far
