"""Simulations in a world of their own: mocked AWS, dummy credentials, no network, virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqs_contract.deployment.settings import Deployment
from sqs_contract.errors import UsageError
from sqs_contract.scenario import Fault
from sqs_contract.simulation import Simulation
from sqs_contract.stage.world import PLAIN, World
from sqs_contract.targets.context import environment_variables


class SqsSimulator:
    """Makes simulations, all in one world."""

    def __init__(self, world: World, default: Deployment) -> None:
        self._world = world
        self._default = default

    def __call__(
        self,
        handler: Callable[[Any, Any], Any],
        *,
        deployment: Deployment | None = None,
        faults: Sequence[Fault] = (),
        receives_max: int = 100,
        **settings: Any,
    ) -> Simulation:
        """A queue that feeds `handler`.

        Args:
            handler: called with an event and a context, as Lambda calls it.
            deployment: how it is deployed; the fixture `sqs_deployment`, if left out; or give `Deployment.of`'s arguments right here.
            faults: what goes wrong, and where. Messages are named `m1`, `m2`, ...
            receives_max: how often a message may be received before the run is cut off.
            settings: arguments of `Deployment.of`.

        Raises:
            UsageError: a setting is wrong, or both forms are given.
        """
        if deployment is not None and settings:
            raise UsageError("give a deployment or its settings, not both")
        given = Deployment.of(**settings) if settings else deployment or self._default
        return Simulation(
            handler,
            deployment=given,
            faults=faults,
            receives_max=receives_max,
            world=self._world,
        )


@contextmanager
def simulations(default: Deployment) -> Iterator[SqsSimulator]:
    """A maker of simulations of a deployment, in a world that lasts as long as this."""
    world = World(environment_variables(default))
    with world.running():
        world.fresh(PLAIN, 0)
        yield SqsSimulator(world, default)
