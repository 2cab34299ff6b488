"""A player whose scenarios are played by a worker, which may die of any of them.

When an invocation ends its process, the run is played again in a new one, where
that invocation is ended after the last call of it that came back: what the
sandbox of a Lambda function that dies there leaves behind. Whatever it did by
itself after that call is not seen; nothing is told that could not have happened.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqs_contract.backends.bounds import RECEIVES_MAX
from sqs_contract.backends.endpoints import PlayedOnEndpoint
from sqs_contract.backends.run import Run
from sqs_contract.bodies.source import Bodies, load_bodies
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.connection import Connection
from sqs_contract.errors import UsageError
from sqs_contract.isolated.endpoint import NearConnection
from sqs_contract.isolated.journal import Phase
from sqs_contract.isolated.messages import (
    Answer,
    Death,
    Enter,
    Fault,
    Load,
    Play,
    Refused,
    Request,
    Share,
    State,
)
from sqs_contract.isolated.worker_process import Nursery, WorkerEnded, WorkerProcess
from sqs_contract.player import HUNG_MAX
from sqs_contract.scenario import Scenario
from sqs_contract.stage.world import PLAIN, Variant, World
from sqs_contract.targets.code import importing_from
from sqs_contract.targets.context import environment_variables
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.targets.python import MEMORY_MARGIN_MB
from sqs_contract.world.clock import real_monotonic
from sqs_contract.world.effects import Tree
from sqs_contract.world.output import OutputTail, captured

KILLED_MAX: Final = 60
"""Exploration stops when so many invocations have ended their process: each costs a new one."""

LOST_S: Final = 30.0
"""The same by the time that runs took which ended that way."""

_OURS: Final = f"{__name__.partition('.')[0]}."
"""How the names of our own modules begin."""

_TRIES_PER_INVOCATION: Final = 3
"""An invocation that dies each time at another call is then taken to die at its start."""

_WHILE: Final = {
    Phase.WORLD_IMPORT: "importing the modules of effects, reset and bodies",
    Phase.HANDLER_IMPORT: "importing the handler's module",
    Phase.RESET: "calling reset",
    Phase.EFFECTS: "calling effects",
}


class IsolatedPlayer:
    """Plays scenarios in a worker process, and starts another when one has died."""

    def __init__(self, spec: ProgramSpec, deployment: Deployment, memory_mb: int) -> None:
        self._enter = Enter(spec=spec, deployment=deployment)
        self._memory_mb = memory_mb
        self._shared: bool | None = None
        self._nursery = Nursery()
        self._worker: WorkerProcess | None = None
        self._state: State | None = None
        self._baseline: dict[str, Tree] = {}
        self._hung_before: tuple[str, ...] = ()
        self._refused: dict[str, None] = {}
        self.killed: list[str] = []
        self._lost_s = 0.0
        self.runs = 0

    @classmethod
    @contextmanager
    def entered(
        cls, spec: ProgramSpec, deployment: Deployment, memory_limit_mb: int | None = None
    ) -> Iterator[IsolatedPlayer]:
        """Start a worker that has imported the program.

        Raises:
            UsageError: the program cannot be imported or called, or cannot be sent.
        """
        _check_that_it_can_be_sent(spec)
        if memory_limit_mb is None:
            memory_limit_mb = deployment.function.memory_mb + MEMORY_MARGIN_MB
        player = cls(spec, deployment, memory_limit_mb)
        try:
            # A strategy for bodies cannot be sent, and is drawn from in a world here.
            with importing_from(spec.code), World(environment_variables(deployment)).running():
                player._start()
                yield player
        finally:
            player.close()

    def close(self) -> None:
        """End every process."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        self._nursery.close()

    @property
    def _known(self) -> State:
        assert self._state is not None, "a worker tells its state when it is entered"
        return self._state

    @property
    def overlaps(self) -> bool:
        """As the worker's player has it."""
        return self._known.overlaps

    @property
    def shows_effects(self) -> bool:
        """As the worker's player has it."""
        return self._known.shows_effects

    @property
    def warm_only(self) -> str | None:
        """As the worker's player has it."""
        return self._known.warm_only

    @property
    def hung(self) -> Sequence[str]:
        """Where invocations were ended that did not end by themselves, by whomever."""
        return [*self._hung_before, *self._known.hung]

    @property
    def has_had_enough(self) -> bool:
        """Whether so many invocations had to be ended that going on would take too long."""
        return len(self.hung) >= HUNG_MAX or len(self.killed) >= KILLED_MAX or self._lost_s > LOST_S

    @property
    def refused(self) -> Sequence[str]:
        """Outside hosts that the handler tried to reach."""
        return list(self._refused)

    @property
    def asks_for_time(self) -> bool:
        """As the worker's player has it."""
        return self._known.asks_for_time

    @property
    def can_overlap(self) -> bool:
        """As the worker's player has it."""
        return self._known.warm_only is None

    @property
    def site_notes(self) -> Sequence[str]:
        """What is to be told of calls that are no fault sites, and of sites nobody called."""
        return self._known.site_notes

    @property
    def not_made(self) -> Sequence[str]:
        """What of the template is not in the world, one sentence each."""
        return self._known.not_made

    @property
    def printed(self) -> str:
        """The last line that the handler printed in the last run."""
        return self._known.printed

    def baseline(self) -> Mapping[str, Tree]:
        """The state of moto's services in a fresh world, by service."""
        return self._baseline

    def share_world(self, *, shared: bool) -> None:
        """Choose whether handler and effects share the modules both need."""
        self._shared = shared
        self._ask(Share(shared=shared))

    def load_bodies(self, given: Any) -> Bodies:
        """Read bodies, by the worker if it can: the handler's own module may hold them.

        Raises:
            UsageError: nothing can be made of it.
        """
        if isinstance(given, str) or _is_ours(given):
            found: Bodies | None = self._ask(Load(given=given)).bodies
            if found is not None:
                return found
        with captured(OutputTail()):
            return load_bodies(given)

    def play(
        self,
        scenario: Scenario,
        *,
        variant: Variant = PLAIN,
        receives_max: int = RECEIVES_MAX,
        observing: bool = True,
        one_by_one: bool = False,
    ) -> Run:
        """Play a scenario in a fresh world of the worker's.

        Raises:
            UsageError: the user's `reset` or `effects` failed, or ended the process.
        """
        request = Play(
            scenario=scenario,
            variant=variant,
            receives_max=receives_max,
            observing=observing,
            one_by_one=one_by_one,
        )
        run = self._played(request).run
        assert run is not None, "a scenario that was played has a run"
        return run

    def play_on(self, connection: Connection, scenario: Scenario) -> PlayedOnEndpoint:
        """Play a scenario in a fresh world of the worker's, with its queues on an endpoint too.

        Raises:
            UsageError: the user's `reset` or `effects` failed, or ended the process; or the
                endpoint does not answer.
        """
        request = Play(
            scenario=scenario,
            variant=PLAIN,
            receives_max=RECEIVES_MAX,
            observing=True,
            one_by_one=False,
            endpoint=(connection.endpoint, connection.name),
        )
        there = self._played(request, NearConnection(connection)).there
        assert there is not None, "that is what was asked for"
        return there

    def _played(self, request: Play, near: NearConnection | None = None) -> Answer:
        """Have a scenario played, again and again while it ends the process."""
        self.runs += 1
        deaths: dict[int, Death] = {}
        tries: dict[int, int] = {}
        while True:
            began = real_monotonic()
            try:
                return self._ask(dataclasses.replace(request, deaths=deaths), near)
            except WorkerEnded as ended:
                if near is not None:
                    near.drop_the_rest()
                self._lost_s += real_monotonic() - began
                moment = ended.moment
                number = moment.invocation
                if not number or moment.phase not in (Phase.INVOCATION, Phase.OURS):
                    raise self._of_no_use(ended) from None
                tries[number] = tries.get(number, 0) + 1
                calls = moment.calls if tries[number] < _TRIES_PER_INVOCATION else 0
                deaths[number] = Death(calls=calls, signal=ended.signal)
                self._note(ended)
                self._start_again()
                if tries[number] > _TRIES_PER_INVOCATION:
                    raise self._of_no_use(ended) from None

    def _note(self, ended: WorkerEnded) -> None:
        where = ended.where or "a place that is not known"
        if ended.signal is None:
            self._hung_before = (*self._hung_before, where)
        else:
            self.killed.append(f"at {where} ({ended.how})" if ended.where else f"({ended.how})")

    def _of_no_use(self, ended: WorkerEnded) -> UsageError:
        doing = _WHILE.get(ended.moment.phase)
        if doing is None:
            doing = f"playing invocation {ended.moment.invocation} of a run"
        at = f" at {ended.where}" if ended.where else ""
        return UsageError(f"{doing} ended the process{at}: {ended.how}")

    def _start_again(self) -> None:
        if self._state is not None:
            self._hung_before = (*self._hung_before, *self._state.hung)
        self._start()

    def _start(self) -> None:
        if self._worker is not None:
            self._worker.close()
        with_aws = self._state is not None and self._state.uses_aws
        self._worker = WorkerProcess(self._nursery, with_aws=with_aws, memory_mb=self._memory_mb)
        try:
            self._ask(self._enter)
            if self._shared is not None:
                self._ask(Share(shared=self._shared))
        except WorkerEnded as ended:
            raise self._of_no_use(ended) from None
        self._worker.settle()

    def _ask(self, request: Request, near: NearConnection | None = None) -> Answer:
        assert self._worker is not None, "there is a worker until the end"
        answer = self._worker.ask(request, None if near is None else near.tell)
        if isinstance(answer, Refused):
            raise UsageError(answer.message, detail=answer.detail)
        if isinstance(answer, Fault):
            raise RuntimeError(  # noqa: TRY004  a fault of ours, told as one
                f"in a process of its own:\n{answer.text}"
            )
        assert isinstance(answer, Answer), answer
        self._state = answer.state
        if answer.state.baseline is not None:
            self._baseline.update(answer.state.baseline)
        self._refused.update(dict.fromkeys(answer.state.refused))
        return answer


def _is_ours(given: Any) -> bool:
    """Whether it is what looks for bodies where nobody gave any: plain data, and callable."""
    return callable(given) and type(given).__module__.startswith(_OURS)


def _check_that_it_can_be_sent(spec: ProgramSpec) -> None:
    for name in ("handler", "effects", "reset"):
        given = getattr(spec, name)
        try:
            pickle.dumps(given)
        except (pickle.PicklingError, AttributeError, TypeError):
            raise UsageError(
                f"isolated: {name} must be given as 'module:function', not as {given!r}: it is "
                "to be found by another process"
            ) from None
