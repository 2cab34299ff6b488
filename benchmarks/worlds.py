"""Full worlds per second: three messages, one fault, a redelivery, judged by every clause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Figure, best_rate, now
from sqs_contract import Deployment, Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.clauses import CLAUSES
from sqs_contract.clauses.verdict import PoisonPolicy
from sqs_contract.explore.drawing import search
from sqs_contract.explore.plans import Pool
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Player
from sqs_contract.targets.program import ProgramSpec

PLAYED = 3_000
DRAWN = 3_000
DEPLOYMENT = Deployment.of(report_batch_item_failures=True, max_receive_count=3)
STORE: dict[str, int] = {}


def handler(event: Any, _context: Any) -> dict[str, Any]:
    """Write under a key: as simple as a correct handler can be."""
    for record in event["Records"]:
        STORE[record["body"]] = 1
    return {"batchItemFailures": []}


def measure() -> Iterator[Figure]:
    """Worlds played one after the other, and worlds that Hypothesis draws."""
    program = ProgramSpec(handler=handler, effects=lambda: STORE, reset=STORE.clear)
    messages = tuple(ScenarioMessage(name=f"m{n}", body=f"body {n}") for n in (1, 2, 3))
    many = tuple(ScenarioMessage(name=f"m{n}", body=f"body {n}") for n in range(1, 13))
    redelivery = Fault(kind=FaultKind.LOST_DELETE, message="m1")
    scenario = Scenario(messages=messages, faults=(redelivery,), deployment=DEPLOYMENT)
    with Player.entered(program, DEPLOYMENT) as player:
        oracle = Oracle(Golden(player, DEPLOYMENT, 0))

        def breaks(played: Scenario) -> bool:
            analysis = Analysis(player.play(played), oracle, thorough=False)
            return any(
                clause.judge(analysis, PoisonPolicy.EITHER).violations
                for clause in CLAUSES.values()
            )

        def play() -> None:
            for _ in range(PLAYED):
                assert not breaks(scenario)

        play()
        plain = best_rate(PLAYED, play)
        yield Figure("sqs-contract, no Hypothesis", plain, "worlds/s")

        drawn: list[Scenario] = []

        def draw() -> None:
            found = search(
                lambda scenario: bool(drawn.append(scenario)) or breaks(scenario),
                Pool(healthy=many, poison=(), sites=()),
                DEPLOYMENT,
                seed=0,
                max_examples=DRAWN,
                out_of_time=lambda: False,
            )
            assert found is None

        rates = []
        for _ in range(3):
            drawn.clear()
            started = now()
            draw()
            rates.append(len(drawn) / (now() - started))
        yield Figure(
            "sqs-contract, drawn by Hypothesis",
            max(rates),
            "worlds/s",
            f"{max(rates) / plain:.2f} of the rate without",
        )
