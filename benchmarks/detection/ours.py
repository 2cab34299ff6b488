"""The set scored for sqs-contract itself, at its default settings."""

from __future__ import annotations

import dataclasses

from benchmarks.detection.catalogue import Case
from benchmarks.detection.score import Verdict
from benchmarks.figures import now
from sqs_contract import Deployment
from sqs_contract.clauses.verdict import PoisonPolicy, Severity
from sqs_contract.clauses.verdict import Verdict as ClauseVerdict
from sqs_contract.request import MAX_EXAMPLES_DEFAULT, Request
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.verify import Progress, verify


def judge(case: Case, examples: int = MAX_EXAMPLES_DEFAULT) -> Verdict:
    """Verify a handler as a user would, and compare with its truth.

    The clock starts where `verify` is called, in a process that is warm: moto is imported.
    """
    started = now()
    found_after: list[float] = []

    def listen(progress: Progress) -> None:
        if not found_after and case.breaks.intersection(progress.found):
            found_after.append(now() - started)

    report = verify(dataclasses.replace(_request(case), max_examples=examples), listen)
    ended = now() - started
    violated = {
        result.id: result
        for result in report.clauses
        if result.verdict is ClauseVerdict.VIOLATED and result.severity is Severity.ERROR
    }
    said = tuple(violated)
    told = sorted(
        {problem.rule.code for result in report.clauses for problem in result.problems} & case.rules
    )
    if case.is_twin:
        return Verdict(said=(*said, *told), right=not (said or told), seconds=ended)
    findings = [
        finding
        for clause in violated
        if clause in case.breaks
        for finding in violated[clause].findings
    ]
    if not findings:
        return Verdict(said=(*said, *told), right=bool(told), seconds=ended)
    smallest = min((len(item.scenario.messages), len(item.scenario.faults)) for item in findings)
    return Verdict(
        said=said,
        right=True,
        seconds=found_after[0] if found_after else ended,
        messages=smallest[0],
        faults=smallest[1],
    )


def warm_up(case: Case) -> None:
    """Import what every run needs, by a run that ends as soon as it can."""
    verify(dataclasses.replace(_request(case), budget_s=0))


def _request(case: Case) -> Request:
    return Request(
        program=ProgramSpec(handler=case.handler, reset=case.reset, effects=case.effects),
        deployment=Deployment.of(**case.deployment),
        bodies=list(case.bodies),
        poison=PoisonPolicy(case.poison),
    )
