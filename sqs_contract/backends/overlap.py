"""Two invocations at once: one is held in a call while the other has the word.

They change the word at calls only, where the scenario says so: the first is held,
the second runs, and when that is held too, or over, the first goes on. So every
interleaving of the two can be played, and again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqs_contract.history import Overlapped, Resumed
from sqs_contract.model.entry import Received
from sqs_contract.model.invocation import Outcome
from sqs_contract.scenario import FaultKind
from sqs_contract.targets.sandbox import Held

if TYPE_CHECKING:
    from sqs_contract.backends.moments import Moments
    from sqs_contract.backends.simulator import Simulator
    from sqs_contract.backends.target import Target


class UnderWay(NamedTuple):
    """An invocation that is not over."""

    batch: list[Received]
    number: int


class Overlap:
    """An invocation that is held, and those that run meanwhile."""

    def __init__(self, simulator: Simulator, target: Target, faults: Moments) -> None:
        self._simulator = simulator
        self._target = target
        self._faults = faults

    def play(self, batch: list[Received], number: int, held: Held) -> None:
        """From the first time an invocation is held, until all that run are over."""
        first = here = UnderWay(batch, number)
        other: UnderWay | None = None
        outcome: Outcome | Held = held
        while True:
            if not isinstance(outcome, Held):
                self._simulator.finish(here.batch, here.number, outcome)
                if here is not first:
                    self._target.end_overlap()
                if other is None:
                    return
                if here is first:
                    self._target.switch()
                here, other = other, None
                outcome = self._resume(here)
            elif other is not None:
                self._note(here, outcome)
                self._target.switch()
                here, other = other, here
                outcome = self._resume(here)
            else:
                another = self._begin_another(here, outcome)
                if another is None:
                    outcome = self._target.resume()
                else:
                    here, other = another, here
                    outcome = self._simulator.start(here.batch, here.number)

    def _begin_another(self, here: UnderWay, held: Held) -> UnderWay | None:
        """Another batch for an environment of its own, if there is one."""
        simulator, target = self._simulator, self._target
        if not simulator.may_invoke_another() or not target.overlap():
            return None
        batch = self._another_batch(here.batch, self._faults.overlap_at(held.site, held.nth))
        if not batch:
            target.end_overlap()
            return None
        self._note(here, held)
        return UnderWay(batch, simulator.begin(batch))

    def _another_batch(self, batch: list[Received], kind: FaultKind) -> list[Received]:
        simulator = self._simulator
        if kind is FaultKind.OVERLAPPED:
            return simulator.receive_again(batch)
        return simulator.poll_next() if simulator.send_next() else []

    def _note(self, here: UnderWay, held: Held) -> None:
        kind = self._faults.overlap_at(held.site, held.nth)
        simulator = self._simulator
        simulator.record(Overlapped(simulator.now_ms, here.number, held.site, held.nth, kind))

    def _resume(self, here: UnderWay) -> Outcome | Held:
        self._simulator.record(Resumed(self._simulator.now_ms, here.number))
        return self._target.resume()
