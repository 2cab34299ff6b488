"""The report for a person: top-down, one fact a line, at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqs_contract.clauses.verdict import Verdict, listed
from sqs_contract.lint.problem import Level
from sqs_contract.model.assumptions import Assumptions, OpenPoint
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.report.differences import differences
from sqs_contract.report.endpoint import render_endpoint
from sqs_contract.report.lint.terminal import headline, problem_lines, untold_line
from sqs_contract.report.marks import ID, MARKS
from sqs_contract.report.story import (
    describe_deployment,
    describe_fault,
    describe_messages,
    faults_that_never_struck,
    relative,
    tell,
)
from sqs_contract.report.text import WIDTH, clip, columns, escape, labelled, plural, wrap
from sqs_contract.results import ClauseResult, Finding, Report

_LABEL: Final = 10


def render(report: Report, files: dict[int, str] | None = None) -> list[str]:
    """The whole report: every bug, then a line for each clause.

    `files` holds, by the `id` of a finding, the file its scenario was saved in.
    """
    lines: list[str] = []
    for result in report.clauses:
        for finding in result.findings:
            lines += render_finding(finding, report.title, (files or {}).get(id(finding)))
            lines.append("")
        if result.verdict is Verdict.VIOLATED and result.problems:
            lines += [*render_settings(result, report.title), ""]
    lines += _summary(report)
    return lines


def render_settings(result: ClauseResult, target: str) -> list[str]:
    """The settings that break the clause `configuration`, each with its fix."""
    lines = [_head(result.id, target)]
    for problem in result.problems:
        if problem.rule.level is Level.ERROR:
            lines += ["", *(f"  {line}" for line in problem_lines(problem))]
    return lines


def _head(clause: str, target: str) -> str:
    head = f"VIOLATED  {clause}"
    gap = max(WIDTH - len(head) - columns(escape(target)), 2)
    return f"{head}{' ' * gap}{escape(target)}"


def render_finding(finding: Finding, target: str, file: str | None = None) -> list[str]:
    """One bug, as its failure report."""
    violation = finding.violation
    lines = [_head(violation.clause, target), ""]
    lines += wrap(f"{violation.claim} {violation.why}".strip(), 2)
    assumptions = finding.analysis.scenario.deployment.assumptions
    for point in finding.analysis.open_points:
        lines += ["", *wrap(f"This verdict rests on {_told(point, assumptions)}.", 2)]
    lines += _run(finding.analysis)
    lines += _in_the_end(finding)
    lines += ["", "  Ways out"]
    for remedy in violation.remedies:
        lines += labelled("    - ", remedy, 6)
    if file is not None:
        lines += ["", "  Reproduce", f"    sqs-contract replay {file}"]
    return lines


def render_run(analysis: Analysis, target: str) -> list[str]:
    """A run with nothing wrong in it."""
    return [escape(target), *_run(analysis)]


def _run(analysis: Analysis) -> Iterator[str]:
    """The scenario, and what happened."""
    scenario = analysis.scenario
    faults = plural(len(scenario.faults), "fault")
    size = f"{plural(len(scenario.messages), 'message')}, {faults}"
    yield ""
    yield f"  Smallest scenario ({size}{'' if scenario.faults else ' needed'})"
    for label, text in describe_deployment(scenario):
        yield f"    {label:<{_LABEL}}{text}"
    yield from _labelled("messages", list(describe_messages(scenario)))
    yield from _faults("faults", [describe_fault(fault) for fault in scenario.faults])
    yield ""
    yield "  What happened (virtual time)"
    for line in tell(analysis):
        # A batch is a list of records, and breaks between them.
        gap = "  " if line.text.startswith("invoke ") else " "
        head = f"    {relative(line.at_ms):>9}  "
        first, *rest = wrap(line.text, len(head) + 2 * line.depth, hanging=2, gap=gap)
        yield head + first[len(head) :]
        yield from rest
    missed = [describe_fault(fault) for fault in faults_that_never_struck(analysis)]
    if missed:
        yield ""
        yield "  What did not happen"
        yield from _faults("faults", missed)


def _in_the_end(finding: Finding) -> Iterator[str]:
    """How the world differs from what one delivery of each message leaves."""
    analysis = finding.analysis
    golden = analysis.oracle.golden
    looks = golden.looks
    expected = golden.run(tuple(analysis.accepted_messages)).steps
    if not expected or finding.violation.clause not in ("idempotent", "no-loss"):
        return
    found = differences(*looks.shown_beside(expected[-1].world, analysis.final_world))
    if found:
        yield ""
        yield "  Against one delivery of each message, the end differs by"
        for line in found:
            yield f"    {line}"


def _labelled(label: str, texts: list[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        head = label if number == 0 else ""
        yield f"    {head:<{_LABEL}}{clip(text, WIDTH - 4 - _LABEL)}"


def _faults(head: str, texts: list[str]) -> Iterator[str]:
    """What was injected, whole: it is the heart of the scenario."""
    for text in texts:
        first, *rest = wrap(text, 6 + _LABEL)
        yield f"    {head:<{_LABEL}}{first.strip()}"
        yield from rest
        head = ""


def _summary(report: Report) -> Iterator[str]:
    yield escape(report.title)
    for result in report.clauses:
        yield from _summary_line(result)
    if report.endpoint is not None:
        yield ""
        yield from render_endpoint(report.endpoint)
    coverage = report.coverage
    yield ""
    share = f"{coverage.single_faults_explored} of {coverage.single_faults} single faults"
    if coverage.pairs:
        share += f", {coverage.pairs_explored} of {coverage.pairs} pairs"
    yield f"  explored  {share}, {coverage.drawn} drawn scenarios, seed {report.seed}"
    for note in (*_resting(report), *_settings(report), *report.notes):
        yield from labelled("  note", note, 12)


def _settings(report: Report) -> Iterator[str]:
    """What the rules about settings say that breaks no clause."""
    for result in report.clauses:
        for problem in result.problems:
            if result.verdict is not Verdict.VIOLATED or problem.rule.level is not Level.ERROR:
                yield headline(problem)
        for untold in result.untold:
            yield untold_line(untold)


def _resting(report: Report) -> Iterator[str]:
    """What is not settled about AWS, and the verdicts that rest on it."""
    for point in OpenPoint:
        ids = [result.id for result in report.clauses if point in result.rests_on]
        if ids:
            verdicts = "the verdict on" if len(ids) == 1 else "the verdicts on"
            verb = "rests" if len(ids) == 1 else "rest"
            yield f"{verdicts} {listed(ids)} {verb} on {_told(point, report.deployment.assumptions)}"


def _told(point: OpenPoint, assumptions: Assumptions) -> str:
    return f"{point.name}: {point.told(assumptions)}"


def _summary_line(result: ClauseResult) -> Iterator[str]:
    mark = MARKS[result.verdict]
    bugs = f"  {plural(len(result.findings), 'bug')}" if len(result.findings) > 1 else ""
    tested = f"  {plural(result.scenarios, 'scenario')}" if result.scenarios else ""
    yield f"  {result.id:<{ID}}{mark}{bugs}{tested}"
    if result.verdict is Verdict.NOT_CHECKED:
        yield from wrap(result.reason, 2 + ID)
