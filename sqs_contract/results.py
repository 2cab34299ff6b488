"""What a verification comes to: plain data for whoever tells it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.clauses.verdict import Severity, Verdict, Violation
from sqs_contract.deployment import Deployment
from sqs_contract.lint.problem import Problem, Untold
from sqs_contract.model.assumptions import OpenPoint
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.request import Request
from sqs_contract.scenario import CALL_FAULTS, Fault, Scenario

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A bug: a clause broken, and the smallest scenario that shows it.

    Attributes:
        analysis: the run of that scenario.
    """

    violation: Violation
    analysis: Analysis

    @property
    def scenario(self) -> Scenario:
        """The smallest scenario."""
        return self.analysis.scenario

    def covers(self, violation: Violation, faults: Sequence[Fault]) -> bool:
        """Whether another violation is most likely this same bug.

        What a handler does again on a plain redelivery, it does again however
        the redelivery came about. A message is lost in different ways where
        its failure is swallowed, and where a later delivery takes it for done; whoever
        takes what is half done for done, takes what is under way for done too.
        """
        own_mode = self.violation.clause, self.violation.mode
        if violation.mode == "left-to-another" and own_mode == ("no-loss", "taken-for-done"):
            return True
        if violation.identity != self.violation.identity:
            return False
        own = self.scenario.faults
        if violation.clause == "idempotent":
            return not strikes_calls(own) or strikes_calls(faults)
        if violation.clause == "no-loss":
            return not own or strikes_calls(own) == strikes_calls(faults)
        return True


def strikes_calls(faults: Sequence[Fault]) -> bool:
    """Whether any of the faults strikes a call."""
    return any(fault.kind in CALL_FAULTS for fault in faults)


def finding_of(violation: Violation, analysis: Analysis) -> Finding:
    """Keep a violation with its run."""
    return Finding(violation=violation, analysis=analysis)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseResult:
    """The verdict on one clause.

    Attributes:
        scenarios: how many runs put the clause to the test.
        findings: the distinct bugs, the one found first in front.
        rests_on: what is not settled about AWS, and decided something in the runs the
            verdict is of.
        seconds: wall-clock time spent judging.
        problems: settings that break a rule; of the clause `configuration` alone.
        untold: rules of it that the template leaves open.
    """

    id: str
    verdict: Verdict
    severity: Severity
    reason: str
    seconds: float
    scenarios: int
    findings: tuple[Finding, ...]
    rests_on: tuple[OpenPoint, ...] = ()
    problems: tuple[Problem, ...] = ()
    untold: tuple[Untold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much was explored."""

    scenarios: int
    single_faults: int
    single_faults_explored: int
    pairs: int = 0
    pairs_explored: int = 0
    drawn: int = 0

    def with_pairs(self, pairs: int, explored: int) -> Coverage:
        """The same with a number of pairs, and how many of them were explored."""
        scenarios = self.scenarios + explored
        return dataclasses.replace(self, scenarios=scenarios, pairs=pairs, pairs_explored=explored)

    def with_drawn(self, drawn: int) -> Coverage:
        """The same with a number of drawn scenarios."""
        return dataclasses.replace(self, drawn=drawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointClause:
    """The verdict on one clause by the runs on an endpoint; `reason`, where there is none."""

    id: str
    verdict: Verdict
    severity: Severity
    reason: str
    scenarios: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDifference:
    """What an endpoint did that AWS does not, and in which scenario: that run is not judged."""

    scenario: Scenario
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedOutcome:
    """What came of a scenario where the function is deployed, next to what the model says.

    Attributes:
        told: what happens in the scenario, in a few words.
        there: where the messages ended on the endpoint; `model`, where they end on AWS.
        differs: what the endpoint did that AWS does not, if it did.
        claims: how the handler broke a clause there, by the clause's id.
    """

    told: str
    there: str
    model: str
    differs: str | None
    claims: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointReport:
    """What came of the scenarios that were played on an endpoint too.

    Attributes:
        kind: the backend, as it was asked for.
        name: what the endpoint is called.
        planned: how many scenarios were chosen; `played`, for how many there was time.
        counterexamples: how many bugs are known; `confirmed`, how many showed there too.
        remarks: what the endpoint did otherwise, or in a way AWS leaves open, that no handler feels.
        skipped_ms: virtual time of visibility timeouts and delays that did not pass there.
        timeout_s: how long, in real seconds, each visibility timeout lasted there.
        calls: how many requests were made of it.
        deployed: what came of each scenario, where the function itself was deployed there.
        left_out: what cannot be played there, and why: one line for each reason.
    """

    kind: str
    name: str
    planned: int
    played: int
    clauses: tuple[EndpointClause, ...]
    counterexamples: int
    confirmed: int
    differences: tuple[EndpointDifference, ...]
    remarks: tuple[str, ...]
    skipped_ms: int
    timeout_s: int
    calls: int
    seconds: float
    deployed: tuple[DeployedOutcome, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a verification found out; `endpoint`, where it was asked for one."""

    target: str
    request: Request
    deployment: Deployment
    seed: int
    clauses: tuple[ClauseResult, ...]
    coverage: Coverage
    notes: tuple[str, ...]
    seconds: float
    endpoint: EndpointReport | None = None

    @property
    def title(self) -> str:
        """What the report is headed with."""
        return self.request.title or self.target

    @property
    def violated(self) -> bool:
        """Whether a clause that is a must was broken."""
        judged: list[ClauseResult | EndpointClause] = [*self.clauses]
        if self.endpoint is not None:
            judged += self.endpoint.clauses
        return any(
            result.verdict is Verdict.VIOLATED and result.severity is Severity.ERROR
            for result in judged
        )

    @property
    def all_held(self) -> bool:
        """Whether every clause was checked and kept, advice too."""
        return all(result.verdict is Verdict.HELD for result in self.clauses)
