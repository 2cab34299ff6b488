"""What a run came to, put together for the clauses: invocation by invocation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqs_contract.backends.simulator import Run
from sqs_contract.history import (
    Called,
    Delivery,
    Ended,
    Fate,
    Invoked,
    Settled,
    Stopped,
    Struck,
)
from sqs_contract.model.invocation import ErrorKind, FunctionError, Outcome
from sqs_contract.model.response import Reading
from sqs_contract.oracle.explain import DoneSet, Explainer
from sqs_contract.oracle.golden import Golden, Step
from sqs_contract.scenario import CALL_FAULTS, INVOCATION_FAULTS, FaultKind, ScenarioMessage
from sqs_contract.world.effects import Tree


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


class Oracle:
    """Golden runs and explanations, shared by all runs of one program."""

    def __init__(self, golden: Golden) -> None:
        self.golden = golden
        self._explainers: dict[object, Explainer] = {}

    def explainer(
        self, messages: Sequence[ScenarioMessage], faults: Sequence[object] = ()
    ) -> Explainer:
        """The explainer for these messages, whatever their order."""
        ordered = sorted(messages, key=_name)
        key = (tuple(message.key for message in ordered), tuple(faults))
        known = self._explainers.get(key)
        if known is None:
            known = self._explainers[key] = Explainer(self.golden, messages, faults)  # type: ignore[arg-type]
        return known

    def is_visible(self, message: ScenarioMessage) -> bool:
        """Whether the message, delivered alone, changes anything that can be seen."""
        return self.golden.is_visible(message)


class Analysis:
    """One run, seen through an oracle.

    Unless it is `thorough`, only likely explanations are looked for: what it
    acquits is innocent, what it accuses is a suspect.
    """

    def __init__(self, run: Run, oracle: Oracle, *, thorough: bool = True) -> None:
        self.run = run
        self.thorough = thorough
        self.oracle = oracle
        self.scenario = run.scenario
        self.messages: Mapping[str, ScenarioMessage] = {
            message.name: message for message in run.scenario.messages
        }
        self.stopped: str | None = None
        self._texts: dict[int, tuple[object, list[str]]] = {}
        self.faults_struck: set[FaultKind] = set()
        self.invocations = self._gather()

    @property
    def reporting(self) -> bool:
        """Whether the mapping asks for partial batch responses."""
        return self.scenario.deployment.mapping.report_batch_item_failures

    @property
    def batch_size(self) -> int:
        """The mapping's batch size."""
        return self.scenario.deployment.mapping.batch_size

    @property
    def fates(self) -> Mapping[str, Fate]:
        """Where each message ended."""
        return self.run.fates

    @property
    def final_world(self) -> Tree:
        """What the world looked like in the end."""
        return self.run.worlds[-1]

    @cached_property
    def acknowledged(self) -> DoneSet:
        """Messages Lambda deleted."""
        return frozenset(name for name, fate in self.fates.items() if fate is Fate.DELETED)

    def solo(self, name: str) -> Step:
        """The message delivered alone, without faults."""
        return self.oracle.golden.solo(self.messages[name])

    @cached_property
    def rejected_alone(self) -> DoneSet:
        """Messages the handler does not accept even alone and without faults: poison."""
        return frozenset(name for name in self.messages if not self.solo(name).accepted)

    @property
    def accepted_messages(self) -> Iterator[ScenarioMessage]:
        """The messages the handler accepts when they come alone."""
        for message in self.messages.values():
            if message.name not in self.rejected_alone:
                yield message

    @cached_property
    def call_faults(self) -> tuple[object, ...]:
        """The scenario's faults on calls."""
        return tuple(fault for fault in self.scenario.faults if fault.kind in CALL_FAULTS)

    @cached_property
    def interrupted(self) -> DoneSet:
        """Messages that may have been left half done: not acknowledged, and in a batch
        that a fault struck or that ran out of time."""
        return frozenset(
            name
            for invocation in self.invocations
            if invocation.struck_calls or invocation.timed_out
            for name in invocation.names
            if name not in self.acknowledged
        )

    @cached_property
    def explainer(self) -> Explainer:
        """Explains worlds by clean deliveries."""
        return self.oracle.explainer(tuple(self.messages.values()))

    @cached_property
    def faulted_explainer(self) -> Explainer:
        """Explains worlds by deliveries under the scenario's own call faults."""
        return self.oracle.explainer(tuple(self.messages.values()), self.call_faults)

    @property
    def end(self) -> int:
        """The index of the last look at the world."""
        return len(self.run.worlds) - 1

    @cached_property
    def final_explanations(self) -> frozenset[DoneSet]:
        """Sets of messages whose clean delivery leaves the world as it is in the end.

        All of them, unless one of them holds every acknowledged message.
        """
        return self._explained_by(self.explainer, self.end, self.acknowledged.issubset)

    @property
    def out_of_orders(self) -> bool:
        """Whether explanations may be missing because there are too many orders to try."""
        return not self.explainer.complete

    @cached_property
    def only_lacks_something(self) -> bool:
        """Whether in the end something is missing of what one delivery of each
        acknowledged message leaves, and nothing is too much or changed."""
        order = tuple(
            message for message in self._likely_order if message.name in self.acknowledged
        )
        steps = self.oracle.golden.run(order).steps
        looks = self.oracle.golden.looks
        return bool(steps) and looks.lacks_only(self.final_world, steps[-1].world)

    def explain(
        self, look: int, enough: Callable[[DoneSet], bool] | None = None
    ) -> frozenset[DoneSet]:
        """Explanations of the world after the invocation of that number (0: before any),
        by deliveries without and then with the call faults."""
        found = self._explained_by(self.explainer, look, enough)
        if self.call_faults and not (enough is not None and any(map(enough, found))):
            found |= self.explain_by_failed_attempt(look, enough)
        return found

    def explain_by_failed_attempt(
        self, look: int, enough: Callable[[DoneSet], bool] | None = None
    ) -> frozenset[DoneSet]:
        """Explanations by single deliveries under the scenario's own call faults."""
        return self._explained_by(self.faulted_explainer, look, enough)

    def _explained_by(
        self, explainer: Explainer, look: int, enough: Callable[[DoneSet], bool] | None
    ) -> frozenset[DoneSet]:
        found: frozenset[DoneSet] = frozenset()
        for world in self._ways_to_see(look):
            found |= explainer.explain(
                world, enough, likely=self._likely_order, thorough=self.thorough
            )
            if enough is not None and any(map(enough, found)):
                break
        return found

    def _ways_to_see(self, look: int) -> list[str]:
        """The world at a look, as text; also without what a transport may have doubled."""
        looks = self.oracle.golden.looks
        known = self._texts.get(look)
        if known is None or known[0] != looks.epoch:
            texts = [looks.text(self.run.worlds[look])]
            if look in self.run.lenient_worlds:
                texts.append(looks.text(self.run.lenient_worlds[look]))
            known = self._texts[look] = looks.epoch, texts
        return known[1]

    @cached_property
    def _likely_order(self) -> tuple[ScenarioMessage, ...]:
        """The messages as they were done in this run; one that was rejected and left
        something behind, as often as it was delivered."""
        golden = self.oracle.golden
        order: dict[str, None] = {}
        rests: list[str] = []
        for invocation in self.invocations:
            for name in invocation.names:
                if name in invocation.deleted:
                    order.setdefault(name)
                elif golden.leaves_rest(self.messages[name]):
                    rests.append(name)
        names = [*order, *(name for name in self.messages if name not in order)]
        names += [name for index, name in enumerate(rests) if name in rests[:index]]
        return tuple(self.messages[name] for name in names)

    def _gather(self) -> list[Invocation]:
        invocations: list[Invocation] = []
        invoked: Invoked | None = None
        outcome: Outcome | None = None
        calls: list[Called] = []
        crashed = False
        for event in self.run.events:
            match event:
                case Invoked():
                    invoked, calls, crashed = event, [], False
                case Called():
                    calls.append(event)
                    if event.fault is not None:
                        self.faults_struck.add(event.fault)
                case Ended():
                    outcome = event.outcome
                case Struck():
                    self.faults_struck.add(event.fault)
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
                case Stopped():
                    self.stopped = event.reason
                case _:
                    pass
        return invocations


def _name(message: ScenarioMessage) -> str:
    return message.name
