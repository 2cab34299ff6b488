"""What the report says of the runs on an endpoint."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqs_contract.clauses.verdict import Verdict
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.report.marks import ID, MARKS
from sqs_contract.report.text import escape, labelled, plural, wrap
from sqs_contract.results import EndpointReport

_LABEL: Final = 14


def render_endpoint(report: EndpointReport) -> Iterator[str]:
    """The verdicts of an endpoint, and what it did otherwise than AWS."""
    yield f"  on {escape(report.name)}"
    for clause in report.clauses:
        tested = f"  {plural(clause.scenarios, 'scenario')}" if clause.scenarios else ""
        yield f"    {clause.id:<{ID}}{MARKS[clause.verdict]}{tested}"
        if clause.verdict is Verdict.NOT_CHECKED:
            yield from wrap(clause.reason, 4 + ID)
    yield ""
    noun = "scenario" if report.planned == 1 else "scenarios"
    share = f"{report.played} of {report.planned} {noun}"
    if report.counterexamples:
        found = plural(report.counterexamples, "counterexample")
        share += f"; {report.confirmed} of {found} came out the same"
    yield from labelled("    played", share, _LABEL)
    for what in report.left_out:
        yield from labelled("    left out", what, _LABEL)
    yield from labelled("    time", _scaled(report.skipped_ms, report.timeout_s), _LABEL)
    # One line for each thing the endpoint does, however many scenarios it spoils.
    for what, count in Counter(item.what for item in report.differences).items():
        told = f"it {what}; AWS does not. {plural(count, 'scenario')} not judged there"
        yield from labelled("    differs", told, _LABEL)
    for remark in report.remarks:
        yield from labelled("    remark", f"it {remark}", _LABEL)
    yield from _deployed(report)


def _deployed(report: EndpointReport) -> Iterator[str]:
    """Each scenario as it came out there, next to what the model of AWS says."""
    if not report.deployed:
        return
    yield ""
    yield "    as deployed, there and on the model of AWS"
    for outcome in report.deployed:
        yield from wrap(outcome.told, 6)
        model = "the same" if outcome.model == outcome.there else outcome.model
        yield from labelled("        there", outcome.there, _LABEL + 2)
        yield from labelled("        model", model, _LABEL + 2)
        for clause, claim in outcome.claims:
            yield from labelled("        broken", f"{clause}: {claim}", _LABEL + 2)


def render_played_on(
    name: str, skipped_ms: int, timeout_s: int, remarks: Sequence[str]
) -> Iterator[str]:
    """Where a replay was played."""
    yield f"  played on {escape(name)}"
    yield from labelled("    time", _scaled(skipped_ms, timeout_s), _LABEL)
    for remark in remarks:
        yield from labelled("    remark", f"it {remark}", _LABEL)


def endpoint_to_json(report: EndpointReport) -> dict[str, Any]:
    """The same as JSON data."""
    return {
        "kind": report.kind,
        "name": report.name,
        "clauses": [
            {
                "id": clause.id,
                "verdict": clause.verdict.value,
                "reason": clause.reason,
                "scenarios": clause.scenarios,
            }
            for clause in report.clauses
        ],
        "planned": report.planned,
        "played": report.played,
        "counterexamples": report.counterexamples,
        "confirmed": report.confirmed,
        "differences": [
            {"what": item.what, "scenario": item.scenario.to_json()} for item in report.differences
        ],
        "remarks": list(report.remarks),
        "skipped_seconds": report.skipped_ms / SECOND_MS,
        "timeout_seconds": report.timeout_s,
        "calls": report.calls,
        "left_out": list(report.left_out),
        "deployed": [dataclasses.asdict(outcome) for outcome in report.deployed],
        "seconds": round(report.seconds, 3),
    }


def _scaled(skipped_ms: int, timeout_s: int) -> str:
    skipped = f"{skipped_ms / SECOND_MS:g} s of visibility timeouts and delays were cut short there"
    if timeout_s:
        return f"{skipped}; each timeout lasted {timeout_s} s by its clock"
    return f"{skipped}: each timeout was ended at once"
