"""The same set scored for what people use today: a unit test, a naive Hypothesis test, moto.

Each knows what the effects ought to be from the correct twin, which is more than the people who
write such tests know. A test that fails for the twin as well tells nobody anything: then
nothing counts as found.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any, Final
from unittest import mock

from benchmarks.detection.catalogue import Case
from benchmarks.detection.score import Verdict
from benchmarks.detection.worlds import World, aws_world
from benchmarks.figures import now

EXAMPLES_DEFAULT: Final = 25
"""How many examples the naive Hypothesis test draws; each is a new world here."""

Run = Callable[[Case], str | None]
"""Runs a method on a handler; returns what was wrong, or `None`."""


def judge(method: Run, case: Case, twin: Case) -> Verdict:
    """What a method says about a handler, beside what it says about its twin."""
    started = now()
    said = method(case)
    seconds = now() - started
    if case.is_twin:
        return Verdict(said=_listed(said), right=said is None, seconds=seconds)
    right = said is not None and method(twin) is None
    return Verdict(said=_listed(said), right=right, seconds=seconds)


def _listed(said: str | None) -> tuple[str, ...]:
    return () if said is None else (said,)


class Tests:
    """The three methods, for one class of bugs: what ought to happen is what its twin does."""

    def __init__(self, cases: Mapping[str, Case], examples: int = EXAMPLES_DEFAULT) -> None:
        self._cases = cases
        self._examples = examples

    def unit_test(self, case: Case) -> str | None:
        """One well-formed event with one message, delivered once: the effects are as expected,
        and nothing is raised or reported."""
        expected = self._expected(case, case.bodies[:1])
        with _world(case) as world:
            wrong = _deliver(world, case.bodies[:1])
            return wrong or _difference(expected, world.effects())

    def hypothesis_test(self, case: Case) -> str | None:
        """Bodies of the right shape, in a hand-copied event, each delivered once: nothing is
        raised or reported, and something has happened."""
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis.errors import Flaky

        @settings(
            max_examples=self._examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(body=_naive_bodies(json.loads(case.bodies[0])))
        def test(body: Any) -> None:
            with _world(case) as world:
                before = world.effects()
                wrong = _deliver(world, [json.dumps(body)])
                assert wrong is None, wrong
                assert world.effects() != before, "nothing happened"

        try:
            test()
        except Flaky:
            return "failed, and then did not"
        except AssertionError as error:
            return str(error).splitlines()[0]
        return None

    def moto_mapping(self, case: Case) -> str | None:
        """Every body sent to a queue of moto's that is mapped to the handler: the effects are as
        expected, and the queue is empty. moto invokes once for each message and reads no
        report: what does not raise is deleted."""
        expected = self._expected(case, case.bodies)
        with _world(case) as world:
            waiting = world.send_through_mapping(
                case.bodies, _context(), case.deployment.get("batch_size", 10)
            )
            if waiting:
                return f"{waiting} messages are still in the queue"
            return _difference(expected, world.effects())

    def _expected(self, case: Case, bodies: tuple[str, ...]) -> Any:
        """What one does with these bodies that does them right, each alone."""
        with _world(self._cases[case.expected_from]) as world:
            _deliver(world, bodies)
            return world.effects()


METHODS: Final = ("unit_test", "hypothesis_test", "moto_mapping")


def _deliver(world: World, bodies: Sequence[str]) -> str | None:
    """Deliver messages once each, one by one; returns what was wrong."""
    for body in bodies:
        event = _event(world.received(body), world.queue)
        try:
            response = world.handler(event, _context())
        except Exception as error:  # noqa: BLE001  whatever the handler raises
            return f"raised {type(error).__name__}"
        reported = response.get("batchItemFailures") if isinstance(response, dict) else None
        if reported:
            return "reported as failed"
    return None


def _difference(expected: Any, found: Any) -> str | None:
    return None if expected == found else "the effects are not as expected"


@contextmanager
def _world(case: Case) -> Iterator[World]:
    """A new world with the handler imported in it, in which nobody really waits."""
    _forget_cases()
    try:
        with mock.patch.object(time, "sleep", return_value=None), aws_world() as world:
            _named(case.reset)()
            world.begin(case, _named(case.handler), _named(case.effects))
            yield world
    finally:
        _forget_cases()


def _forget_cases() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cases"]:
        del sys.modules[name]


def _named(reference: str | None) -> Any:
    if reference is None:
        return None
    module, _, name = reference.partition(":")
    found: ModuleType = importlib.import_module(module)
    return getattr(found, name)


def _event(received: dict[str, Any], queue: str) -> dict[str, Any]:
    """An event as it stands in AWS's documentation, with this message in it."""
    return {
        "Records": [
            {
                "messageId": received["MessageId"],
                "receiptHandle": received["ReceiptHandle"],
                "body": received["Body"],
                "attributes": received["Attributes"],
                "messageAttributes": {},
                "md5OfBody": received["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
                "awsRegion": "us-east-1",
            }
        ]
    }


def _context() -> Any:
    """The context a unit test makes up."""
    return SimpleNamespace(
        function_name="orders",
        function_version="$LATEST",
        memory_limit_in_mb="128",
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:orders",
        aws_request_id="52fdfc07-2182-154f-163f-5f0f9a621d72",
        get_remaining_time_in_millis=lambda: 30_000,
    )


def _naive_bodies(example: Any) -> Any:
    """A strategy as it is written in a minute: the shape of one body, and any values."""
    from hypothesis import strategies as st

    if isinstance(example, dict):
        return st.fixed_dictionaries({name: _naive_bodies(item) for name, item in example.items()})
    if isinstance(example, list):
        return st.lists(_naive_bodies(example[0]), min_size=1, max_size=3)
    if isinstance(example, bool):
        return st.booleans()
    if isinstance(example, int):
        return st.integers(min_value=0, max_value=10_000)
    if isinstance(example, float) and math.isfinite(example):
        return st.floats(min_value=0, max_value=10_000)
    return st.text(min_size=1, max_size=20) if isinstance(example, str) else st.none()
