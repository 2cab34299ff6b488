"""Scenarios drawn by Hypothesis: small plans of several faults, shrunk with their messages."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from sqs_contract.bodies.source import as_body
from sqs_contract.deployment import Deployment
from sqs_contract.errors import SqsContractError
from sqs_contract.explore.plans import PLAN_BYTES_MAX, PLAN_BYTES_MIN, Pool, expand
from sqs_contract.scenario import Scenario, ScenarioMessage, message_for
from sqs_contract.world.patching import patched

_DRAWN_MAX = 2

_NO_TIME: Any = types.SimpleNamespace(perf_counter=lambda: 0.0, monotonic=lambda: 0.0)
"""To Hypothesis' engine no time passes."""


def _no_constants_of_modules() -> list[tuple[Any, str, Any]]:
    """Hypothesis also draws constants it finds in the modules that happen to be imported: what
    is drawn would hang on what else this process has done."""
    from hypothesis.internal.cache import LRUCache  # noqa: PLC0415  heavy
    from hypothesis.internal.conjecture import providers as library  # noqa: PLC0415

    providers: Any = library
    if not hasattr(providers, "_get_local_constants"):
        return []  # a version that does not do that
    nothing = providers.Constants()
    return [
        (providers, "_get_local_constants", lambda: nothing),
        (providers, "CONSTANTS_CACHE", LRUCache(1024)),
    ]


class _Found(Exception):
    """A scenario breaks a clause in a way not known yet."""


class _OutOfTime(BaseException):
    """The budget is spent."""


def search(
    fails: Callable[[Scenario], bool],
    pool: Pool,
    deployment: Deployment,
    *,
    bodies: Any = None,
    seed: int,
    max_examples: int,
    reaches: Callable[[ScenarioMessage], bool] = lambda _message: True,
    out_of_time: Callable[[], bool],
) -> Scenario | None:
    """The smallest drawn scenario for which `fails`, as far as Hypothesis can shrink it.

    Draws up to `max_examples`, with drawn messages that are none the mapping's filters
    stop, as `reaches` tells. `None` if none fails.
    """
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415  heavy
    from hypothesis import seed as with_seed  # noqa: PLC0415
    from hypothesis import strategies as st  # noqa: PLC0415
    from hypothesis.internal.conjecture import engine  # noqa: PLC0415

    smallest: list[Scenario] = []
    outcomes: dict[object, bool] = {}
    plans = st.binary(min_size=PLAN_BYTES_MIN, max_size=PLAN_BYTES_MAX)
    drawn_bodies = st.just(()) if bodies is None else st.lists(bodies, max_size=_DRAWN_MAX)

    unchecked: Any = list(HealthCheck)  # slow or large is the user's choice here

    @with_seed(seed)
    @settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=unchecked,
    )
    @given(plans, drawn_bodies)
    def explore(plan: bytes, bodies_drawn: Any) -> None:
        if out_of_time():
            raise _OutOfTime
        drawn = [
            message_for(deployment.queue, f"d{number}", as_body(body, "a drawn body"))
            for number, body in enumerate(bodies_drawn, 1)
        ]
        drawn = [message for message in drawn if reaches(message)]
        scenario = expand(plan, pool, deployment, seed, drawn)
        # Explanations learnt on the way may clear later what was suspected at first:
        # to Hypothesis, one scenario has one outcome.
        key = (tuple(message.key for message in scenario.messages), scenario.faults)
        if key not in outcomes:
            outcomes[key] = fails(scenario)
        if outcomes[key]:
            smallest.append(scenario)
            raise _Found

    try:
        # Hypothesis stops shrinking after minutes, which here would be virtual ones.
        with patched((engine, "time", _NO_TIME), *_no_constants_of_modules()):
            explore()
    except _Found:
        return smallest[-1]
    except _OutOfTime:
        return smallest[-1] if smallest else None
    except SqsContractError:
        raise
    return None
