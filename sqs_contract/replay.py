"""Replaying a saved scenario: the same story again, and whether a clause is still broken."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqs_contract.backends.endpoints import PlayedOnEndpoint
from sqs_contract.clauses import CLAUSES
from sqs_contract.clauses.verdict import PoisonPolicy, Violation
from sqs_contract.deployment.creation import plan_of
from sqs_contract.deployment.origin import Origin
from sqs_contract.deployment.readers import read_stack
from sqs_contract.discovery import find
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.errors import UsageError
from sqs_contract.fields import field
from sqs_contract.history import event_to_json
from sqs_contract.on_deployed import replay_deployed
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Player
from sqs_contract.playing import playing, reaching
from sqs_contract.report.endpoint import render_played_on
from sqs_contract.report.story import faults_that_never_struck
from sqs_contract.report.terminal import render_finding, render_run
from sqs_contract.request import Request
from sqs_contract.results import Finding
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.scenario import Scenario
from sqs_contract.sharing import choose_sharing
from sqs_contract.targets.program import ProgramSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay came to: text, JSON data, and whether any clause was broken."""

    lines: list[str]
    document: Any
    violated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """A scenario of a file, and what the file says beside it."""

    scenario: Scenario
    target: str | None
    effects: str | None
    reset: str | None
    fault_sites: tuple[str, ...]
    poison: PoisonPolicy
    violates: str | None
    origin: Origin | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    """What playing a scenario came to; `there`, where it was played on an endpoint."""

    analysis: Analysis
    violations: list[Violation]
    there: PlayedOnEndpoint | None
    backend: str | None


def replay_file(
    path: Path,
    *,
    target: str | None = None,
    effects: str | None = None,
    reset: str | None = None,
    isolated: bool = False,
    memory_limit_mb: int | None = None,
    endpoint: Callable[[str], Endpoint | None] = lambda _region: None,
    runtime: RuntimeSpec | None = None,
) -> Replayed:
    """Replay every scenario a file holds: a counterexample, a report, or a bare scenario;
    on the simulator, or on the endpoint that `endpoint` gives for a region.

    Raises:
        UsageError: the file holds no scenario, or names no target and none is given.
    """
    scenarios = list(_scenarios(_read(path)))
    if not scenarios:
        raise UsageError(f"replay: {str(path)!r} holds no counterexample")
    lines: list[str] = []
    documents: list[Any] = []
    violated = False
    for data in scenarios:
        saved = _checked(data, path)
        handler = target or saved.target
        if handler is None:
            raise UsageError(
                f"replay: {str(path)!r} names no target: give --target module:function"
            )
        spec = dataclasses.replace(
            _program(handler, saved.origin, moved=target is not None),
            effects=effects or saved.effects,
            reset=reset or saved.reset,
            fault_sites=saved.fault_sites,
        )
        played = _play(
            Request(
                program=spec,
                deployment=saved.scenario.deployment,
                isolated=isolated,
                memory_limit_mb=memory_limit_mb,
                endpoint=endpoint(saved.scenario.deployment.region),
                runtime=runtime,
            ),
            saved,
        )
        violated = violated or bool(played.violations)
        lines += _tell(played, handler, saved.violates)
        documents.append(_document(played, handler))
    return Replayed(lines=lines, document={"schema": 1, "replayed": documents}, violated=violated)


def _program(handler: str, origin: Origin | None, *, moved: bool) -> ProgramSpec:
    """How the handler is called; where it was found in a template, its code and its world are
    looked up there again. A handler that is named anew is not the template's."""
    if origin is None:
        return ProgramSpec(handler=handler)
    stack = read_stack(origin.template, origin.parameters)
    if not moved:
        for found in find(stack, origin.function, given=origin.parameters):
            if found.program is not None and found.program.handler == handler:
                return found.program
    return ProgramSpec(handler=handler, world=plan_of(stack), origin=origin)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"replay: there is no file {str(path)!r}") from None
    except json.JSONDecodeError as error:
        raise UsageError(
            f"replay: {path}:{error.lineno}:{error.colno} is not JSON: {error.msg}"
        ) from None
    except (OSError, ValueError) as error:  # no text, or a number too long for Python
        raise UsageError(f"replay: cannot read {str(path)!r}: {error}") from None
    except RecursionError:
        raise UsageError(f"replay: {str(path)!r} is nested too deeply to be a scenario") from None


def _scenarios(data: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(data, Mapping):
        return
    if "messages" in data:
        yield data
    elif isinstance(data.get("scenario"), Mapping):
        yield data["scenario"]
    elif isinstance(data.get("reports"), list):
        for report in data["reports"]:
            yield from _scenarios(report)
    elif isinstance(data.get("clauses"), list):
        for clause in data["clauses"]:
            yield from _counterexamples(clause)


def _counterexamples(clause: Any) -> Iterator[Mapping[str, Any]]:
    """The scenarios of one clause of a report."""
    if not isinstance(clause, Mapping):
        return
    found = clause.get("counterexamples") or [clause.get("counterexample")]
    for item in found if isinstance(found, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("scenario"), Mapping):
            yield item["scenario"]


def _checked(data: Mapping[str, Any], path: Path) -> _Saved:
    try:
        scenario = Scenario.from_json(data)
        _check_what_can_be_played(scenario)
        poison = field(data, "poison", str, PoisonPolicy.EITHER.value)
        policies = [policy.value for policy in PoisonPolicy]
        if poison not in policies:
            raise UsageError(f"poison must be one of {', '.join(policies)}, not {poison!r}")  # noqa: TRY301
        violates = field(data, "violates", str)
        if violates not in (None, *CLAUSES):
            raise UsageError(f"unknown clause {violates!r}; known: {', '.join(CLAUSES)}")  # noqa: TRY301
        return _Saved(
            scenario=scenario,
            target=field(data, "target", str),
            effects=field(data, "effects", str),
            reset=field(data, "reset", str),
            fault_sites=_fault_sites(data),
            poison=PoisonPolicy(poison),
            violates=violates,
            origin=Origin.from_json(data["origin"]) if data.get("origin") is not None else None,
        )
    except UsageError as error:
        raise UsageError(f"replay: {str(path)!r} is no scenario: {error}") from None


def _fault_sites(data: Mapping[str, Any]) -> tuple[str, ...]:
    sites = field(data, "fault_sites", list, [])
    for site in sites:
        if not isinstance(site, str):
            raise UsageError(f"fault_sites must be texts, not {site!r}")
    return tuple(sites)


def _check_what_can_be_played(scenario: Scenario) -> None:
    """What each part alone does not show.

    Raises:
        UsageError: the parts do not go together, or no process could have them.
    """
    names = [message.name for message in scenario.messages]
    for message in scenario.messages:
        if names.count(message.name) > 1:
            raise UsageError(f"more than one message is named {message.name!r}")
        for text in (message.name, message.body):
            if _has_surrogates(text):
                raise UsageError(f"message {message.name!r} holds a character UTF-8 does not have")
    for fault in scenario.faults:
        if fault.message is not None and fault.message not in names:
            raise UsageError(
                f"a fault strikes message {fault.message!r}, and there is none of that name"
            )
    for name, value in scenario.deployment.function.environment.items():
        if not name or "=" in name or "\0" in name + value or _has_surrogates(name + value):
            raise UsageError(f"no process can have the environment variable {name!r}: {value!r}")


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _play(request: Request, saved: _Saved) -> _Played:
    scenario = saved.scenario
    with reaching(request) as connection, playing(request) as player:
        bodies = [message.body for message in scenario.messages]
        choose_sharing(player, scenario.deployment, bodies, scenario.seed)
        oracle = Oracle(Golden(player, scenario.deployment, scenario.seed))
        for message in scenario.messages:
            oracle.golden.learn_noise((message,))
        there: PlayedOnEndpoint | None = None
        if connection is None:
            run = player.play(scenario)
        else:
            if connection.endpoint.deployed is None:
                there = player.play_on(connection, scenario)
            else:
                assert isinstance(player, Player), "a deployed function runs in no process here"
                there = replay_deployed(player, connection, scenario, oracle)
            if there.run is None:
                raise UsageError(
                    f"replay: {connection.name} does not do as AWS does, so nothing can be said of "
                    f"the handler there: it {there.differs}"
                )
            run = there.run
        analysis = Analysis(run, oracle)
        violations = [
            violation
            for clause in CLAUSES.values()
            for violation in clause.judge(analysis, saved.poison).violations
        ]
        # Everything the report needs is worked out while the world is there.
        oracle.golden.run(tuple(analysis.accepted_messages))
        name = None if connection is None else connection.name
        return _Played(analysis=analysis, violations=violations, there=there, backend=name)


def _tell(played: _Played, handler: str, violates: str | None) -> Iterator[str]:
    """The bug the file is about; where that is not there, whatever else is broken."""
    analysis, violations = played.analysis, played.violations
    wanted = [item for item in violations if item.clause == violates]
    for violation in wanted or violations:
        yield from render_finding(Finding(violation=violation, analysis=analysis), handler)
        yield ""
    if not violations:
        yield from render_run(analysis, handler)
        yield ""
    if played.there is not None and played.backend is not None:
        there = played.there
        yield from render_played_on(
            played.backend, there.skipped_ms, there.timeout_s, there.remarks
        )
    if not wanted and (violates is not None or not violations):
        yield f"not reproduced: {violates or 'every clause'} is kept in this scenario"


def _document(played: _Played, handler: str) -> Any:
    analysis = played.analysis
    return {
        "target": handler,
        "scenario": analysis.scenario.to_json(),
        "history": [event_to_json(event) for event in analysis.run.events],
        "fates": {name: fate.value for name, fate in analysis.fates.items()},
        "faults_that_never_struck": [
            fault.to_json() for fault in faults_that_never_struck(analysis)
        ],
        "violations": [dataclasses.asdict(violation) for violation in played.violations],
        **({} if played.backend is None else {"backend": played.backend}),
    }
