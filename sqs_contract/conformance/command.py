"""The work of `sqs-contract conformance`: reads files of recorded programs, runs them, tells.

Owns the two formats by their shape: a program with `steps` is about a queue, one
with `expected` about an event source mapping. All files are read before
anything runs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.conformance import mappings
from sqs_contract.conformance.outcome import Outcome, Verdict
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.errors import UsageError
from sqs_contract.report.text import escape

_VERDICTS: Final[tuple[Verdict, ...]] = ("ok", "differs", "not run")
_WIDTH: Final = max(map(len, _VERDICTS))

Program = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conformance:
    """What running the files came to: the lines to print, and whether anything differs."""

    lines: tuple[str, ...]
    differs: bool


def run_files(
    files: Sequence[Path],
    endpoint: Endpoint | None = None,
    *,
    max_wait_s: int = 30,  # noqa: ARG001
) -> Conformance:
    """Run every program of some files on the model.

    Raises:
        UsageError: a file cannot be read, or is not in one of the two formats.
    """
    assert endpoint is None
    programs = [program for file in files for program in read_file(file)]
    outcomes = [run_program(program) for program in programs]
    counts = Counter(outcome.verdict for outcome in outcomes)
    lines = [line for outcome in outcomes for line in _lines(outcome)]
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _VERDICTS)
    noun = "program" if len(outcomes) == 1 else "programs"
    lines.append(f"{len(outcomes)} {noun}: {told}")
    return Conformance(tuple(lines), differs=counts["differs"] > 0)


def run_program(program: Program) -> Outcome:
    """Run one program, by its format."""
    if "steps" in program:
        from sqs_contract.conformance import queues  # noqa: PLC0415  only where it is needed

        return queues.run_program(program)
    return mappings.run_program(program)


def read_file(file: Path) -> list[Program]:
    """The programs of a file.

    Raises:
        UsageError: it cannot be read, or is not in one of the two formats.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {file}: it is not JSON ({error})") from None
    scenarios = content.get("scenarios") if isinstance(content, dict) else None
    if not isinstance(scenarios, list):
        raise UsageError(f"cannot read {file}: it holds no list of programs under `scenarios`")
    for number, program in enumerate(scenarios, 1):
        if not isinstance(program, dict) or not isinstance(program.get("id"), str):
            raise UsageError(f"cannot read {file}: program {number} is no object with an `id`")
        if "steps" not in program and "expected" not in program:
            raise UsageError(
                f"cannot read {file}: program {program['id']!r} has neither `steps`, as those of "
                "queues do, nor `expected`, as those of mappings do"
            )
    return scenarios


def _lines(outcome: Outcome) -> Iterator[str]:
    """One line; the reasons follow the id."""
    reasons = "; ".join(outcome.details)
    yield escape(f"{outcome.verdict:{_WIDTH}}  {outcome.id}{f': {reasons}' if reasons else ''}")
