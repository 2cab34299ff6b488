"""Golden runs: messages delivered once each, alone, one after the other, in a fresh world.

What they leave behind is what a run under faults is measured by. A golden run
may be given call faults; then it shows what one failed attempt leaves behind.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqs_contract.backends.run import Run
from sqs_contract.deployment import Deployment
from sqs_contract.history import Called, Ended, Fate, Invoked, Settled
from sqs_contract.model.invocation import FunctionError, Outcome
from sqs_contract.oracle.looks import Looks
from sqs_contract.player import Plays
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.stage.world import OTHER, PLAIN, Variant
from sqs_contract.world.effects import Tree

_APART_MS: Final = 1_000
"""How long after the one before a message comes that is to be in a batch of its own."""

OTHER_TIME: Final = Variant(seed=OTHER.seed, offset_ms=OTHER.offset_ms)
"""Another day and other random numbers, but still the first delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of a golden run: how its delivery ended and what the world looked like then.

    Attributes:
        accepted: Lambda deleted the message.
        struck: a call fault struck this delivery.
        calls: labels of the calls it made, in order.
        succeeded: labels of those that came back without an error.
        failed: the last call that came back with an error, and which, if there is one.
        printed: the last line the handler printed; known for a message alone.
    """

    message: ScenarioMessage
    outcome: Outcome
    accepted: bool
    struck: bool
    calls: tuple[str, ...]
    succeeded: tuple[str, ...]
    world: Tree
    failed: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenRun:
    """A golden run: the world before anything, and a step for each message."""

    before: Tree
    steps: tuple[Step, ...]


class Golden:
    """Golden runs of one deployment, each played once."""

    def __init__(self, player: Plays, deployment: Deployment, seed: int) -> None:
        self._player = player
        self._seed = seed
        self.deployed = deployment
        self.deployment = dataclasses.replace(
            deployment,
            queue=dataclasses.replace(deployment.queue, max_receive_count=None, delay_ms=0),
            mapping=dataclasses.replace(
                deployment.mapping, batch_size=1, window_ms=0, filters=None
            ),
        )
        self._runs: dict[object, GoldenRun] = {}
        self._solos: dict[object, Step] = {}
        self._visible: dict[object, tuple[object, bool]] = {}
        self._noise_known: set[object] = set()
        self._lives: dict[object, Run] = {}
        self.looks = Looks(self._baseline)

    def run(
        self,
        messages: Sequence[ScenarioMessage],
        faults: Sequence[Fault] = (),
        *,
        as_sent: bool = False,
    ) -> GoldenRun:
        """The golden run of these messages in this order: all sent at one moment, or each when
        the scenario says, where it is told `as_sent`."""
        times = tuple(message.after_ms for message in messages) if as_sent else ()
        key = (tuple(message.key for message in messages), tuple(faults), times)
        known = self._runs.get(key)
        if known is None:
            if not as_sent:
                messages = [dataclasses.replace(message, after_ms=0) for message in messages]
            known = self._runs[key] = self._play(messages, faults, PLAIN)
        return known

    def solo(self, message: ScenarioMessage) -> Step:
        """A message delivered alone in a fresh world."""
        key = message.key
        step = self._solos.get(key)
        if step is None:
            step = self._solos[key] = self.run((message,)).steps[0]
        return step

    def is_visible(self, message: ScenarioMessage) -> bool:
        """Whether the message, delivered alone, changes anything that can be seen."""
        key, epoch = message.key, self.looks.epoch
        known = self._visible.get(key)
        if known is None or known[0] != epoch:
            run = self.run((message,))
            text = self.looks.text
            known = self._visible[key] = epoch, text(run.before) != text(run.steps[0].world)
        return known[1]

    def leaves_rest(self, message: ScenarioMessage) -> bool:
        """Whether the message is rejected and yet changes something."""
        return not self.solo(message).accepted and self.is_visible(message)

    def play_as_deployed(self, messages: Sequence[ScenarioMessage]) -> Run:
        """These messages on the deployment as it is, without faults: as often as they come."""
        key = tuple((message.key, message.after_ms) for message in messages)
        known = self._lives.get(key)
        if known is None:
            scenario = Scenario(messages=tuple(messages), deployment=self.deployed, seed=self._seed)
            known = self._lives[key] = self._player.play(scenario)
        return known

    def play_patiently(self, scenario: Scenario) -> Run:
        """A scenario on a queue without a dead-letter queue: as often as it takes, to a bound."""
        queue = dataclasses.replace(scenario.deployment.queue, max_receive_count=None)
        deployment = dataclasses.replace(scenario.deployment, queue=queue)
        return self._player.play(
            dataclasses.replace(scenario, deployment=deployment), observing=False
        )

    def play_apart(self, messages: Sequence[ScenarioMessage]) -> Run:
        """These messages one after the other, each in a new sandbox, without other faults."""
        spread = tuple(
            dataclasses.replace(message, after_ms=place * _APART_MS)
            for place, message in enumerate(messages)
        )
        scenario = Scenario(messages=spread, deployment=self.deployed, seed=self._seed)
        return self.play_cold(scenario, len(messages))

    def play_cold(self, scenario: Scenario, invocations: int) -> Run:
        """A scenario where each of so many invocations meets a new sandbox."""
        colds = [
            Fault(kind=FaultKind.COLD_START, invocation=number)
            for number in range(2, invocations + 1)
        ]
        faults = tuple(dict.fromkeys((*scenario.faults, *colds)))
        return self._player.play(dataclasses.replace(scenario, faults=faults))

    def reaches_the_handler(self, message: ScenarioMessage) -> bool:
        """Whether the filters of the mapping, if it has any, let the message through (S108)."""
        filters = self.deployed.mapping.filters
        if filters is None:
            return True
        if not filters.looks_at_metadata:
            return filters.passes(message.body)
        return self.play_as_deployed((message,)).fates[message.name] is not Fate.FILTERED

    def gives_up_on(self, message: ScenarioMessage) -> bool:
        """Whether the handler refuses the message at first and lets it go when it has come
        often enough: it drops it, or puts it aside, on purpose."""
        if self.solo(message).accepted:
            return False
        alone = dataclasses.replace(message, after_ms=0)
        return self.play_as_deployed((alone,)).fates[message.name] is Fate.DELETED

    def learn_noise(self, messages: Sequence[ScenarioMessage]) -> None:
        """Play these messages once more under other circumstances; what differs is noise."""
        key = tuple(message.key for message in messages)
        if key in self._noise_known:
            return
        self._noise_known.add(key)
        plain = self.run(messages)
        messages = [dataclasses.replace(message, after_ms=0) for message in messages]
        for variant in (OTHER, OTHER_TIME):
            other = self._play(messages, (), variant)
            if _same_course(plain, other):
                self.looks.learn(plain.before, other.before)
                for step, twin in zip(plain.steps, other.steps, strict=True):
                    self.looks.learn(step.world, twin.world)
                return
        if _same_answers(plain, other):  # it went another way, and yet did its work: by chance
            self.looks.ignore_what_varies(
                plain.before, plain.steps[-1].world, other.steps[-1].world
            )

    def _baseline(self) -> Mapping[str, Tree]:
        return {} if self._player.shows_effects else self._player.baseline()

    def _play(
        self, messages: Sequence[ScenarioMessage], faults: Sequence[Fault], variant: Variant
    ) -> GoldenRun:
        scenario = Scenario(
            messages=tuple(messages),
            faults=tuple(faults),
            deployment=self.deployment,
            seed=self._seed,
        )
        run = self._player.play(scenario, variant=variant, one_by_one=True)
        printed = self._player.printed if len(messages) == 1 else ""
        return GoldenRun(before=run.worlds[0], steps=_steps(run, messages, printed))


def _steps(run: Run, messages: Sequence[ScenarioMessage], printed: str) -> tuple[Step, ...]:
    """What each message of a run came to, delivered once each in this order; with what the
    handler sent to its own queue on its behalf."""
    begun: list[_Begun] = []
    names = {message.name for message in messages}
    looks = 0
    for event in run.events:
        match event:
            case Invoked() if names.intersection(record.message for record in event.records):
                begun.append(_Begun())
            case Called():
                begun[-1].calls.append(event)
            case Ended():
                looks += 1
                begun[-1].look = looks
                begun[-1].outcome = begun[-1].outcome or event.outcome
            case Settled() if begun[-1].accepted is None:
                begun[-1].accepted = bool(event.deleted)
            case _:
                pass
    return tuple(
        Step(
            message=message,
            outcome=_there(step.outcome),
            accepted=bool(step.accepted),
            struck=any(call.fault is not None for call in step.calls),
            calls=tuple(call.site for call in step.calls),
            succeeded=tuple(call.site for call in step.calls if call.error is None),
            world=run.worlds[step.look],
            failed=next(
                (f"{call.site} -> {call.error}" for call in reversed(step.calls) if call.error), ""
            ),
            printed=printed,
        )
        for message, step in zip(messages, begun, strict=True)
    )


@dataclass(slots=True)
class _Begun:
    """A step as far as it has come."""

    calls: list[Called] = field(default_factory=list)
    outcome: Outcome | None = None
    accepted: bool | None = None
    look: int = 0


def _there(outcome: Outcome | None) -> Outcome:
    assert outcome is not None, "every invocation ends"
    return outcome


def _same_answers(first: GoldenRun, second: GoldenRun) -> bool:
    """Whether two runs accepted the same messages, and without an error."""
    return all(
        step.accepted
        and twin.accepted
        and not isinstance(step.outcome, FunctionError)
        and not isinstance(twin.outcome, FunctionError)
        for step, twin in zip(first.steps, second.steps, strict=True)
    )


def _same_course(first: GoldenRun, second: GoldenRun) -> bool:
    """Whether two runs took the same way, so that their worlds should be the same."""
    return all(
        step.accepted == twin.accepted
        and len(step.calls) == len(twin.calls)
        and isinstance(step.outcome, FunctionError) == isinstance(twin.outcome, FunctionError)
        for step, twin in zip(first.steps, second.steps, strict=True)
    )
