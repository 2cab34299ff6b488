"""A player whose handler runs in processes of its own, behind the Runtime API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

import time_machine

from sqs_contract.backends.bounds import RECEIVES_MAX
from sqs_contract.backends.run import Run
from sqs_contract.deployment import Deployment
from sqs_contract.errors import UsageError
from sqs_contract.player import Player
from sqs_contract.references import Reference
from sqs_contract.runtime.aws_endpoint import Service
from sqs_contract.runtime.environment import Place
from sqs_contract.runtime.folder import folder_of_run
from sqs_contract.runtime.keeping import Keeper
from sqs_contract.runtime.needs import names_tmp, needs_of
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.runtime.target import RuntimeTarget
from sqs_contract.scenario import Scenario
from sqs_contract.stage.world import PLAIN, Variant, World
from sqs_contract.targets.code import importing_from
from sqs_contract.targets.context import environment_variables
from sqs_contract.targets.program import Program, ProgramSpec
from sqs_contract.world.clock import real_sleep
from sqs_contract.world.output import OutputTail, captured

_TICK_S: Final = 0.05

_ONE_TMP: Final = (
    "the handler's processes have one /tmp, since the system, or a project that lies there, lets "
    "them have none of their own: what they find there may be of another run (where TMPDIR leads "
    "is their own)"
)


class _Program(Program):
    """The functions of the world; the handler is imported elsewhere."""

    def share_world(self, *, shared: bool) -> None:  # noqa: ARG002  as the base class has it
        """They share nothing: two processes have no module in common."""
        self.shares_world = False
        self.warm_only = None

    @property
    def overlaps(self) -> bool:
        """Never: see `share_world`."""
        return False

    def cold_start(self, *, new_world: bool = False) -> None:
        """The handler's process is started by the target."""

    @cached_property
    def asks_for_time(self) -> bool:
        """Not known: what it is made of is not looked at."""
        return False

    @property
    def outlives_worlds(self) -> bool:
        """Nothing of the handler's does."""
        return False

    @property
    def reset_can_be_replayed(self) -> bool:
        """Whether `reset` only talks to AWS."""
        return self.reset is None or self._reset_only_talks_to_aws

    @cached_property
    def libraries(self) -> frozenset[str]:
        """None that has fault sites: only calls of AWS are sites here."""
        return frozenset()


class RuntimePlayer(Player):
    """Plays scenarios of one program in runtime processes."""

    def __init__(self, world: World, program: Program, target: RuntimeTarget) -> None:
        self.world = world
        self.program = program
        self.played = target
        self._runtime = target
        self._plain_at_s = 0
        self.follows_clock = True
        """Whether the handler's processes live at the date that we say."""
        self.runs = 0

    @classmethod
    @contextmanager
    def started(
        cls, spec: ProgramSpec, deployment: Deployment, runtime: RuntimeSpec
    ) -> Iterator[RuntimePlayer]:
        """Enter a world and start a runtime process in it.

        Raises:
            UsageError: it cannot be started, or what it is given cannot be used there.
        """
        handler = _handler_name(spec, runtime)
        if spec.fault_sites:
            raise UsageError(
                "fault sites are functions in our own process: leave them out with a runtime, where "
                "every call of AWS is one"
            )
        here = ProgramSpec(
            handler=_elsewhere, effects=spec.effects, reset=spec.reset, world=spec.world,
            code=spec.code, origin=spec.origin,
        )  # fmt: skip
        keeper = Keeper(python=runtime.command is None)
        world = World(environment_variables(deployment), spec.world)
        with folder_of_run() as folder:
            keeper.own(folder)
            place = Place(
                spec=runtime, keeper=keeper, gate=world.gate, service=_service_of(world),
                handler=handler, folder=folder, output=folder / "output",
                refused=world.guard.refused,
            )  # fmt: skip
            place.output.touch()
            try:
                with importing_from(spec.code), world.running():
                    with captured(OutputTail()):  # what imports print is no business of a report
                        program = _Program(here)
                    if runtime.command is None:
                        keeper.preload(*needs_of(handler))
                    target = RuntimeTarget(place, world.clock, deployment)
                    player = cls(world, program, target)
                    try:
                        player.check_start()
                        yield player
                    finally:
                        target.close()
                        program.close()
            finally:
                keeper.close()

    @property
    def site_notes(self) -> Sequence[str]:
        """What is to be told of what the handler's processes have in common here."""
        return (_ONE_TMP,) if self._runtime.shares_tmp else ()

    def check_start(self) -> None:
        """See that the handler's process starts, in a world.

        Raises:
            UsageError: it does not.
        """
        self.world.fresh(PLAIN, 0)
        self.world.reset(self.program, PLAIN, 0)
        self.world.hand_over(self.program)
        self.follows_clock = self._runtime.check_start()
        if (
            self._runtime.shares_tmp
            and self._runtime.is_python
            and names_tmp(self._runtime.handler)
        ):
            raise UsageError(
                f"handler {self._runtime.handler!r} names /tmp, and its processes cannot have one "
                "each here: the system lets them have no namespace, or the project lies in /tmp; "
                "verify it without a runtime"
            )

    def play(
        self,
        scenario: Scenario,
        *,
        variant: Variant = PLAIN,
        receives_max: int = RECEIVES_MAX,
        observing: bool = True,
        one_by_one: bool = False,
    ) -> Run:
        """Play a scenario in a fresh world. Where processes live at the real date, one that is
        to differ in nothing but circumstances is played in another second.

        Raises:
            UsageError: the user's `reset` or `effects` failed.
        """
        if variant == PLAIN:
            self._plain_at_s = _real_second()
        elif not self.follows_clock:
            while _real_second() == self._plain_at_s:
                real_sleep(_TICK_S)
        return super().play(
            scenario,
            variant=variant,
            receives_max=receives_max,
            observing=observing,
            one_by_one=one_by_one,
        )


def _real_second() -> int:
    return int(time_machine.escape_hatch.time.time())


def _elsewhere(_event: Any, _context: Any) -> None:
    """Stands for a handler that is none of this process."""
    raise AssertionError("the handler runs in a process of its own")


def _handler_name(spec: ProgramSpec, runtime: RuntimeSpec) -> str:
    """The handler as `_HANDLER` names it: `shop.orders.handler`."""
    if not isinstance(spec.handler, str):
        raise UsageError(
            f"runtime: handler must be given as 'module:function', not as {spec.handler!r}: it is "
            "to be found by another process"
        )
    if runtime.command is None:
        reference = Reference.parse(spec.handler, "handler")
        return f"{reference.module}.{reference.name}"
    return spec.handler


def _service_of(world: World) -> Callable[[], Service]:
    def service() -> Service:
        import botocore  # noqa: F401, PLC0415  which starts moto, if nothing has

        assert world.moto is not None, "the import started it"
        return world.moto

    return service
