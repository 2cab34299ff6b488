"""Problems as the commands of GitHub's workflows, which become annotations of a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqs_contract.lint.problem import Level, Linted
from sqs_contract.report.text import escape

_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "notice"}


def lint_to_github(results: Sequence[Linted]) -> Iterator[str]:
    """One line for each problem, and for each thing that could not be told."""
    for result in results:
        for problem in result.problems:
            place = problem.place
            given = {"file": place.file, "line": place.line, "col": problem.column}
            title = f"{problem.rule.code} {problem.rule.name}"
            text = f"{problem.sentence}. {problem.rule.why} {problem.rule.page}"
            yield _command(_COMMANDS[problem.rule.level], {**given, "title": title}, text)
        for untold in result.untold:
            place = untold.place
            codes = ",".join(rule.code for rule in untold.rules)
            given = {"file": place.file, "line": place.line, "title": codes}
            yield _command("notice", given, untold.sentence)


def _command(name: str, properties: dict[str, str | int | None], text: str) -> str:
    told = ",".join(
        f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None
    )
    return f"::{name} {told}::{_data(text)}"


def _data(text: str) -> str:
    return escape(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
