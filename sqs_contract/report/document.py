"""The report for a machine: JSON, and the counterexample files `replay` takes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.history import event_to_json
from sqs_contract.model.assumptions import Assumptions, OpenPoint
from sqs_contract.report.differences import differences
from sqs_contract.report.endpoint import endpoint_to_json
from sqs_contract.report.lint.document import problem_to_json, untold_to_json
from sqs_contract.report.story import relative, tell
from sqs_contract.results import SCHEMA, ClauseResult, Finding, Report
from sqs_contract.targets.program import Given, ProgramSpec

DIRECTORY: Final = Path(".sqs-contract")


def report_to_json(report: Report) -> dict[str, Any]:
    """The whole report as JSON data."""
    request = report.request
    return {
        "schema": SCHEMA,
        "target": report.target,
        **_origin_to_json(request.program),
        "deployment": report.deployment.to_json(),
        "seed": report.seed,
        "clauses": [
            _clause_to_json(
                result, request.program, request.poison.value, report.deployment.assumptions
            )
            for result in report.clauses
        ],
        "coverage": {
            "scenarios": report.coverage.scenarios,
            "single_faults": report.coverage.single_faults,
            "single_faults_explored": report.coverage.single_faults_explored,
            "pairs": report.coverage.pairs,
            "pairs_explored": report.coverage.pairs_explored,
            "drawn": report.coverage.drawn,
        },
        **({} if report.endpoint is None else {"backend": endpoint_to_json(report.endpoint)}),
        "notes": list(report.notes),
        "seconds": round(report.seconds, 3),
    }


def reports_to_json(reports: Sequence[Report]) -> dict[str, Any]:
    """The reports on several functions as JSON data."""
    return {"schema": SCHEMA, "reports": [report_to_json(report) for report in reports]}


def _clause_to_json(
    result: ClauseResult, program: ProgramSpec, poison: str, assumptions: Assumptions
) -> dict[str, Any]:
    found = [counterexample_to_json(finding, program, poison) for finding in result.findings]
    return {
        "id": result.id,
        "verdict": result.verdict.value,
        "severity": result.severity.value,
        "reason": result.reason,
        "seconds": round(result.seconds, 3),
        "scenarios": result.scenarios,
        "rests_on": _open_points(result.rests_on, assumptions),
        "counterexample": found[0] if found else None,
        "counterexamples": found,
        "problems": [problem_to_json(problem) for problem in result.problems],
        "untold": [untold_to_json(untold) for untold in result.untold],
    }


def counterexample_to_json(finding: Finding, program: ProgramSpec, poison: str) -> dict[str, Any]:
    """A counterexample: its scenario (which can be replayed), history and explanation."""
    analysis, violation = finding.analysis, finding.violation
    looks = analysis.oracle.golden.looks
    scenario = {
        **finding.scenario.to_json(),
        "target": name_of(program.handler),
        "effects": name_of(program.effects),
        "reset": name_of(program.reset),
        **({"fault_sites": list(program.fault_sites)} if program.fault_sites else {}),
        "poison": poison,
        "violates": violation.clause,
        **_origin_to_json(program),
    }
    return {
        "schema": SCHEMA,
        "clause": violation.clause,
        "scenario": scenario,
        "history": [event_to_json(event) for event in analysis.run.events],
        "explanation": {
            "mode": violation.mode,
            "claim": violation.claim,
            "why": violation.why,
            "rests_on": _open_points(
                analysis.open_points, analysis.scenario.deployment.assumptions
            ),
            "messages": list(violation.messages),
            "invocation": violation.invocation,
            "remedies": list(violation.remedies),
            "story": [
                f"{relative(line.at_ms)} {'  ' * line.depth}{line.text}" for line in tell(analysis)
            ],
            "effects": differences(
                *looks.shown_beside(analysis.run.worlds[0], analysis.final_world)
            ),
        },
    }


def _origin_to_json(program: ProgramSpec) -> dict[str, Any]:
    """The template a program was found in, where a replay finds it again."""
    return {} if program.origin is None else {"origin": program.origin.to_json()}


def _open_points(points: Sequence[OpenPoint], assumptions: Assumptions) -> list[dict[str, str]]:
    """What is not settled about AWS and decided something: its number, and what was assumed."""
    return [{"point": point.name, "assumption": point.told(assumptions)} for point in points]


def name_of(given: Given | None) -> str | None:
    """`module:name` of what the user gave."""
    if given is None or isinstance(given, str):
        return given
    return f"{given.__module__}:{getattr(given, '__qualname__', type(given).__qualname__)}"


def save_counterexample(
    finding: Finding, program: ProgramSpec, poison: str, directory: Path = DIRECTORY
) -> str | None:
    """Save a counterexample under a name that follows from its scenario.

    Returns the path, or `None` where the directory cannot be written to.
    """
    path = directory / f"{finding.violation.clause}-{finding.scenario.digest()}.json"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_json(path, counterexample_to_json(finding, program, poison))
    except (OSError, UsageError):
        return None
    return str(path)


def check_writable(path: Path) -> None:
    """Make sure that a file can be written later; nothing is left behind.

    Tried with a draft: what a system says of its permissions is not all there is to it.

    Raises:
        UsageError: it cannot.
    """
    try:
        if path.is_dir():
            raise UsageError(f"cannot write {str(path)!r}: it is a directory")
        parent = path.resolve().parent
        if not parent.is_dir():
            raise UsageError(f"cannot write {str(path)!r}: there is no directory {str(parent)!r}")
        if path.exists() and not os.access(path, os.W_OK):
            raise UsageError(f"cannot write {str(path)!r}: permission denied")
        if not path.exists() or path.is_file():
            draft = _draft_of(path.resolve())
            try:
                draft.touch()
            finally:
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from None


def write_json(path: Path, data: Any) -> None:
    """Write a file whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    # A lone surrogate has no UTF-8; JSON's own escapes are safe for every reader.
    text = json.dumps(data, indent=2, ensure_ascii=True) + "\n"
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_text(text, encoding="utf-8")  # a pipe, a terminal, /dev/stdout
            return
        draft = _draft_of(path)
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from None


def _draft_of(path: Path) -> Path:
    return path.with_name(f".sqs-contract-{os.getpid()}.draft")


def _cannot_write(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write {str(path)!r}: {error.strerror or error}")
