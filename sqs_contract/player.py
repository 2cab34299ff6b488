"""Plays scenarios of one program: a fresh world each time, the simulator in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqs_contract.backends.run import Run
from sqs_contract.backends.simulator import RECEIVES_MAX, Simulator
from sqs_contract.deployment import Deployment
from sqs_contract.scenario import Scenario
from sqs_contract.stage.world import PLAIN, Variant, World
from sqs_contract.targets.code import importing_from
from sqs_contract.targets.context import environment_variables
from sqs_contract.targets.program import Program, ProgramSpec
from sqs_contract.targets.python import PythonTarget
from sqs_contract.world.effects import Tree
from sqs_contract.world.output import OutputTail, captured


class Player:
    """One program in one world, ready to play any scenario of its deployment."""

    def __init__(self, world: World, program: Program) -> None:
        self.world = world
        self.program = program
        self.target = PythonTarget(program, world.clock, world.gate, world)
        self.runs = 0

    @classmethod
    @contextmanager
    def entered(cls, spec: ProgramSpec, deployment: Deployment) -> Iterator[Player]:
        """Enter a world and import the program in it.

        Raises:
            UsageError: the program cannot be imported or called.
        """
        world = World(environment_variables(deployment), spec.world)
        with importing_from(spec.code), world.running():
            with captured(OutputTail()):  # what imports print is no business of a report
                program = Program(spec)
            try:
                player = cls(world, program)
                with player.target.guarded():
                    yield player
                player.target.retire()
            finally:
                program.close()

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
        with self.target.entered():
            simulator = self._set_up(scenario, variant, receives_max, observing=observing)
            return simulator.play_one_by_one() if one_by_one else simulator.play()

    def _set_up(
        self, scenario: Scenario, variant: Variant, receives_max: int, *, observing: bool
    ) -> Simulator:
        self.target.retire()
        # The world is there before the handler is imported: it may look at it right away.
        self.world.fresh(variant, scenario.seed)
        self.program.new_world()
        self.world.reset(self.program, variant, scenario.seed)
        self.world.hand_over(self.program)
        self.target.new_world(variant.seed)
        simulator = Simulator(
            scenario,
            self.target,
            self.world.clock,
            observe=self._observe if observing else None,
            observe_leniently=self.world.observe_leniently,
            receives_max=receives_max,
            earlier_receives=variant.earlier_receives,
            salt=variant.seed,
        )
        self.world.feed_from(simulator.queue_api)
        self.world.gate.begin_run(scenario.faults, simulator.record)
        return simulator

    def _observe(self) -> Tree:
        return self.world.observe(self.program)
