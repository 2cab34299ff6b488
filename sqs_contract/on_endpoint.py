"""What exploration found, played again on an endpoint: which scenarios, and what came of them.

Exploring is the simulator's: an endpoint is slow. What is played there is a choice:
plain delivery, every counterexample, and the single faults around the handler.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.backends.run import Run
from sqs_contract.clauses import Clause
from sqs_contract.clauses.verdict import PoisonPolicy, Verdict, Violation
from sqs_contract.endpoints.connection import Connection
from sqs_contract.explore import systematic
from sqs_contract.explore.cases import Cases
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Plays
from sqs_contract.results import (
    DeployedOutcome,
    EndpointClause,
    EndpointDifference,
    EndpointReport,
    Finding,
)
from sqs_contract.scenario import Scenario
from sqs_contract.world.clock import real_monotonic

SCENARIOS_MAX: Final = 32
"""Scenarios played on an endpoint, beside the counterexamples."""

SECONDS_MAX: Final = 40.0
"""After so long no other scenario is begun there; the report says how many there were."""


def choose_scenarios(cases: Cases, findings: Sequence[Finding], base: Scenario) -> list[Scenario]:
    """What is played on an endpoint: plain delivery first, then every counterexample, then poison
    beside a healthy message, then single faults around the handler.

    Args:
        cases: the messages there are.
        findings: the bugs that are known.
        base: a scenario whose deployment and seed are taken.
    """
    chosen = {finding.scenario.digest(): finding.scenario for finding in findings}
    group = cases.groups[:1]
    few = dataclasses.replace(cases, groups=group, poison=cases.poison[:1])
    others = [
        *(dataclasses.replace(base, messages=messages) for messages in group),
        *systematic.poison_scenarios(few, base.deployment, base.seed),
        *systematic.delivery_scenarios(few, base.deployment, base.seed),
        *systematic.sandbox_scenarios(few, base.deployment, base.seed),
    ]
    plain = {item.digest(): item for item in others[:1]}
    rest = {item.digest(): item for item in others[1:SCENARIOS_MAX]}
    return list((plain | chosen | rest).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What it takes to play on an endpoint.

    Attributes:
        player: has the handler.
        connection: the endpoint.
        oracle: knows what the handler owes.
        clauses: judge what came of it.
        listener: told how many scenarios are done, and of how many.
    """

    player: Plays
    connection: Connection
    oracle: Oracle
    clauses: Sequence[Clause]
    listener: Callable[[int, int], None]


def play_scenarios(
    setup: Setup, scenarios: Sequence[Scenario], findings: Sequence[Finding], poison: PoisonPolicy
) -> EndpointReport:
    """Play scenarios on an endpoint; a clause is judged by the runs in which it did as AWS does.

    Raises:
        UsageError: the endpoint does not answer any more.
    """
    tally = Tally(setup.oracle, setup.clauses)
    for scenario in scenarios:
        if tally.out_of_time:
            break
        setup.listener(tally.played, len(scenarios))
        played = setup.player.play_on(setup.connection, scenario)
        tally.note(played.skipped_ms, played.remarks)
        if played.run is None:
            tally.differs(scenario, str(played.differs))
        else:
            tally.judge(played.run, findings, poison)
    return tally.report(setup.connection, len(scenarios), findings)


class Tally:
    """What came of the scenarios that were played on an endpoint, so far."""

    def __init__(self, oracle: Oracle, clauses: Sequence[Clause]) -> None:
        self._oracle = oracle
        self._clauses = clauses
        self._tested: Counter[str] = Counter()
        self._violated: Counter[str] = Counter()
        self._confirmed: set[int] = set()
        self._differences: list[EndpointDifference] = []
        self._remarks: dict[str, None] = {}
        self._skipped_ms = 0
        self._started = real_monotonic()
        self.played = 0
        self.deployed: list[DeployedOutcome] = []

    @property
    def out_of_time(self) -> bool:
        """Whether no other scenario is begun."""
        return real_monotonic() - self._started > SECONDS_MAX

    def note(self, skipped_ms: int, remarks: Sequence[str] = ()) -> None:
        """A scenario was played."""
        self.played += 1
        self._skipped_ms += skipped_ms
        self._remarks |= dict.fromkeys(remarks)

    def differs(self, scenario: Scenario, what: str) -> None:
        """The endpoint did what AWS does not: the handler is not judged by that."""
        self._differences.append(EndpointDifference(scenario=scenario, what=what))

    def analyse(self, run: Run) -> Analysis:
        """A run, seen through the oracle."""
        for message in run.scenario.messages:
            self._oracle.golden.learn_noise((message,))
        return Analysis(run, self._oracle, thorough=True)

    def judge(
        self,
        run: Run,
        findings: Sequence[Finding],
        poison: PoisonPolicy,
        only: Collection[str] | None = None,
    ) -> list[Violation]:
        """What the handler broke in a run there; `only` by clauses of these ids, if given."""
        analysis = self.analyse(run)
        broken: list[Violation] = []
        for clause in self._clauses:
            if only is not None and clause.id not in only:
                continue
            judgement = clause.judge(analysis, poison)
            self._tested[clause.id] += judgement.tested
            self._violated[clause.id] += bool(judgement.violations)
            broken += judgement.violations
        identities = {violation.identity for violation in broken}
        self._confirmed |= {
            number
            for number, finding in enumerate(findings)
            if finding.scenario == run.scenario and finding.violation.identity in identities
        }
        return broken

    def report(
        self, connection: Connection, planned: int, findings: Sequence[Finding]
    ) -> EndpointReport:
        """All of it."""
        return EndpointReport(
            kind=connection.endpoint.backend,
            name=connection.name,
            planned=planned,
            played=self.played,
            clauses=tuple(self._clause_results(findings)),
            counterexamples=len(findings),
            confirmed=len(self._confirmed),
            differences=tuple(self._differences),
            remarks=tuple(self._remarks),
            skipped_ms=self._skipped_ms,
            timeout_s=connection.endpoint.real_timeout_s,
            calls=connection.calls,
            seconds=real_monotonic() - self._started,
            deployed=tuple(self.deployed),
        )

    def _clause_results(self, findings: Sequence[Finding]) -> Iterator[EndpointClause]:
        for clause in self._clauses:
            tested = self._tested[clause.id]
            open_here = [
                finding
                for number, finding in enumerate(findings)
                if finding.violation.clause == clause.id and number not in self._confirmed
            ]
            if self._violated[clause.id]:
                verdict, reason = Verdict.VIOLATED, ""
            elif open_here:
                verdict = Verdict.NOT_CHECKED
                reason = "the counterexample could not be played to its end there"
            elif tested:
                verdict, reason = Verdict.HELD, ""
            else:
                verdict, reason = Verdict.NOT_CHECKED, "no scenario played there put it to the test"
            yield EndpointClause(
                id=clause.id,
                verdict=verdict,
                severity=clause.severity,
                reason=reason,
                scenarios=tested,
            )
