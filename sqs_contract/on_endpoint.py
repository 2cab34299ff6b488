"""What exploration found, played again on an endpoint: which scenarios, and what came of them.

Exploring is the simulator's: an endpoint is slow. What is played there is a choice:
plain delivery, every counterexample, and the single faults around the handler.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqs_contract.clauses import Clause
from sqs_contract.clauses.verdict import PoisonPolicy, Verdict
from sqs_contract.endpoints.connection import Connection
from sqs_contract.explore import systematic
from sqs_contract.explore.cases import Cases
from sqs_contract.oracle.analysis import Analysis, Oracle
from sqs_contract.player import Player
from sqs_contract.results import EndpointClause, EndpointDifference, EndpointReport, Finding
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
        self._oracle = oracle
        self._clauses = clauses
        self._listener = listener
        self._tested: Counter[str] = Counter()
        self._violated: Counter[str] = Counter()
        self._differences: list[EndpointDifference] = []
        self._remarks: dict[str, None] = {}
        self._skipped_ms = 0

    def report(
        self, scenarios: Sequence[Scenario], findings: Sequence[Finding], poison: PoisonPolicy
    ) -> EndpointReport:
        """Play scenarios; a clause is judged by the runs in which the endpoint did as AWS does.

        Raises:
            UsageError: the endpoint does not answer any more.
        """
        started = real_monotonic()
        confirmed: set[int] = set()
        played = 0
        for scenario in scenarios:
            if real_monotonic() - started > SECONDS_MAX:
                break
            self._listener(played, len(scenarios))
            played += 1
            broken = self._play(scenario, poison)
            confirmed |= {
                number
                for number, finding in enumerate(findings)
                if finding.scenario == scenario and finding.violation.identity in broken
            }
        return EndpointReport(
            kind=self._connection.endpoint.backend,
            name=self._connection.name,
            planned=len(scenarios),
            played=played,
            clauses=tuple(self._clause_results(findings, confirmed)),
            counterexamples=len(findings),
            confirmed=len(confirmed),
            differences=tuple(self._differences),
            remarks=tuple(self._remarks),
            skipped_ms=self._skipped_ms,
            timeout_s=self._connection.endpoint.real_timeout_s,
            calls=self._connection.calls,
            seconds=real_monotonic() - started,
        )

    def _play(self, scenario: Scenario, poison: PoisonPolicy) -> set[object]:
        """The identities of what the handler broke there; none where the endpoint differs."""
        played = self._player.play_on(self._connection, scenario)
        self._remarks |= dict.fromkeys(played.remarks)
        self._skipped_ms += played.skipped_ms
        if played.run is None:
            self._differences.append(
                EndpointDifference(scenario=scenario, what=str(played.differs))
            )
            return set()
        for message in scenario.messages:
            self._oracle.golden.learn_noise((message,))
        analysis = Analysis(played.run, self._oracle, thorough=True)
        broken: set[object] = set()
        for clause in self._clauses:
            judgement = clause.judge(analysis, poison)
            self._tested[clause.id] += judgement.tested
            self._violated[clause.id] += bool(judgement.violations)
            broken |= {violation.identity for violation in judgement.violations}
        return broken

    def _clause_results(
        self, findings: Sequence[Finding], confirmed: set[int]
    ) -> Iterator[EndpointClause]:
        for clause in self._clauses:
            tested = self._tested[clause.id]
            open_here = [
                finding
                for number, finding in enumerate(findings)
                if finding.violation.clause == clause.id and number not in confirmed
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
