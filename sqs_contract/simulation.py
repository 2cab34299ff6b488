"""The simulator for tests people write by hand: send, run, look.

No exploration, no oracle, no mocked AWS: queue, event source mapping and a
handler in virtual time, with the faults you name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from sqs_contract.backends.simulator import Simulator
from sqs_contract.deployment.settings import Deployment
from sqs_contract.faults.gate import Gate
from sqs_contract.history import Event
from sqs_contract.model.message import NO_ATTRIBUTES, MessageAttribute
from sqs_contract.scenario import Fault, Scenario, ScenarioMessage
from sqs_contract.stage.world import World
from sqs_contract.targets.program import Program, ProgramSpec
from sqs_contract.targets.python import PythonTarget
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.waiting import waits_in_virtual_time

_NO_BOUND = 2**62


class Simulation:
    """A queue that feeds a handler.

    Example:
        >>> simulation = Simulation(lambda event, context: None)
        >>> message = simulation.send("hello")
        >>> simulation.run()
        >>> simulation.deleted
        ['hello']

    Args:
        handler: called with an event and a context, as Lambda calls it.
        deployment: queue, mapping and function settings; AWS's defaults if left out.
        faults: what goes wrong, and where. Messages are named `m1`, `m2`, ...
        receives_max: how often a message may be received before the run is cut off.
        world: a world that is running, with mocked AWS; left out, only time is virtual.
    """

    def __init__(
        self,
        handler: Callable[[Any, Any], Any],
        *,
        deployment: Deployment | None = None,
        faults: Sequence[Fault] = (),
        receives_max: int = 100,
        world: World | None = None,
    ) -> None:
        self._world = world
        self._clock = VirtualClock() if world is None else world.clock
        self._gate = Gate(self._clock) if world is None else world.gate
        program = Program(ProgramSpec(handler=handler))
        self._target = PythonTarget(program, self._clock, self._gate, world)
        self._target.new_world()
        self._scenario = Scenario(
            messages=(), faults=tuple(faults), deployment=deployment or Deployment()
        )
        self._simulator = Simulator(
            self._scenario,
            self._target,
            self._clock,
            receives_max=receives_max,
            invocations_max=_NO_BOUND,
        )
        self._faults = tuple(faults)
        self._has_begun = False
        self._sent = 0

    def send(
        self,
        body: str,
        *,
        attributes: Mapping[str, MessageAttribute] = NO_ATTRIBUTES,
        group: str | None = None,
        deduplication_id: str | None = None,
    ) -> str:
        """Send a message now; returns its message id. The first is `m1`, the second `m2`.

        Args:
            body: the text.
            attributes: its message attributes.
            group: its message group; a FIFO queue wants one.
            deduplication_id: for a FIFO queue; left out, the queue's content-based
                deduplication tells, and without that no two messages are duplicates.

        Raises:
            UsageError: SQS would not take the message.
        """
        self._sent += 1
        message = ScenarioMessage(
            name=f"m{self._sent}",
            body=body,
            attributes=attributes,
            group_id=group,
            deduplication_id=deduplication_id,
        )
        self._simulator.send(message)
        return message.message_id

    def run(self) -> None:
        """Poll, invoke and settle until the queue is empty or a bound is reached."""
        if not self._has_begun:
            self._has_begun = True
            self._gate.begin_run(self._faults, self._simulator.record)
            if self._world is not None:
                self._world.feed_from(self._simulator.queue_api)
        with ExitStack() as stack:
            if self._world is None:
                stack.enter_context(self._clock.running())
                stack.enter_context(waits_in_virtual_time(self._clock))
            stack.enter_context(self._target.guarded())
            stack.enter_context(self._target.entered())
            self._simulator.drain()

    @property
    def history(self) -> list[Event]:
        """Everything that happened so far, in order."""
        return self._simulator.run.events

    @property
    def deleted(self) -> list[str]:
        """Bodies of the messages Lambda deleted."""
        return self._simulator.deleted_bodies()

    @property
    def waiting(self) -> list[str]:
        """Bodies of the messages still in the queue."""
        return [message.body for message in self._simulator.queue.messages()]

    @property
    def dead_letters(self) -> list[str]:
        """Bodies of the messages in the dead-letter queue."""
        return [message.body for message in self._simulator.dead_letter_queue.messages()]

    @property
    def now(self) -> float:
        """Virtual epoch seconds."""
        return self._clock.now_ms / 1000
