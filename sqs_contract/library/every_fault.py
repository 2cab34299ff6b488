"""A test that somebody already has, run again with every single fault at every call.

Owns what is looked at while the test runs: the calls its handler makes, the world
after it, and after the message came again. Runs no test itself, and knows no pytest.

The handler of the test is run in a sandbox, at a moment that stands still, so that
nothing but the fault makes a difference. When it fails, what Lambda would deliver
again is delivered to it again, once, right there: then the world must be the one that
a run without faults leaves. When it says that all is done, the world must be that at once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.faults.aws import aws_call_sites
from sqs_contract.faults.gate import Gate
from sqs_contract.faults.kinds import explored_kinds
from sqs_contract.history import Called
from sqs_contract.library.faults import PassedOn
from sqs_contract.model.assumptions import Assumptions
from sqs_contract.model.invocation import (
    ErrorKind,
    FunctionError,
    Outcome,
    Returned,
    exited,
    timed_out,
)
from sqs_contract.model.response import read_outcome
from sqs_contract.report.differences import differences
from sqs_contract.report.story import describe_fault
from sqs_contract.scenario import Fault
from sqs_contract.targets.marshal import Marshaller
from sqs_contract.targets.sandbox import Ended, Sandbox
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.effects import (
    NO_MASK,
    Mask,
    Tree,
    canonical,
    masked,
    noise_between,
    normalise,
)
from sqs_contract.world.life import SandboxEnded
from sqs_contract.world.network import NetworkGuard
from sqs_contract.world.randomness import Randomness

_RUNTIME: Final = "python3.13"
_OFFSETS_MS: Final = (0, 93_784_567)
"""The second run without faults is at another time: what differs then is noise."""

_LATER_MS: Final = 30_000
"""How much later a message comes again: the default visibility timeout."""

_DIFFERENCES_MAX: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of the handler by the test.

    Attributes:
        outcome: of the first delivery.
        again: of the second, if anything was to be delivered again.
        world: in the end.
    """

    before: Tree
    outcome: Outcome
    again: Outcome | None
    world: Tree


@dataclass(slots=True, kw_only=True)
class TestRun:
    """What one run of the test came to."""

    __test__ = False  # it is none of pytest's

    calls: list[Called] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A fault after which the world is not as it should be."""

    fault: Fault
    lines: tuple[str, ...]


class EveryFault:
    """The runs of one test, and what they show."""

    def __init__(
        self,
        *,
        effects: Callable[[], Any] | None = None,
        report_batch_item_failures: bool = False,
    ) -> None:
        self._effects = effects
        self._reporting = report_batch_item_failures
        self._marshaller = Marshaller(_RUNTIME)
        self._plain: list[TestRun] = []
        self._mask: Mask = NO_MASK
        self._run = TestRun()
        self._fault: Fault | None = None

    def begin(self, fault: Fault | None = None) -> None:
        """The next run of the test begins, with a fault or without."""
        self._run = TestRun()
        self._fault = fault

    def end_plain(self) -> None:
        """A run without faults is over; the second one tells what is noise.

        Raises:
            UsageError: it called no handler, or its effects cannot be seen.
        """
        run = self._run
        if not run.invocations:
            raise UsageError("sqs_every_fault: the test did not call the handler it names")
        self._plain.append(run)
        for item in run.invocations:
            if item.again is not None:
                raise UsageError(
                    f"sqs_every_fault: the handler fails without any fault: {_told(item.outcome)}"
                )
        first = self._plain[0]
        if len(self._plain) > 1:
            for one, other in zip(first.invocations, run.invocations, strict=False):
                noise = noise_between(one.world, other.world)
                self._mask = Mask(self._mask.paths | noise.paths)
            if [self._text(item.world) for item in first.invocations] != [
                self._text(item.world) for item in run.invocations
            ]:
                raise UsageError(
                    "sqs_every_fault: two runs without faults leave different worlds: something "
                    "the handler or a fixture keeps outlives the test"
                )
            return
        if all(item.before == item.world for item in run.invocations):
            raise UsageError(
                "sqs_every_fault: nothing the handler changes can be seen: mock AWS with moto, or "
                "give effects=a function that returns what it changes"
            )

    @property
    def was_called(self) -> bool:
        """Whether the test has called the handler in this run."""
        return bool(self._run.invocations)

    @property
    def sites(self) -> int:
        """How many calls the handler made without faults."""
        return len(self._plain[0].calls)

    def faults(self) -> list[Fault]:
        """Every single fault at every call of the run without any."""
        return [
            Fault(kind=kind, site=call.site, nth=call.nth)
            for call in self._plain[0].calls
            for kind in explored_kinds(call.site)
        ]

    def judge(self) -> Found | None:
        """What is wrong after the run with the fault, if anything is."""
        assert self._fault is not None, "a run with a fault is judged"
        for number, (plain, run) in enumerate(
            zip(self._plain[0].invocations, self._run.invocations, strict=False), 1
        ):
            if self._text(run.world) != self._text(plain.world):
                return Found(fault=self._fault, lines=tuple(self._story(number, plain, run)))
        return None

    def wrap(self, handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """The handler as the test is to call it."""

        def watched(event: Any, context: Any = None) -> Any:
            return self._invoke(handler, event, context)

        return watched

    def _invoke(self, handler: Callable[[Any, Any], Any], event: Any, context: Any) -> Any:
        run, sandbox, clock = self._run, Sandbox(), VirtualClock()
        offset_ms = _OFFSETS_MS[min(len(self._plain), 1) if self._fault is None else 0]
        clock.set(clock.now_ms + offset_ms)
        gate = Gate(clock)
        gate.begin_run([self._fault] if self._fault is not None else [], run.calls.append)
        randomness = Randomness()
        answers: list[Any] = []

        def deliver(number: int, records: Any) -> Outcome:
            gate.begin_invocation(number, lambda: sandbox.end("timeout"))
            try:
                ended = sandbox.run(lambda: handler(records, context))
            except Exception as error:  # noqa: BLE001  whatever the handler raises
                answers.append(error)
                return FunctionError(
                    kind=ErrorKind.RAISED, error_type=type(error).__name__, message=str(error)
                )
            finally:
                gate.end_invocation()
            if isinstance(ended, Ended):
                answers.append(SandboxEnded())
                sandbox.renew()
                return timed_out("", 3_000) if ended.cause == "timeout" else exited("", 1)
            answers.append(ended)
            return self._marshaller.marshal(ended, "")

        with ExitStack() as stack:
            stack.enter_context(randomness.installed())
            stack.enter_context(clock.running())
            stack.enter_context(NetworkGuard().installed())
            stack.enter_context(aws_call_sites(gate, PassedOn()))
            randomness.reseed(offset_ms)
            first = copy.deepcopy(event)
            before = self._look()
            outcome = deliver(1, event)
            kept = self._kept(outcome, first)
            again: Outcome | None = None
            if kept:
                clock.set(clock.now_ms + _LATER_MS)
                gate.begin_run([], run.calls.append)
                again = deliver(2, _delivered_again(first, kept))
            run.invocations.append(
                Invocation(before=before, outcome=outcome, again=again, world=self._look())
            )
        answer = answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _kept(self, outcome: Outcome, event: Any) -> list[str]:
        """Ids of the messages that Lambda does not delete after this."""
        records = event.get("Records", []) if isinstance(event, Mapping) else []
        ids = [record["messageId"] for record in records]
        reading = read_outcome(
            outcome, set(ids), reporting=self._reporting, assumptions=Assumptions()
        )
        return [message_id for message_id in ids if reading.keeps(message_id)]

    def _look(self) -> Tree:
        if self._effects is not None:
            return normalise(self._effects())
        from sqs_contract.stage.moto_backends import backends_in_use  # noqa: PLC0415  heavy
        from sqs_contract.stage.moto_state import service_state  # noqa: PLC0415

        services = dict.fromkeys(
            str(backends.service_name) for backends in backends_in_use() if backends
        )
        return {service: service_state(service) for service in sorted(services)}

    def _text(self, world: Tree) -> str:
        return canonical(world, self._mask)

    def _story(self, number: int, plain: Invocation, run: Invocation) -> list[str]:
        assert self._fault is not None, "there is a story of a fault"
        lines = [describe_fault(self._fault), f"the handler {_told(run.outcome)}"]
        if run.again is None:
            lines.append("so nothing is delivered again, and in the end")
        else:
            lines.append(f"what it did not do came again: then the handler {_told(run.again)}")
            lines.append("and in the end")
        if self._text(run.world) == self._text(plain.before):
            lines.append("  the world is as it was before: the message is lost")
        found = differences(masked(plain.world, self._mask), masked(run.world, self._mask))
        lines.append("  against a run without faults, it differs by")
        lines += [f"    {line}" for line in found[:_DIFFERENCES_MAX]]
        if number > 1:
            lines.insert(0, f"at call {number} of the handler:")
        return lines


def _delivered_again(event: Any, kept: list[str]) -> Any:
    """The event of the second delivery: what was kept, received once more."""
    records = [copy.deepcopy(item) for item in event["Records"] if item["messageId"] in kept]
    for record in records:
        attributes = record.get("attributes")
        if isinstance(attributes, dict) and "ApproximateReceiveCount" in attributes:
            count = int(attributes["ApproximateReceiveCount"])
            attributes["ApproximateReceiveCount"] = str(count + 1)
    return {**event, "Records": records}


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, Returned):
        return f"returned {outcome.payload!r}"
    return f"failed with {outcome.error_type}: {outcome.message}"
