"""Faults at the AWS calls of code that a test calls directly.

Calls go where they went before, to moto most likely; nothing is mocked here. Only
connections to other machines are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from sqs_contract.errors import UsageError
from sqs_contract.faults.aws import aws_call_sites
from sqs_contract.faults.gate import Gate, Passage
from sqs_contract.history import Called
from sqs_contract.scenario import Fault, FaultKind
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.life import SandboxEnded
from sqs_contract.world.network import NetworkGuard

_SHOWN_MAX: Final = 20


class PassedOn:
    """A service that lets every call through."""

    def perform(self, operation: Any, parameters: Any, send: Callable[[], Any]) -> Any:  # noqa: ARG002
        """Send it."""
        return send()

    def answer_lost(self, operation: Any, parameters: Any, parsed: Any) -> None:
        """Nobody keeps account."""


class _SlowGate(Gate):
    """A gate that can let a call take its time, too."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.slow: dict[tuple[str, int], int] = {}

    def enter(self, site: str) -> Passage:
        passage = super().enter(site)
        microseconds = self.slow.get((site, passage.nth))
        if microseconds is not None:
            self.clock.advance_us(microseconds)
        return passage


class SqsFaults:
    """Arms faults by the label of a call, as in `dynamodb.PutItem orders a1`.

    `nth` counts the calls with that label, from 1. `calls` lists the labels of all calls
    made so far, whatever became of them: run the code once and look there for the labels.
    """

    def __init__(self) -> None:
        self.clock = VirtualClock()
        """What `lambda_context` tells the remaining time by."""
        self.begin_invocation: Callable[[], None] = _no_deadline
        """Called where another invocation begins: `lambda_context` has its time again."""
        self._gate = _SlowGate(self.clock)
        self._armed: list[Fault] = []
        self._events: list[Called] = []

    def fail(self, site: str, *, nth: int = 1) -> None:
        """The call fails with the service's own error, and so does every retry of it."""
        self._arm(FaultKind.CALL_FAILS, site, nth)

    def refuse_connection(self, site: str, *, nth: int = 1) -> None:
        """The call finds no connection, nor do the SDK's retries."""
        self._arm(FaultKind.NO_CONNECTION, site, nth)

    def lose_answer(self, site: str, *, nth: int = 1, once: bool = False) -> None:
        """The call takes effect, and its answer is lost; with `once`, the SDK's retry gets one."""
        kind = FaultKind.ANSWER_LOST_ONCE if once else FaultKind.ANSWER_LOST
        self._arm(kind, site, nth)

    def slow(self, site: str, seconds: float, *, nth: int = 1) -> None:
        """The call takes so long by the time that `lambda_context` tells; nothing sleeps."""
        self._gate.slow[site, nth] = round(seconds * 1_000_000)
        self._begin()

    def kill(self, site: str, *, nth: int = 1, after: bool = False) -> None:
        """The sandbox dies just before the call, or just after it took effect.

        `SandboxEnded` is raised there, which is no `Exception`, and every later call
        raises it again: what is dead has no effect any more.
        """
        kind = FaultKind.TIMEOUT_AFTER if after else FaultKind.TIMEOUT_BEFORE
        self._arm(kind, site, nth)

    def disarm(self) -> None:
        """From here on nothing goes wrong: the message comes again, in another invocation."""
        self.begin_invocation()
        self._armed.clear()
        self._gate.slow.clear()
        self._begin()

    @property
    def calls(self) -> list[str]:
        """Labels of the calls made so far, in order."""
        return [event.site for event in self._events]

    @property
    def struck(self) -> list[str]:
        """Labels of the calls that a fault struck, in order."""
        return [event.site for event in self._events if event.fault is not None]

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let the faults strike.

        Raises:
            UsageError: in the end, a fault is armed that struck no call.
        """
        self._begin()
        with NetworkGuard().installed(), aws_call_sites(self._gate, PassedOn()):
            yield
        struck = {(event.site, event.nth) for event in self._events if event.fault is not None}
        for fault in self._armed:
            if (fault.site, fault.nth) not in struck:
                raise UsageError(self._never_struck(fault))

    def _arm(self, kind: FaultKind, site: str, nth: int) -> None:
        if nth < 1:
            raise UsageError(f"nth must be a whole number from 1, not {nth!r}")
        self._armed.append(Fault(kind=kind, site=site, nth=nth))
        self._begin()

    def _begin(self) -> None:
        self._gate.begin_run(self._armed, self._events.append)
        self._gate.begin_invocation(1, _killed)

    def _never_struck(self, fault: Fault) -> str:
        made = ", ".join(map(repr, self.calls[:_SHOWN_MAX])) or "none"
        which = "" if fault.nth == 1 else f" number {fault.nth}"
        return f"sqs_faults: no call {fault.site!r}{which} was made; those made were: {made}"


def _no_deadline() -> None:
    """Nobody tells the remaining time."""


def _killed() -> NoReturn:
    raise SandboxEnded
