"""The world of a run, put together: clock, randomness, network guard, AWS, effects."""

from __future__ import annotations

import importlib.abc
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Final

from sqs_contract.deployment.creation import Plan
from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.installed import FaultSites
from sqs_contract.faults.sites.passing import is_past_the_sites
from sqs_contract.model.queue_api import QueueApi
from sqs_contract.world.clock import EPOCH_MS, VirtualClock
from sqs_contract.world.effects import Tree, normalise
from sqs_contract.world.leftovers import Leftovers
from sqs_contract.world.life import Life
from sqs_contract.world.network import NetworkGuard
from sqs_contract.world.process import ProcessState
from sqs_contract.world.randomness import Randomness
from sqs_contract.world.waiting import waits_in_virtual_time

if TYPE_CHECKING:
    from sqs_contract.stage.client_pool import Side
    from sqs_contract.stage.deployed_world import DeployedWorld
    from sqs_contract.stage.moto_world import MotoWorld
    from sqs_contract.targets.program import Program

AWS: Final = "aws"
"""The key under which the state of moto's backends stands in the effects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What may differ between two runs of the same scenario and must not matter.

    Two golden runs in different variants show what is noise.
    """

    seed: int = 0
    offset_ms: int = 0
    earlier_receives: int = 0


PLAIN: Final = Variant()
OTHER: Final = Variant(seed=0x5EED, offset_ms=93_784_567, earlier_receives=2)
"""Another day, another time, other random numbers, a later delivery."""


class World:
    """Everything a handler can touch, reset before each run and looked at after each invocation.

    Args:
        environment: the variables of the function.
        plan: what its template deploys, made in every world where the user gives no `reset`.
        fault_sites: functions of the user's whose calls can be made to fail.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        plan: Plan | None = None,
        fault_sites: Sequence[str] = (),
    ) -> None:
        self.clock = VirtualClock()
        self.gate = Gate(self.clock)
        self.guard = NetworkGuard(partial(is_past_the_sites, self.gate))
        self.sites = FaultSites(self.gate, fault_sites)
        self._process = ProcessState({**environment, **_DUMMY_CREDENTIALS})
        self._leftovers = Leftovers()
        self._randomness = Randomness()
        self._stack = ExitStack()
        self.moto: MotoWorld | None = None
        self._side: Side | None = "world"
        self._queue_api: QueueApi | None = None
        self._plan = plan if plan is not None and plan.calls else None
        self._deployed: DeployedWorld | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Enter the world: virtual time, seeded randomness, mocked AWS, no network."""
        with ExitStack() as stack:
            stack.enter_context(self._process.installed())
            stack.enter_context(self._leftovers.watched())
            stack.enter_context(self.guard.installed())
            stack.enter_context(self._randomness.installed())
            stack.enter_context(self.clock.running())
            stack.enter_context(waits_in_virtual_time(self.clock))
            stack.enter_context(self.sites.installed())
            self._stack = stack
            stack.enter_context(self._moto_when_needed())
            yield

    def fresh(self, variant: Variant, seed: int) -> None:
        """An empty world, at the moment at which runs begin."""
        self.clock.deadline_us = None
        self._process.fresh()
        self._leftovers.fresh()
        self._let_act("world")
        self.clock.set(EPOCH_MS + variant.offset_ms)
        self._randomness.reseed(seed ^ variant.seed)
        if self.moto is not None:
            self.moto.fresh(seed ^ variant.seed)

    def reset(self, program: Program, variant: Variant, seed: int) -> None:
        """Make what the template deploys, or do what the user's `reset` does to an empty world."""
        if self.moto is not None and self._deployed is not None and program.reset is None:
            self.moto.restore((variant, seed), self._deployed.make)
            self._randomness.reseed(seed ^ variant.seed)
        elif self.moto is not None and program.reset_can_be_replayed:
            self.moto.restore((variant, seed), program.call_reset)
            self._randomness.reseed(seed ^ variant.seed)
        else:
            program.call_reset()
        self._process.keep()

    def hand_over(self, program: Program) -> None:
        """The world stands; from now on the handler acts in it."""
        self._let_act(None if program.outlives_worlds else "handler")

    def environment_ended(self, life: Life, *, for_good: bool) -> None:
        """A process of the handler's is gone, and what it had open with it."""
        self._leftovers.close(life, for_good=for_good)
        self.sites.environment_ended(life, for_good=for_good)

    def environment_begins(self, *, new: bool) -> None:
        """Another process of the handler's is about to start."""
        self._process.renew()
        if new:
            self._leftovers.renew()

    def set_aside(self) -> Callable[[], None]:
        """Another environment gets the word; what is returned gives it back to this one."""
        self._leftovers.wait_for_no_locks()
        process, files = self._process.set_aside(), self._leftovers.set_aside()

        def give_back() -> None:
            process()
            files()

        return give_back

    def observe(self, program: Program) -> Tree:
        """What the world looks like now: the user's effects, or else what moto holds.

        Raises:
            UsageError: `effects` raised, or returned something that cannot be compared.
        """
        if program.effects is not None:
            side = self._side
            self._let_act("world")
            try:
                return normalise(program.call_effects())
            finally:
                self._let_act(side)
        return self.moto.observe() if self.moto is not None else {}

    def observe_leniently(self) -> Tree | None:
        """The world without what a transport that delivers at least once may have doubled,
        where a lost acknowledgement makes that possible."""
        return self.moto.observe_leniently() if self.moto is not None else None

    @property
    def not_made(self) -> Sequence[str]:
        """What of the template is not in the world, one sentence each."""
        if self._plan is None or self._deployed is None:
            return ()
        return (*self._plan.left_out, *self._deployed.refused)

    def feed_from(self, queue_api: QueueApi) -> None:
        """The queue the handler is fed from in this run: its own calls reach it too (S95)."""
        self._queue_api = queue_api
        if self.moto is not None:
            self.moto.queue_api = queue_api

    def _let_act(self, side: Side | None) -> None:
        """Say whose AWS clients are made from now on."""
        self._side = side
        if self.moto is not None:
            self.moto.clients.side = side

    @contextmanager
    def _moto_when_needed(self) -> Iterator[None]:
        """Start moto now if botocore is there, or else when it is first imported."""
        if self._plan is not None or "botocore" in sys.modules:
            self._start_moto()
            yield
            return
        finder = _OnImport(("boto3", "botocore", "moto"), self._start_moto)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            if finder in sys.meta_path:
                sys.meta_path.remove(finder)

    def _start_moto(self) -> None:
        from sqs_contract.stage.moto_world import MotoWorld  # noqa: PLC0415  heavy

        self.moto = MotoWorld(self.gate, self.clock)
        before = dict(os.environ)
        self._stack.enter_context(self.moto.running())
        self._process.take_over(before)
        self._let_act(self._side)
        self.moto.queue_api = self._queue_api
        if self._plan is not None:
            from sqs_contract.stage.deployed_world import DeployedWorld  # noqa: PLC0415  the same

            self._deployed = DeployedWorld(self._plan)


_DUMMY_CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class _OnImport(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Calls back once, when one of some modules is imported for the first time.

    The action imports the module itself; the import under way is then given
    that module instead of loading a second one.
    """

    def __init__(self, names: tuple[str, ...], action: Callable[[], None]) -> None:
        self._names = names
        self._action = action

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  the protocol's
        target: ModuleType | None = None,  # noqa: ARG002  the protocol's
    ) -> ModuleSpec | None:
        if fullname not in self._names:
            return None
        sys.meta_path.remove(self)
        self._action()
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self._module = sys.modules[spec.name]
        self._spec = self._module.__spec__
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
