"""Examining a scenario: played, judged, and made small where it breaks a clause.

Keeps what came of all scenarios so far; which of them are examined is not decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqs_contract.backends.run import Run
from sqs_contract.clauses import CLAUSES, Clause
from sqs_contract.clauses.verdict import Verdict, Violation
from sqs_contract.explore.cases import Cases
from sqs_contract.explore.shrink import shrink
from sqs_contract.model.assumptions import OpenPoint
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Plays
from sqs_contract.remarks import why_not_checked
from sqs_contract.request import Request
from sqs_contract.results import ClauseResult, Finding, finding_of
from sqs_contract.scenario import Scenario
from sqs_contract.settings_clause import Watch
from sqs_contract.world.clock import real_monotonic


class Examiner:
    """Examines scenarios, one after the other.

    Attributes:
        findings: the bugs that are known, each with its smallest scenario.
    """

    def __init__(
        self,
        request: Request,
        player: Plays,
        oracle: Oracle,
        clauses: Sequence[Clause],
        watch: Watch,
    ) -> None:
        self._request = request
        self._player = player
        self._oracle = oracle
        self._clauses = clauses
        self._watch = watch
        self._tested: dict[str, int] = dict.fromkeys(CLAUSES, 0)
        self._seconds: dict[str, float] = dict.fromkeys(CLAUSES, 0.0)
        self._rests_on: dict[str, set[OpenPoint]] = {clause: set() for clause in CLAUSES}
        self._cleared: set[object] = set()
        self.findings: list[Finding] = []

    def examine(self, scenario: Scenario) -> Run:
        """Play and judge a scenario; make each bug not known yet small, and keep it."""
        run, suspects = self.suspects(scenario)
        for suspect in suspects:
            if self._known(suspect, scenario):
                continue
            smallest = shrink(scenario, partial(self._breaks, violation=suspect))
            if not self._breaks(smallest, suspect, thorough=True):
                # A likely explanation was missing. Is there something in it all the same?
                if not self._breaks(scenario, suspect, thorough=True):
                    self._cleared.add((suspect.identity, _shape(scenario)))
                    continue
                smallest = shrink(scenario, partial(self._breaks, violation=suspect, thorough=True))
            analysis, violations = self._judge(smallest, thorough=True, only=suspect.clause)
            for violation in violations:
                if violation.identity == suspect.identity and not self._known(violation, smallest):
                    self.findings.append(finding_of(violation, analysis))
                    # What the report is to show is played while the world is there.
                    self._oracle.golden.run(tuple(analysis.accepted_messages))
        return run

    def suspects(self, scenario: Scenario) -> tuple[Run, list[Violation]]:
        """What a scenario comes to, and the violations that are not known yet, as far as
        likely explanations tell."""
        analysis, violations = self._judge(scenario, counting=True)
        return analysis.run, [
            violation
            for violation in violations
            if not self._known(violation, scenario)
            and (violation.identity, _shape(scenario)) not in self._cleared
        ]

    def _breaks(self, scenario: Scenario, violation: Violation, *, thorough: bool = False) -> bool:
        if self._player.has_had_enough and not thorough:
            return False  # shrinking ends here; what was found is told as it is
        _, violations = self._judge(scenario, thorough=thorough, only=violation.clause)
        return any(other.identity == violation.identity for other in violations)

    def _known(self, violation: Violation, scenario: Scenario) -> bool:
        return any(finding.covers(violation, scenario.faults) for finding in self.findings)

    def _judge(
        self,
        scenario: Scenario,
        *,
        thorough: bool = False,
        counting: bool = False,
        only: str | None = None,
    ) -> tuple[Analysis, list[Violation]]:
        run = self._player.play(scenario)
        self._watch.see(run)
        for message in scenario.messages:
            self._oracle.golden.learn_noise((message,))
        analysis = Analysis(run, self._oracle, thorough=thorough)
        violations: list[Violation] = []
        for clause in self._clauses:
            if only is not None and clause.id != only:
                continue
            started = real_monotonic()
            judgement = clause.judge(analysis, self._request.poison)
            self._seconds[clause.id] += real_monotonic() - started
            if judgement.tested and counting:
                self._tested[clause.id] += 1
                self._rests_on[clause.id].update(analysis.open_points)
            violations += judgement.violations
        return analysis, violations

    def result(self, clause: Clause, cases: Cases) -> ClauseResult:
        """What became of a clause; `cases` tell why it could not be put to the test."""
        findings = tuple(item for item in self.findings if item.violation.clause == clause.id)
        tested = self._tested[clause.id]
        rests_on = self._rests_on[clause.id]
        if findings:
            verdict, reason = Verdict.VIOLATED, findings[0].violation.claim
            rests_on = {point for finding in findings for point in finding.analysis.open_points}
        elif tested:
            verdict, reason = Verdict.HELD, ""
        else:
            verdict, reason = (
                Verdict.NOT_CHECKED,
                why_not_checked(clause.id, self._request.deployment, cases),
            )
        return ClauseResult(
            id=clause.id,
            verdict=verdict,
            severity=clause.severity,
            reason=reason,
            seconds=self._seconds[clause.id],
            scenarios=tested,
            findings=findings,
            rests_on=tuple(sorted(rests_on, key=lambda point: point.number)),
        )


def _shape(scenario: Scenario) -> object:
    """Scenarios of one shape clear a suspect together: the same messages in any order."""
    return frozenset(message.key for message in scenario.messages), scenario.faults
