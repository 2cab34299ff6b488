"""Problems for a machine, as JSON data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqs_contract.lint.problem import Linted, Problem, Untold

SCHEMA: Final = 1


def lint_to_json(results: Sequence[Linted]) -> dict[str, Any]:
    """What was found in some templates."""
    return {
        "schema": SCHEMA,
        "templates": [
            {
                "file": result.file,
                "problems": [problem_to_json(problem) for problem in result.problems],
                "untold": [untold_to_json(untold) for untold in result.untold],
                "suppressed": result.suppressed,
                "notes": list(result.notes),
            }
            for result in results
        ],
    }


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """One problem."""
    return {
        "code": problem.rule.code,
        "name": problem.rule.name,
        "severity": problem.rule.level.value,
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.column,
        "resource": problem.item,
        "sentence": problem.sentence,
        "why": problem.rule.why,
        "page": problem.rule.page,
        "fix": list(problem.fix),
    }


def untold_to_json(untold: Untold) -> dict[str, Any]:
    """What could not be told."""
    return {
        "codes": [rule.code for rule in untold.rules],
        "file": untold.place.file,
        "line": untold.place.line,
        "sentence": untold.sentence,
        "flag": untold.why.flag,
    }
