"""What exploration found, played again on an endpoint: which scenarios, and what came of them.

Exploring is the simulator's: an endpoint is slow. What is played there is a choice:
plain delivery, every counterexample, and the single faults around the handler.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from sqs_contract.backends.run import Run
from sqs_contract.clauses import Clause
from sqs_contract.clauses.verdict import PoisonPolicy, Verdict, Violation
from sqs_contract.endpoints.connection import Connection
from sqs_contract.explore import systematic
from sqs_contract.explore.cases import Cases
from sqs_contract.oracle.analysis import Analysis, Oracle
from sqs_contract.player import Player
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


Setup = tuple[Player, Connection, Oracle, Sequence[Clause], Callable[[int, int], None]]
"""Who plays and where, who judges, and who is told how many are done, and of how many."""


class OnEndpoint:
    """Plays scenarios on an endpoint and judges them.

    Args:
        listener: told how many are done, and of how many.
    """

    def __init__(
        self,
        player: Player,
        connection: Connection,
        oracle: Oracle,
        clauses: Sequence[Clause],
        listener: Callable[[int, int], None],
    ) -> None:
        self._player = player
        self._connection = connection
        self._listener = listener
        self._tally = Tally(oracle, clauses)

    def report(
        self, scenarios: Sequence[Scenario], findings: Sequence[Finding], poison: PoisonPolicy
    ) -> EndpointReport:
        """Play scenarios; a clause is judged by the runs in which the endpoint did as AWS does.

        Raises:
            UsageError: the endpoint does not answer any more.
        """
        tally = self._tally
        for scenario in scenarios:
            if tally.out_of_time:
                break
            self._listener(tally.played, len(scenarios))
            played = self._player.play_on(self._connection, scenario)
            tally.note(played.skipped_ms, played.remarks)
            if played.run is None:
                tally.differs(scenario, str(played.differs))
            else:
                tally.judge(played.run, findings, poison)
        return tally.report(self._connection, len(scenarios), findings)


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
