"""A history put together invocation by invocation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqs_contract.history import (
    Called,
    Delivery,
    Ended,
    Event,
    Invoked,
    Overlapped,
    Sent,
    Settled,
    Struck,
)
from sqs_contract.model.invocation import ErrorKind, FunctionError, Outcome
from sqs_contract.model.response import Reading
from sqs_contract.scenario import CALL_FAULTS, Fault, FaultKind


@dataclass(slots=True, kw_only=True)
class Invocation:
    """One invocation of a run.

    Attributes:
        look: the index of the look at the world after it.
        overlapped: whether others ran meanwhile, so that what changed in the world between
            the looks before and after it need not be its own doing.
        sent: bodies of what it sent to its own queue.
    """

    number: int
    records: tuple[Delivery, ...]
    outcome: Outcome
    reading: Reading
    deleted: tuple[str, ...]
    kept: tuple[str, ...]
    look: int
    overlapped: bool = False
    calls: list[Called] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
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


@dataclass(slots=True)
class _UnderWay:
    invoked: Invoked
    overlapped: bool
    outcome: Outcome | None = None
    look: int = 0
    crashed: bool = False
    calls: list[Called] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)


_CRASHES: Final = (FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER)


def invocations_of(  # noqa: C901  an arm for each event that says something of an invocation
    events: Iterable[Event], messages: Container[str]
) -> list[Invocation]:
    """The invocations of a history, in the order in which they came to an end.

    Of these messages only: what the handler sends to its own queue has no truth of its
    own, it is part of what a message of the scenario comes to.
    """
    invocations: list[Invocation] = []
    under_way: dict[int, _UnderWay] = {}
    looks = 0
    for event in events:
        if isinstance(event, Called):
            # A thread that the handler left running may come back when all is settled.
            if event.invocation in under_way:
                under_way[event.invocation].calls.append(event)
        elif isinstance(event, Invoked):
            under_way[event.invocation] = _UnderWay(event, bool(under_way))
        elif isinstance(event, Ended):
            looks += 1
            ended = under_way[event.invocation]
            ended.outcome, ended.look = event.outcome, looks
        elif isinstance(event, Settled):
            invocations.append(_settled(under_way.pop(event.invocation), event, messages))
        elif isinstance(event, Sent):
            if event.body is not None and under_way:
                under_way[max(under_way)].sent.append(event.body)
        elif isinstance(event, Overlapped):
            under_way[event.invocation].overlapped = True
        elif isinstance(event, Struck) and event.invocation is not None and event.fault in _CRASHES:
            under_way[event.invocation].crashed = True
    return invocations


def faults_of_attempts(invocations: Iterable[Invocation]) -> Iterator[tuple[Fault, ...]]:
    """The faults that struck calls of each invocation, as they would strike if it came first."""
    made: Counter[str] = Counter()
    for invocation in invocations:
        struck = tuple(
            Fault(kind=call.fault, site=call.site, nth=call.nth - made[call.site])
            for call in invocation.calls
            if call.fault in CALL_FAULTS and call.nth > made[call.site]
        )
        if struck:
            yield struck
        made.update(call.site for call in invocation.calls)


def _settled(over: _UnderWay, event: Settled, messages: Container[str]) -> Invocation:
    assert over.outcome is not None
    return Invocation(
        number=event.invocation,
        records=tuple([item for item in over.invoked.records if item.message in messages]),
        outcome=over.outcome,
        reading=event.reading,
        deleted=tuple([name for name in event.deleted if name in messages]),
        kept=tuple([name for name in event.kept if name in messages]),
        look=over.look,
        overlapped=over.overlapped,
        calls=over.calls,
        sent=over.sent,
        crashed=over.crashed,
    )
