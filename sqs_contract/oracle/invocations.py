"""A history put together invocation by invocation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqs_contract.history import Called, Delivery, Ended, Event, Invoked, Settled, Struck
from sqs_contract.model.invocation import ErrorKind, FunctionError, Outcome
from sqs_contract.model.response import Reading
from sqs_contract.scenario import INVOCATION_FAULTS, FaultKind


@dataclass(slots=True, kw_only=True)
class Invocation:
    """One invocation of a run."""

    number: int
    records: tuple[Delivery, ...]
    outcome: Outcome
    reading: Reading
    deleted: tuple[str, ...]
    kept: tuple[str, ...]
    calls: list[Called] = field(default_factory=list)
    crashed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Distinct messages of the batch, in its order."""
        return tuple(dict.fromkeys(record.message for record in self.records))

    @property
    def doubled(self) -> frozenset[str]:
        """Messages that stand twice in the batch."""
        seen: set[str] = set()
        return frozenset(
            record.message
            for record in self.records
            if record.message in seen or seen.add(record.message)  # type: ignore[func-returns-value]
        )

    @property
    def returned(self) -> bool:
        """Whether the function returned something Lambda could take."""
        return not isinstance(self.outcome, FunctionError)

    @property
    def struck_calls(self) -> list[Called]:
        """Calls a fault struck."""
        return [call for call in self.calls if call.fault is not None]

    @property
    def timed_out(self) -> bool:
        """Whether the invocation ended at its deadline."""
        return isinstance(self.outcome, FunctionError) and self.outcome.kind is ErrorKind.TIMED_OUT


def invocations_of(events: Iterable[Event]) -> list[Invocation]:
    """The invocations of a history, in order."""
    invocations: list[Invocation] = []
    invoked: Invoked | None = None
    outcome: Outcome | None = None
    calls: list[Called] = []
    crashed = False
    for event in events:
        match event:
            case Invoked():
                invoked, calls, crashed = event, [], False
            case Called():
                calls.append(event)
            case Ended():
                outcome = event.outcome
            case Struck():
                crashed = crashed or (
                    event.fault in INVOCATION_FAULTS and event.fault is not FaultKind.COLD_START
                )
            case Settled():
                assert invoked is not None
                assert outcome is not None
                invocations.append(
                    Invocation(
                        number=event.invocation,
                        records=invoked.records,
                        outcome=outcome,
                        reading=event.reading,
                        deleted=event.deleted,
                        kept=event.kept,
                        calls=calls,
                        crashed=crashed,
                    )
                )
            case _:
                pass
    return invocations
