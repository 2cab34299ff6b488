"""What a run came to, seen through an oracle: what was done, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Final

from sqs_contract.backends.bounds import SENT_BY_HANDLER_MAX
from sqs_contract.backends.run import Run
from sqs_contract.history import Called, Fate, Overlapped, Sent, Struck
from sqs_contract.model.assumptions import OpenPoint
from sqs_contract.oracle.explain import DoneSet, Explainer
from sqs_contract.oracle.golden import Step
from sqs_contract.oracle.invocations import Invocation, faults_of_attempts, invocations_of
from sqs_contract.oracle.open_points import open_points_of
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.oracle.overwritten import overwritten
from sqs_contract.oracle.parts import Part, mentions
from sqs_contract.scenario import CALL_FAULTS, Fault, FaultKind, ScenarioMessage
from sqs_contract.world.effects import Tree

_STRIKING: Final = (Called, Struck, Overlapped)  # a tuple, as making a union takes its time


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
        self._texts: dict[int, tuple[object, list[str]]] = {}
        self.faults_struck = {
            event.fault
            for event in run.events
            if isinstance(event, _STRIKING) and event.fault is not None
        }
        self.invocations = invocations_of(run.events, self.messages)

    @property
    def reporting(self) -> bool:
        """Whether the mapping asks for partial batch responses."""
        return self.scenario.deployment.mapping.report_batch_item_failures

    @property
    def batch_size(self) -> int:
        """The mapping's batch size."""
        return self.scenario.deployment.mapping.batch_size

    @cached_property
    def open_points(self) -> tuple[OpenPoint, ...]:
        """What is not settled about AWS, and decided something in this run."""
        return open_points_of(self.scenario, self.run.events)

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

    @cached_property
    def healthy(self) -> DoneSet:
        """Messages that are well formed, and that the handler accepts when they come alone.

        What it does about a malformed body it accepts, it may do again: put it
        aside, raise an alarm.
        """
        return frozenset(message.name for message in self.accepted_messages if message.note is None)

    @cached_property
    def deliveries(self) -> Mapping[str, int]:
        """How often each message reached the handler."""
        return Counter(
            record.message for invocation in self.invocations for record in invocation.records
        )

    @property
    def accepted_messages(self) -> Iterator[ScenarioMessage]:
        """The messages the handler accepts when they come alone."""
        for message in self.messages.values():
            if message.name not in self.rejected_alone:
                yield message

    @cached_property
    def call_faults(self) -> tuple[Fault, ...]:
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

    @property
    def some_order_may_explain(self) -> bool:
        """Whether an order of all messages that was not tried may leave the world as it is."""
        return not (self.explainer.complete or self.explainer.alike)

    @cached_property
    def had_failures(self) -> bool:
        """Whether the handler met a failure: a call that failed, or a body it refuses."""
        return bool(self.rejected_alone) or any(
            invocation.struck_calls or invocation.timed_out for invocation in self.invocations
        )

    @cached_property
    def touched(self) -> frozenset[Part]:
        """The parts of the world that clean deliveries of the healthy messages touch."""
        golden = self.oracle.golden
        healthy = tuple(item for item in self.messages.values() if item.name in self.healthy)
        run = golden.run(healthy)
        solos = [golden.solo(message).world for message in healthy]
        return golden.looks.touched(run.before, [*(step.world for step in run.steps), *solos])

    def explain_but_for_residue(
        self, enough: Callable[[DoneSet], bool] | None = None
    ) -> frozenset[DoneSet]:
        """Explanations of the end, whatever handling failures left in parts of the world
        that clean deliveries leave alone."""
        if not self.had_failures:
            return frozenset()
        messages = tuple(self.messages.values())
        worlds = [self.final_world]
        if self.end in self.run.lenient_worlds:
            worlds.append(self.run.lenient_worlds[self.end])
        found: frozenset[DoneSet] = frozenset()
        for faults in ((), self.call_faults) if self.call_faults else ((),):
            explainer = self.oracle.explainer(messages, faults, self.touched)
            for world in worlds:
                found |= explainer.explain(
                    self.oracle.essence(messages, self.touched, world),
                    enough,
                    likely=self._likely_order,
                    thorough=self.thorough,
                )
                if enough is not None and any(map(enough, found)):
                    return found
        return found

    def set_aside(self, name: str, look: int) -> bool:
        """Whether the handler put the message itself away, in a part of the world that clean
        deliveries leave alone: a queue of its own, a table of failures."""
        message = self.messages[name]
        rest = self.oracle.golden.looks.residue(
            self.run.worlds[look], self.run.worlds[0], self.touched
        )
        return mentions(rest, message.message_id, message.body)

    def was_done_when_deleted(self, name: str) -> bool:
        """Whether the message's effect was there when Lambda first deleted it."""
        for invocation in self.invocations:
            if name in invocation.deleted:
                found = self._explained_by(self.explainer, invocation.look, None)
                return bool(found) and all(name in done for done in found)
        return False

    @property
    def handled_at_once(self) -> bool:
        """Whether messages were handled at the same time that nothing keeps apart. On a FIFO
        queue their groups may, which the producer chooses, and not who gives their bodies."""
        fifo = self.scenario.deployment.queue.fifo
        return FaultKind.CONCURRENT in self.faults_struck and not fifo

    @cached_property
    def overwritten(self) -> DoneSet:
        """Acknowledged messages that something in the end lacks, although all that is there is
        explained; nothing has gone wrong but that messages were handled at the same time, and
        no invocation has noticed, so that none was handled again."""
        kinds = {fault.kind for fault in self.scenario.faults}
        again = any(count > 1 for count in self.deliveries.values())
        alone = kinds == {FaultKind.CONCURRENT} and self.handled_at_once
        if not alone or self.had_failures or again:
            return frozenset()
        shown = self.oracle.golden.looks.shown
        states = [(done, shown(world)) for done, world in self.explainer.states()]
        return overwritten(shown(self.final_world), states, self.acknowledged)

    @cached_property
    def holds_all_acknowledged(self) -> bool:
        """Whether everything that one delivery of each acknowledged message leaves is there."""
        order = tuple(
            message for message in self._likely_order if message.name in self.acknowledged
        )
        steps = self.oracle.golden.run(order, as_sent=self.explainer.times_matter).steps
        return bool(steps) and self.oracle.golden.looks.holds(self.final_world, steps[-1].world)

    def adds_nothing(self, name: str, done: DoneSet) -> bool:
        """Whether the message changes nothing where those others are done already."""
        golden = self.oracle.golden
        others = tuple(message for message in self._likely_order if message.name in done - {name})
        as_sent = self.explainer.times_matter
        run = golden.run(others, as_sent=as_sent)
        before = run.steps[-1].world if run.steps else run.before
        after = golden.run((*others, self.messages[name]), as_sent=as_sent).steps[-1].world
        return golden.looks.text(before) == golden.looks.text(after)

    def gives_up_on(self, name: str) -> bool:
        """Whether the handler refuses the message and lets it go when it comes often."""
        return self.oracle.golden.gives_up_on(self.messages[name])

    def without(self, names: Collection[str]) -> Analysis:
        """The same messages without some of them, and without faults."""
        kept = [message for message in self.messages.values() if message.name not in names]
        run = self.oracle.golden.play_as_deployed(kept)
        return Analysis(run, self.oracle, thorough=self.thorough)

    @property
    def circulates(self) -> bool:
        """Whether the run was cut off while the handler sent messages to its own queue."""
        sent = [event for event in self.run.events if isinstance(event, Sent)]
        return sum(event.body is not None for event in sent) > SENT_BY_HANDLER_MAX

    @cached_property
    def get_along(self) -> bool:
        """Whether the healthy messages are all accepted one after the other, as each is alone.

        If not, what a delivery of each leaves behind says nothing about this run.
        """
        healthy = tuple(item for item in self.messages.values() if item.name in self.healthy)
        return all(step.accepted for step in self.oracle.golden.run(healthy).steps)

    @cached_property
    def patient(self) -> Run:
        """The same scenario where no message is given up."""
        return self.oracle.golden.play_patiently(self.scenario)

    @cached_property
    def each_in_a_new_sandbox(self) -> Run:
        """The same messages as they are deployed, each delivered to a sandbox of its own."""
        return self.oracle.golden.play_apart(tuple(self.messages.values()))

    @cached_property
    def in_new_sandboxes(self) -> Analysis:
        """The same scenario where each invocation meets a new sandbox."""
        run = self.oracle.golden.play_cold(self.scenario, len(self.invocations))
        return Analysis(run, self.oracle, thorough=self.thorough)

    @cached_property
    def only_lacks_something(self) -> bool:
        """Whether in the end something is missing of what one delivery of each
        acknowledged message leaves, and nothing is too much or changed."""
        order = tuple(
            message for message in self._likely_order if message.name in self.acknowledged
        )
        steps = self.oracle.golden.run(order, as_sent=self.explainer.times_matter).steps
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

    def surely_done_here(self, name: str, invocation: Invocation) -> bool:
        """Whether the message's effect is there after this invocation and was not before it."""
        after = invocation.look
        if not self._some(after, lambda done: name in done):
            return False
        return all(name in done for done in self.explain(after)) and not any(
            name in done for done in self.explain(after - 1)
        )

    def surely_not_done(self, name: str, invocation: Invocation) -> bool:
        """Whether the message's effect is not there, although the world can be explained."""
        if self._some(invocation.look, lambda done: name in done):
            return False
        return bool(self.explain(invocation.look))

    def _some(self, look: int, wanted: Callable[[DoneSet], bool]) -> bool:
        return any(wanted(done) for done in self.explain(look, wanted))

    def explain_by_failed_attempt(
        self, look: int, enough: Callable[[DoneSet], bool] | None = None
    ) -> frozenset[DoneSet]:
        """Explanations by single deliveries under all call faults, or those of one attempt."""
        found: frozenset[DoneSet] = frozenset()
        for faults in dict.fromkeys((self.call_faults, *faults_of_attempts(self.invocations))):
            explainer = self.oracle.explainer(tuple(self.messages.values()), faults)
            found |= self._explained_by(explainer, look, enough)
            if enough is not None and any(map(enough, found)):
                break
        return found

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
