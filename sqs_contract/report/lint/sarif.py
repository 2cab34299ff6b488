"""Problems as SARIF 2.1.0, which code hosts show beside the lines of a change."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqs_contract.deployment.values import Place
from sqs_contract.lint.problem import Level, Linted, Problem, Rule, Untold
from sqs_contract.report.text import escape

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "note"}


def lint_to_sarif(results: Sequence[Linted]) -> dict[str, Any]:
    """One run of the tool over some templates."""
    problems = [problem for result in results for problem in result.problems]
    rules = list(dict.fromkeys(problem.rule for problem in problems))
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "sqs-contract",
                        "version": version("sqs-contract"),
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, rules.index(problem.rule)) for problem in problems],
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            _notification(untold) for result in results for untold in result.untold
                        ],
                    }
                ],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.owes},
        "fullDescription": {"text": rule.why},
        "helpUri": rule.page,
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
    }


def _result(problem: Problem, index: int) -> dict[str, Any]:
    fix = "\n".join(escape(line) for line in problem.fix)
    return {
        "ruleId": problem.rule.code,
        "ruleIndex": index,
        "level": _LEVELS[problem.rule.level],
        "message": {"text": escape(problem.sentence) + (f"\n\nFix:\n{fix}" if fix else "")},
        "locations": [_location(problem.place, problem.column)],
        "partialFingerprints": {"resource/v1": f"{problem.rule.code}:{escape(problem.item)}"},
    }


def _notification(untold: Untold) -> dict[str, Any]:
    return {
        "level": "note",
        "message": {"text": escape(untold.sentence)},
        "locations": [_location(untold.place, None)],
    }


def _location(place: Place, column: int | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line is not None:
        region = {"startLine": place.line}
        physical["region"] = region if column is None else {**region, "startColumn": column}
    return {"physicalLocation": physical}


def _uri(file: str) -> str:
    path = Path(file)
    if path.is_absolute():
        return path.as_uri()
    return quote(path.as_posix(), safe="/-._~", errors="surrogateescape")
