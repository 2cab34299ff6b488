"""Which faults strike a polling consumer: those of a scenario, or drawn from a seed.

Owns the choice alone. A drawn fault depends on the seed and on what it strikes, not on
what happened before, so that two consumers which poll alike meet the same.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import Final, Protocol

from sqs_contract.errors import UsageError
from sqs_contract.fault_plan import FIFO_ONLY, STANDARD_ONLY, Fault, FaultKind

MESSAGE_KINDS: Final = (
    FaultKind.DUPLICATE_LATER,
    FaultKind.LOST_DELETE,
    FaultKind.EXPIRED_HANDLE,
    FaultKind.OVERTAKEN,
    FaultKind.DUPLICATE_IN_BATCH,
)
"""What may become of a message."""

CALL_KINDS: Final = (
    FaultKind.ANSWER_LOST_ONCE,
    FaultKind.ANSWER_LOST,
    FaultKind.CALL_FAILS,
    FaultKind.CALL_THROTTLED,
    FaultKind.NO_CONNECTION,
    FaultKind.SLOW,
    FaultKind.EMPTY_RECEIVE,
    FaultKind.PARTLY_FAILS,
    FaultKind.PARTLY_FAILS_ONCE,
)
"""What may become of a call."""

LASTING: Final = frozenset(
    {
        FaultKind.ANSWER_LOST,
        FaultKind.CALL_FAILS,
        FaultKind.CALL_THROTTLED,
        FaultKind.NO_CONNECTION,
        FaultKind.PARTLY_FAILS,
    }
)
"""What the SDK's own retries of the same call meet too."""

BATCH_CALLS: Final = frozenset({"DeleteMessageBatch", "ChangeMessageVisibilityBatch"})
"""Calls of which an entry may fail; sends are no business of a consumer's."""

_STRUCK_CALLS: Final = (
    "ReceiveMessage",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
)
_CALLS_STRUCK_MAX: Final = 12
"""Drawn faults on calls end: after so many calls of a label the queue is as good as can be."""

_MESSAGE_SHARES: Final = (
    (0.35, FaultKind.DUPLICATE_LATER),
    (0.60, FaultKind.LOST_DELETE),
    (0.70, FaultKind.OVERTAKEN),
    (0.80, FaultKind.DUPLICATE_IN_BATCH),
)
_FIFO_SHARES: Final = ((0.35, FaultKind.LOST_DELETE), (0.55, FaultKind.EXPIRED_HANDLE))
_CALL_SHARES: Final = (
    (0.06, FaultKind.ANSWER_LOST_ONCE),
    (0.12, FaultKind.CALL_THROTTLED),
    (0.16, FaultKind.SLOW),
)
_RECEIVE_SHARES: Final = (*_CALL_SHARES, (0.26, FaultKind.EMPTY_RECEIVE))
_BATCH_SHARES: Final = (*_CALL_SHARES, (0.26, FaultKind.PARTLY_FAILS_ONCE))


class Plan(Protocol):
    """Says what goes wrong where."""

    def on_message(self, name: str, nth: int, *, fifo: bool) -> Collection[FaultKind]:
        """What strikes the `nth` delivery of a message."""
        ...

    def on_call(self, site: str, nth: int) -> FaultKind | None:
        """What strikes the `nth` call of a label."""
        ...


class NoFaults:
    """Nothing goes wrong: the proxy only watches."""

    def on_message(self, name: str, nth: int, *, fifo: bool) -> Collection[FaultKind]:
        """Nothing."""
        del name, nth, fifo
        return ()

    def on_call(self, site: str, nth: int) -> FaultKind | None:
        """Nothing."""
        del site, nth
        return None


class ListedPlan:
    """The faults of a scenario.

    Raises:
        UsageError: a fault is of a kind the proxy cannot bring about, or strikes a call
            that there is not.
    """

    def __init__(self, faults: Sequence[Fault], operations: Collection[str]) -> None:
        for fault in faults:
            _check(fault, operations)
        self._messages: dict[tuple[str | None, int], list[FaultKind]] = {}
        for fault in faults:
            if fault.message is not None:
                self._messages.setdefault((fault.message, fault.nth), []).append(fault.kind)
        self._calls = {
            (fault.site, fault.nth): fault.kind for fault in faults if fault.site is not None
        }

    def on_message(self, name: str, nth: int, *, fifo: bool) -> Collection[FaultKind]:
        """What the scenario says of this delivery, and this type of queue can do (S42, S50)."""
        never = STANDARD_ONLY if fifo else FIFO_ONLY
        return [kind for kind in self._messages.get((name, nth), ()) if kind not in never]

    def on_call(self, site: str, nth: int) -> FaultKind | None:
        """What the scenario says of this call."""
        return self._calls.get((site, nth))


class DrawnPlan:
    """Faults drawn from a seed: at most one at each message, at its first delivery, and
    some at the first calls of each label. So they come to an end."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_message(self, name: str, nth: int, *, fifo: bool) -> Collection[FaultKind]:
        """Drawn for the message; the first of all comes again in any case."""
        if nth > 1:
            return ()
        shares = _FIFO_SHARES if fifo else _MESSAGE_SHARES
        draw = self._draw(f"message {name}")
        kind = _choice(draw * 0.35 if name == "m1" else draw, shares)
        return () if kind is None else (kind,)

    def on_call(self, site: str, nth: int) -> FaultKind | None:
        """Drawn for the call."""
        operation = site.partition(" ")[0].partition(".")[2]
        if operation not in _STRUCK_CALLS or nth > _CALLS_STRUCK_MAX:
            return None
        shares: Sequence[tuple[float, FaultKind]] = _CALL_SHARES
        if operation == "ReceiveMessage":
            shares = _RECEIVE_SHARES
        elif operation in BATCH_CALLS:
            shares = _BATCH_SHARES
        return _choice(self._draw(f"call {site} {nth}"), shares)

    def _draw(self, what: str) -> float:
        return random.Random(f"{self._seed} {what}").random()


def _choice(draw: float, shares: Sequence[tuple[float, FaultKind]]) -> FaultKind | None:
    return next((kind for share, kind in shares if draw < share), None)


def _check(fault: Fault, operations: Collection[str]) -> None:
    kinds = (*MESSAGE_KINDS, *CALL_KINDS)
    if fault.kind not in kinds:
        known = ", ".join(kind.value for kind in kinds)
        raise UsageError(f"the proxy cannot bring about {fault.kind.value!r}; it can: {known}")
    if fault.site is None:
        return
    head, _, queue = fault.site.partition(" ")
    service, _, operation = head.partition(".")
    if service != "sqs" or operation not in operations or not queue:
        raise UsageError(
            f"a call the proxy can strike is written as 'sqs.DeleteMessage QUEUE', not "
            f"{fault.site!r}"
        )
    if fault.kind is FaultKind.EMPTY_RECEIVE and operation != "ReceiveMessage":
        raise UsageError(f"{fault.kind.value!r} strikes sqs.ReceiveMessage, not {head!r}")
    partial = (FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE)
    if fault.kind in partial and operation not in BATCH_CALLS:
        raise UsageError(
            f"{fault.kind.value!r} strikes {' or '.join(sorted(BATCH_CALLS))}, not {operation!r}"
        )
