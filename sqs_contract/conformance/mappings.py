"""Recorded programs of event source mappings, run on the model and compared with AWS.

Owns what a program is about: the answer of the API, or what became of its
messages. Programs are read by `mapping_programs` and run by `runner`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.conformance.mapping_expectations import Check, read_expectations
from sqs_contract.conformance.mapping_programs import (
    MappingProgram,
    read_program,
)
from sqs_contract.conformance.mapping_services import Mappings, ModelMappings
from sqs_contract.conformance.outcome import Outcome
from sqs_contract.conformance.reading import NotRunnable, Section, whole_number
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.sqs_errors import Refused

_ERROR_FOR: Final = re.compile(r"error_for_BatchSize_(?P<size>\d+)_window_(?P<window>\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """An error AWS answered with; `None` is not looked at."""

    code: str
    message: str | None
    http: int | None
    changes: Mapping[str, Any]

    @classmethod
    def read(cls, section: Section, changes: Mapping[str, Any]) -> _Refusal:
        code = section.word("Code") if section.has("Code") else ""
        if not code:
            raise NotRunnable("an expected error has no Code")
        refusal = cls(
            code=code,
            message=section.text("Message") if section.has("Message") else None,
            http=section.optional("http", whole_number),
            changes=changes,
        )
        section.done()
        return refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    refusals: list[_Refusal]
    created: Mapping[str, Any] | None
    checks: list[Check]


def run_program(program: Mapping[str, Any], service: Mappings | None = None) -> Outcome:
    """Run one program in the format of `esm_scenarios.json`; on the model, or where a service
    says."""
    name = str(program["id"])
    try:
        read = read_program(program)
        expected = _read_expected(Section(program.get("expected", {}), "expected"))
        differences = tuple(_differences(read, expected, service or ModelMappings()))
    except Refused as error:
        return Outcome(name, "differs", (f"AWS created the queue, we answered {error}",))
    except NotRunnable as reason:
        return Outcome(name, "not run", (str(reason),))
    return Outcome(name, "differs" if differences else "ok", differences)


def _read_expected(section: Section) -> _Expected:
    refusals: list[_Refusal] = []
    created = None
    for name in section.names():
        said = _ERROR_FOR.fullmatch(name)
        if said is not None:
            changes = {
                "BatchSize": int(said["size"]),
                "MaximumBatchingWindowInSeconds": int(said["window"]),
            }
            refusals.append(_Refusal.read(section.section(name), changes))
    if section.has("error"):
        refusals.append(_Refusal.read(section.section("error"), {}))
    if section.has("create"):
        created = section.structure("create")
    checks = read_expectations(section)
    if not (refusals or created or checks):
        raise NotRunnable("nothing is expected")
    return _Expected(refusals=refusals, created=created, checks=checks)


def _differences(program: MappingProgram, expected: _Expected, mappings: Mappings) -> Iterator[str]:
    request = program.request
    if request is None:
        raise NotRunnable("config.esm is missing: nothing says what the mapping is created with")
    for refusal in expected.refusals:
        yield from _refusal_differences(program, request, refusal, mappings)
    if any(not refusal.changes for refusal in expected.refusals):
        if expected.created is not None or expected.checks:
            raise NotRunnable("an error and a run are both expected of one mapping")
        return
    if expected.checks and program.handler is None:
        raise NotRunnable("the handler is missing")
    try:
        if expected.created is not None or not expected.checks:
            answer = mappings.create(program, request)
            yield from _created_differences(
                answer, expected.created or {}, whole=mappings.answers_wholly
            )
        if program.handler is not None and expected.checks:
            story = mappings.play(program, request, program.handler)
            for check in expected.checks:
                yield from check(story)
    except MappingRefused as error:
        yield f"AWS accepted the mapping, we refuse it: {error}"


def _refusal_differences(
    program: MappingProgram, request: Mapping[str, Any], refusal: _Refusal, mappings: Mappings
) -> Iterator[str]:
    asked = f" of {dict(refusal.changes)}" if refusal.changes else ""
    try:
        mappings.create(program, {**request, **refusal.changes})
    except MappingRefused as error:
        if error.code != refusal.code:
            yield f"AWS said {refusal.code}{asked}, we say {error.code}"
        if refusal.message is not None and error.message != refusal.message:
            yield f"AWS said {refusal.message!r}{asked}, we say {error.message!r}"
        if refusal.http is not None and error.http != refusal.http:
            yield f"AWS answered {refusal.http}{asked}, we answer {error.http}"
    else:
        yield f"AWS refused{asked} ({refusal.code}: {refusal.message}), we accepted it"


def _created_differences(
    answer: Mapping[str, Any], wanted: Mapping[str, Any], *, whole: bool
) -> Iterator[str]:
    for name, value in wanted.items():
        if name not in answer and not whole:
            raise NotRunnable(f"expected.create.{name} is not modelled")
        if name not in answer:
            yield f"{name} is {value!r} on AWS, missing here"
        elif answer[name] != value:
            yield f"{name} is {value!r} on AWS, {answer[name]!r} here"
