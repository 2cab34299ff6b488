"""The work of `sqs-contract conformance`: reads files of recorded programs, runs them on the model
or on an endpoint, tells.

Owns the two formats by their shape: a program with `steps` is about a queue, one
with `expected` about an event source mapping. All files are read before
anything runs.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.conformance import mappings
from sqs_contract.conformance.endpoint_mappings import EndpointMappings
from sqs_contract.conformance.outcome import Outcome, Verdict
from sqs_contract.conformance.services import EndpointService, Service
from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.errors import UsageError
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.report.text import escape

_VERDICTS: Final[tuple[Verdict, ...]] = ("ok", "differs", "not run")
_WIDTH: Final = max(map(len, _VERDICTS))

_STANDARD: Final = "standard queues"
_FIFO: Final = "FIFO queues"
_REDRIVE: Final = "dead-letter queues"
_MOVES: Final = "redrive tasks"
_MAPPINGS: Final = "event source mappings"
AREAS: Final = (_STANDARD, _FIFO, _REDRIVE, _MOVES, _MAPPINGS)
"""What programs are about."""

_AREA: Final = 24

Program = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conformance:
    """What running the files came to.

    Attributes:
        name: of the endpoint; `None` for the model.
        results: each program's area and outcome, in order.
    """

    name: str | None
    results: tuple[tuple[str, Outcome], ...]

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return any(outcome.verdict == "differs" for _, outcome in self.results)

    @property
    def areas(self) -> dict[str, Counter[Verdict]]:
        """How many programs of each area came to what, in the order of `AREAS`."""
        counts: dict[str, Counter[Verdict]] = {area: Counter() for area in AREAS}
        for area, outcome in self.results:
            counts[area][outcome.verdict] += 1
        return {area: count for area, count in counts.items() if count}

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines to print: a line for each program; for an endpoint, a table; the sum."""
        lines = [_line(outcome) for _, outcome in self.results]
        if self.name is not None:
            lines += ["", f"as on AWS, on {escape(self.name)}"]
            lines += [
                f"  {area:<{_AREA}}{count['ok']} of {count['ok'] + count['differs']}"
                + (f"  ({count['not run']} not run)" if count["not run"] else "")
                for area, count in self.areas.items()
            ]
            lines.append("")
        counts = Counter(outcome.verdict for _, outcome in self.results)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _VERDICTS)
        noun = "program" if len(self.results) == 1 else "programs"
        return (*lines, f"{len(self.results)} {noun}: {told}")


def run_files(
    files: Sequence[Path], endpoint: Endpoint | None = None, *, max_wait_s: int = 0
) -> Conformance:
    """Run every program of some files, on the model or on an endpoint.

    Args:
        files: what to read; all of it before anything runs.
        endpoint: `None` for the model.
        max_wait_s: how much real time a program may take on an endpoint.

    Raises:
        UsageError: a file cannot be read, or is not in one of the two formats; or the
            endpoint does not answer as SQS does.
    """
    programs = [program for file in files for program in read_file(file)]
    if endpoint is None:
        results = [(area_of(program), run_program(program)) for program in programs]
        return Conformance(None, tuple(results))
    with Connection.entered(endpoint) as connection:
        there = EndpointMappings(connection, max_wait_s * SECOND_MS)
        results = [
            (area_of(program), _run_there(program, connection, there, max_wait_s))
            for program in programs
        ]
        return Conformance(connection.name, tuple(results))


def run_program(program: Program, service: Service | None = None) -> Outcome:
    """Run one program, by its format; one about a queue on a service, if one is given."""
    if "steps" in program:
        from sqs_contract.conformance import queues  # noqa: PLC0415  only where it is needed

        return queues.run_program(program, service)
    return mappings.run_program(program)


def area_of(program: Program) -> str:
    """What a program is about: one of `AREAS`."""
    if "steps" not in program:
        return _MAPPINGS
    steps = program["steps"] if isinstance(program["steps"], list) else []
    operations = {step.get("op") for step in steps if isinstance(step, Mapping)}
    if operations & {"start_move_task", "cancel_move_task"}:
        return _MOVES
    queue = program.get("queue")
    settings = queue if isinstance(queue, Mapping) else {}
    if "dlq" in program or "maxReceiveCount" in settings:
        return _REDRIVE
    return _FIFO if "FifoQueue" in settings else _STANDARD


def _run_there(
    program: Program, connection: Connection, there: EndpointMappings, max_wait_s: int
) -> Outcome:
    if "steps" not in program:
        outcome = mappings.run_program(program, there)
    else:
        service = EndpointService(connection, max_wait_s * SECOND_MS)
        try:
            outcome = run_program(program, service)
        finally:
            service.close()
    return dataclasses.replace(outcome, details=tuple(map(_of_endpoint, outcome.details)))


def _of_endpoint(detail: str) -> str:
    """A difference, told of the endpoint instead of the model."""
    aws, we, other = detail.rpartition(", we ")
    if we:
        return f"{aws}, it {other}"
    return f"{detail.removesuffix(' here')} there" if detail.endswith(" here") else detail


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


def _line(outcome: Outcome) -> str:
    """One line; the reasons follow the id."""
    reasons = "; ".join(outcome.details)
    return escape(f"{outcome.verdict:{_WIDTH}}  {outcome.id}{f': {reasons}' if reasons else ''}")
