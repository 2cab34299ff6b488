"""When the faults on deliveries strike: told by message and turn, or by invocation."""

from __future__ import annotations

from sqs_contract.scenario import OVERLAP_FAULTS, Fault, FaultKind


class Moments:
    """The message and invocation faults of a scenario, looked up when their moment comes.

    Attributes:
        on_messages: whether there is a fault on any message.
        overtakes: whether some message is to be overtaken.
        doubles: whether some message is to stand twice in a batch.
        on_invocations: whether there is a fault on any invocation.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._by_message: set[tuple[FaultKind, str, int]] = set()
        self._by_invocation: set[tuple[FaultKind, int]] = set()
        for fault in faults:
            if fault.message is not None:
                self._by_message.add((fault.kind, fault.message, fault.nth))
            elif fault.invocation is not None:
                self._by_invocation.add((fault.kind, fault.invocation))
        kinds = {fault.kind for fault in faults}
        self.on_messages = bool(self._by_message)
        self.overtakes = FaultKind.OVERTAKEN in kinds
        self.doubles = FaultKind.DUPLICATE_IN_BATCH in kinds
        self.on_invocations = bool(self._by_invocation)
        self._overlaps = {
            (fault.site, fault.nth): fault.kind for fault in faults if fault.kind in OVERLAP_FAULTS
        }

    def strikes_message(self, kind: FaultKind, message: str, nth: int) -> bool:
        """Whether a fault of this kind strikes the message at its nth turn."""
        return (kind, message, nth) in self._by_message

    def overlap_at(self, site: str, nth: int) -> FaultKind:
        """What goes on meanwhile when an invocation is held in this call."""
        return self._overlaps[site, nth]

    def strikes_invocation(self, kind: FaultKind, number: int) -> bool:
        """Whether a fault of this kind strikes the invocation of that number."""
        return (kind, number) in self._by_invocation
