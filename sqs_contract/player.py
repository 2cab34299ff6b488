"""Plays scenarios of one program: a fresh world each time, the simulator in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, Self

from sqs_contract.backends.bounds import RECEIVES_MAX
from sqs_contract.backends.endpoints import EndpointQueues, PlayedOnEndpoint, play_on
from sqs_contract.backends.run import Run
from sqs_contract.backends.simulator import Simulator
from sqs_contract.backends.target import Target
from sqs_contract.bodies.source import Bodies, load_bodies
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.connection import Connection
from sqs_contract.faults.sites.uncovered import notes_on_sites
from sqs_contract.history import Event
from sqs_contract.scenario import Scenario
from sqs_contract.stage.world import PLAIN, Variant, World
from sqs_contract.targets.code import importing_from
from sqs_contract.targets.companion import accompanied
from sqs_contract.targets.context import environment_variables
from sqs_contract.targets.program import Program, ProgramSpec
from sqs_contract.targets.python import PythonTarget
from sqs_contract.targets.watchdog import place_of, watched
from sqs_contract.world.effects import Tree
from sqs_contract.world.life import ImportStopped
from sqs_contract.world.output import OutputTail, captured

if TYPE_CHECKING:
    from sqs_contract.stage.moto_world import MotoWorld

HUNG_MAX: Final = 3
"""Exploration stops when so many invocations had to be stopped in real time: each costs seconds."""


class Plays(Protocol):
    """Whoever plays scenarios of one program, in this process or in one of its own."""

    @property
    def overlaps(self) -> bool:
        """Whether handler and effects need the same modules of the project."""
        ...

    @property
    def shows_effects(self) -> bool:
        """Whether the user gave `effects`; else what moto holds is looked at."""
        ...

    @property
    def warm_only(self) -> str | None:
        """Why cold starts cannot be played, if they cannot."""
        ...

    @property
    def can_overlap(self) -> bool:
        """Whether two invocations can be played at once."""
        ...

    @property
    def asks_for_time(self) -> bool:
        """Whether the handler looks at the time, and so has a way of its own when it is short."""
        ...

    @property
    def hung(self) -> Sequence[str]:
        """Where invocations were ended that did not end by themselves in real time."""
        ...

    @property
    def killed(self) -> Sequence[str]:
        """Where and how invocations ended the process they ran in."""
        ...

    @property
    def has_had_enough(self) -> bool:
        """Whether so many invocations had to be ended that going on would take too long."""
        ...

    @property
    def refused(self) -> Sequence[str]:
        """Outside hosts that the handler tried to reach."""
        ...

    @property
    def site_notes(self) -> Sequence[str]:
        """What is to be told of calls that are no fault sites, and of sites nobody called."""
        ...

    @property
    def not_made(self) -> Sequence[str]:
        """What of the template is not in the world, one sentence each."""
        ...

    @property
    def printed(self) -> str:
        """The last line that the handler printed in the last run."""
        ...

    def baseline(self) -> Mapping[str, Tree]:
        """The state of moto's services in a fresh world, by service, as far as it is known."""
        ...

    def share_world(self, *, shared: bool) -> None:
        """Choose whether handler and effects share the modules both need."""
        ...

    def load_bodies(self, given: Any) -> Bodies:
        """Read bodies from whatever the user gave, in the world."""
        ...

    def play(
        self,
        scenario: Scenario,
        *,
        variant: Variant = PLAIN,
        receives_max: int = RECEIVES_MAX,
        observing: bool = True,
        one_by_one: bool = False,
    ) -> Run:
        """Play a scenario in a fresh world."""
        ...

    def play_on(self, connection: Connection, scenario: Scenario) -> PlayedOnEndpoint:
        """Play a scenario in a fresh world, with its queues on an endpoint too."""
        ...


class Played(Target, Protocol):
    """What a player needs of a target beside what the simulator does."""

    hung: list[str]
    killed: list[str]
    output: OutputTail

    def entered(self) -> AbstractContextManager[None]:
        """A run is on."""
        ...

    def new_world(self, salt: int = 0) -> None:
        """Start over: no execution environment exists."""

    def give_up(self) -> None:
        """The run is over, whatever invocation is still held."""


class _WorldImport:
    """The import of the user's world functions, as the watchdog sees it."""

    busy = True
    calls = 0
    dead = False
    memory_mb = None

    def is_hub(self) -> bool:
        return False


_WORLD_IMPORT: Final = _WorldImport()


def _stop_import(frame: FrameType | None, reason: str | None) -> None:
    raise ImportStopped(place_of(frame), reason)


class Player:
    """One program in one world, ready to play any scenario of its deployment."""

    program_type: ClassVar[type[Program]] = Program
    target_type: ClassVar[type[PythonTarget]] = PythonTarget

    def __init__(self, world: World, program: Program) -> None:
        self.world = world
        self.program = program
        self.target = self.target_type(program, world.clock, world.gate, world)
        self.played: Played = self.target
        self.runs = 0

    @classmethod
    @contextmanager
    def entered(cls, spec: ProgramSpec, deployment: Deployment) -> Iterator[Self]:
        """Enter a world and import the program in it.

        Raises:
            UsageError: the program cannot be imported or called.
        """
        world = World(environment_variables(deployment), spec.world, spec.fault_sites)
        with importing_from(spec.code), world.running():
            # What imports print is no business of a report.
            with (
                captured(OutputTail()),
                accompanied(),
                watched(lambda: _WORLD_IMPORT, _stop_import),
            ):
                program = cls.program_type(spec)
                world.sites.check()
            try:
                player = cls(world, program)
                with accompanied(), player.target.guarded():
                    yield player
                player.target.give_up()
            finally:
                program.close()

    @property
    def overlaps(self) -> bool:
        """Whether handler and effects need the same modules of the project."""
        return self.program.overlaps

    @property
    def shows_effects(self) -> bool:
        """Whether the user gave `effects`; else what moto holds is looked at."""
        return self.program.effects is not None

    @property
    def warm_only(self) -> str | None:
        """Why cold starts cannot be played, if they cannot."""
        return self.program.warm_only

    @property
    def hung(self) -> Sequence[str]:
        """Where invocations were ended that did not end by themselves in real time."""
        return self.played.hung

    @property
    def killed(self) -> Sequence[str]:
        """Where and how invocations were ended that took too much memory."""
        return self.played.killed

    @property
    def has_had_enough(self) -> bool:
        """Whether so many invocations had to be ended that going on would take too long."""
        return len(self.hung) + len(self.killed) >= HUNG_MAX

    @property
    def refused(self) -> Sequence[str]:
        """Outside hosts that the handler tried to reach."""
        return list(self.world.guard.refused)

    @property
    def asks_for_time(self) -> bool:
        """Whether the handler's own modules ask for the time that an invocation has left."""
        return self.program.asks_for_time

    @property
    def can_overlap(self) -> bool:
        """Whether two invocations can be played at once."""
        return self.program.warm_only is None

    @property
    def site_notes(self) -> Sequence[str]:
        """What is to be told of calls that are no fault sites, and of sites nobody called."""
        world, program = self.world, self.program
        return tuple(
            notes_on_sites(
                program.libraries,
                world.guard.past_the_sites,
                program.spec.fault_sites,
                world.gate.sites_seen,
            )
        )

    @property
    def not_made(self) -> Sequence[str]:
        """What of the template is not in the world, one sentence each."""
        return self.world.not_made

    @property
    def printed(self) -> str:
        """The last line that the handler printed in the last run."""
        return self.played.output.last_line()

    def baseline(self) -> Mapping[str, Tree]:
        """The state of moto's services in a fresh world, by service, as far as it is known."""
        return {} if self.world.moto is None else self.world.moto.baseline

    def share_world(self, *, shared: bool) -> None:
        """Choose whether handler and effects share the modules both need."""
        self.program.share_world(shared=shared)

    def load_bodies(self, given: Any) -> Bodies:
        """Read bodies from whatever the user gave, in the world.

        Raises:
            UsageError: nothing can be made of it.
        """
        with captured(OutputTail()):  # what imports print is no business of a report
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
        """Play a scenario in a fresh world; `one_by_one`, each message is delivered once.

        Raises:
            UsageError: the user's `reset` or `effects` failed.
        """
        self.runs += 1
        self.played.output.clear()
        with self.played.entered():
            simulator = self._set_up(scenario, variant, receives_max, observing=observing)
            return simulator.play_one_by_one() if one_by_one else simulator.play()

    def play_on(self, connection: Connection, scenario: Scenario) -> PlayedOnEndpoint:
        """Play a scenario in a fresh world, with its queues on an endpoint too.

        Raises:
            UsageError: the user's `reset` or `effects` failed, or the endpoint does not answer.
        """
        return play_on(connection, scenario, self._play_with)

    def _play_with(self, scenario: Scenario, queues: EndpointQueues) -> Run:
        self.runs += 1
        self.played.output.clear()
        with self.played.entered():
            simulator = self._set_up(scenario, PLAIN, RECEIVES_MAX, observing=True, queues=queues)
            return simulator.play()

    def _set_up(
        self,
        scenario: Scenario,
        variant: Variant,
        receives_max: int,
        *,
        observing: bool,
        queues: EndpointQueues | None = None,
    ) -> Simulator:
        # The world is there before the handler is imported: it may look at it right away.
        self._begin_world(variant, scenario.seed)
        self.world.hand_over(self.program)
        self.played.new_world(variant.seed)
        simulator = Simulator(
            scenario,
            self.played,
            self.world.clock,
            observe=self._observe if observing else None,
            observe_leniently=self.world.observe_leniently,
            receives_max=receives_max,
            earlier_receives=variant.earlier_receives,
            salt=variant.seed,
            queues=None if queues is None else queues.make(variant.seed),
        )
        if queues is not None:
            queues.call_messages(simulator.books.names)
        self.world.feed_from(simulator.queue_api)
        self.world.gate.begin_run(scenario.faults, self._recorder(simulator.record))
        return simulator

    def _begin_world(self, variant: Variant, seed: int) -> None:
        self.played.give_up()
        self.world.fresh(variant, seed)
        self.program.new_world()
        self.world.reset(self.program, variant, seed)

    @contextmanager
    def fresh_world(self, seed: int) -> Iterator[MotoWorld | None]:
        """A world before the first invocation, in which nobody acts but whoever enters it;
        and its AWS, if there is any in it.

        Raises:
            UsageError: the user's `reset` failed.
        """
        with self.target.entered():
            self._begin_world(PLAIN, seed)
            yield self.world.moto

    def look(self) -> Tree:
        """What the world looks like now.

        Raises:
            UsageError: the user's `effects` failed.
        """
        return self._observe()

    def _recorder(self, record: Callable[[Event], None]) -> Callable[[Event], None]:
        """Who is told of each call the handler makes."""
        return record

    def _observe(self) -> Tree:
        return self.world.observe(self.program)
