"""A function that answers as a script says, and what the simulator makes of it."""

from __future__ import annotations

import json

from sqs_contract import Deployment
from sqs_contract.backends.simulator import Simulator
from sqs_contract.history import Invoked
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.world.clock import EPOCH_MS, VirtualClock

FAILED = FunctionError(kind=ErrorKind.RAISED, error_type="ValueError", message="no")
DONE = Returned("null")
MINUTE = 60_000


class Lambda:
    """A target that answers as told: `answer(event, number)` is an outcome."""

    def __init__(self, answer, clock):
        self.answer, self.clock = answer, clock
        self.events, self.environment, self.cold = [], 0, True

    def prepare(self):
        cold = self.cold
        self.environment += cold
        self.cold = False
        return self.environment, cold

    def retire(self):
        self.cold = True

    def invoke(self, event, number, deployment):
        self.events.append(event)
        return self.answer(event, number)


class Played:
    """A run, its simulator and its target."""

    def __init__(self, *messages, answer, faults=(), takes_ms=0, settings=None, **more):
        clock = VirtualClock()

        def timed(event, number):
            clock.set(clock.now_ms + takes_ms)
            return answer(event, number)

        self.target = Lambda(timed, clock)
        self.simulator = Simulator(
            Scenario(
                messages=tuple(
                    ScenarioMessage(name=f"m{n}", body=item) if isinstance(item, str) else item
                    for n, item in enumerate(messages, 1)
                ),
                faults=tuple(faults),
                deployment=Deployment.of(**(settings or {})),
            ),
            self.target,
            clock,
            **more,
        )
        self.run = self.simulator.play()

    def of(self, kind):
        return [event for event in self.run.events if isinstance(event, kind)]

    @property
    def batches(self):
        """Seconds from the start, and each message with its receive count."""
        return [
            ((it.at_ms - EPOCH_MS) / 1000, [f"{name}.{count}" for name, count in it.records])
            for it in self.of(Invoked)
        ]


def always(outcome):
    return lambda *_: outcome


def failing(*bodies):
    """Reports the records with these bodies."""

    def answer(event, _):
        items = [
            {"itemIdentifier": it["messageId"]} for it in event["Records"] if it["body"] in bodies
        ]
        return Returned(json.dumps({"batchItemFailures": items}))

    return answer


def first_time(outcome, then=DONE):
    return lambda _, number: outcome if number == 1 else then


REPORTING = {"report_batch_item_failures": True}
