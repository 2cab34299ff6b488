"""Exploring a handler: every single fault, the pairs, and what else is played, in worlds a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

from benchmarks.figures import ROUNDS, Figure, now
from sqs_contract import Deployment
from sqs_contract.player import Player
from sqs_contract.request import Request
from sqs_contract.results import Report
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.verify import Progress, verify

DEPLOYMENT = Deployment.of(report_batch_item_failures=True, max_receive_count=3)
BODIES = ["a", "b", "c"]
SITES = ("find", "reserve", "charge", "send")

IN_MEMORY = ProgramSpec(
    handler="benchmarks.handlers.shop:handler",
    effects="benchmarks.handlers.shop_store:effects",
    reset="benchmarks.handlers.shop_store:reset",
    fault_sites=tuple(f"benchmarks.handlers.shop_store:{name}" for name in SITES),
)
IN_DYNAMODB = ProgramSpec(
    handler="benchmarks.handlers.orders:handler", reset="benchmarks.handlers.orders_table:reset"
)


@dataclass(slots=True)
class _Exploration:
    """One verification, and when its single faults were explored."""

    program: ProgramSpec
    report: Report | None = None
    worlds: int = 0
    began: float = 0.0
    ended: float = 0.0
    worlds_before: int = 0
    worlds_then: int = 0

    def __post_init__(self) -> None:
        play = Player.play

        def counted(*args: object, **settings: object) -> object:
            self.worlds += 1
            return play(*args, **settings)  # type: ignore[arg-type]

        with patch.object(Player, "play", counted):
            self.report = verify(
                Request(program=self.program, deployment=DEPLOYMENT, bodies=BODIES, max_examples=0),
                self._listen,
            )
        assert not self.report.violated, "a correct handler keeps its contract"

    def _listen(self, progress: Progress) -> None:
        if progress.phase != "single faults":
            return
        if not self.began:
            self.began, self.worlds_before = now(), self.worlds
        self.ended, self.worlds_then = now(), self.worlds

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def rate(self) -> float:
        return (self.worlds_then - self.worlds_before) / self.seconds


def measure() -> Iterator[Figure]:
    """All single faults of two correct handlers with three messages, in the best of some rounds."""
    for name, program in (
        ("in memory, 4 sites", IN_MEMORY),
        ("DynamoDB on moto, 1 site", IN_DYNAMODB),
    ):
        best = min((_Exploration(program) for _ in range(ROUNDS)), key=lambda it: it.seconds)
        assert best.report is not None
        coverage = best.report.coverage
        yield Figure(
            f"all single faults, {name}",
            best.seconds,
            "s",
            f"{coverage.single_faults_explored} of {coverage.single_faults} faults",
        )
        yield Figure(f"worlds played meanwhile, {name}", best.rate, "worlds/s")
