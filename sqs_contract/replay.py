"""Replaying a saved scenario: the same story again, and whether a clause is still broken."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqs_contract.clauses import CLAUSES
from sqs_contract.clauses.verdict import PoisonPolicy, Violation
from sqs_contract.errors import UsageError
from sqs_contract.history import event_to_json
from sqs_contract.oracle.analysis import Analysis, Oracle
from sqs_contract.oracle.golden import Golden
from sqs_contract.player import Player
from sqs_contract.report.terminal import render_finding, render_run
from sqs_contract.results import Finding
from sqs_contract.scenario import Scenario
from sqs_contract.sharing import choose_sharing
from sqs_contract.targets.program import ProgramSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay came to: text, JSON data, and whether any clause was broken."""

    lines: list[str]
    document: Any
    violated: bool


def replay_file(
    path: Path,
    *,
    target: str | None = None,
    effects: str | None = None,
    reset: str | None = None,
) -> Replayed:
    """Replay every scenario a file holds: a counterexample, a report, or a bare scenario.

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
        handler = target or data.get("target")
        if not isinstance(handler, str):
            raise UsageError(
                f"replay: {str(path)!r} names no target: give --target module:function"
            )
        spec = ProgramSpec(
            handler=handler,
            effects=effects or data.get("effects"),
            reset=reset or data.get("reset"),
        )
        analysis, violations = _play(data, spec, path)
        wanted = [item for item in violations if item.clause == data.get("violates")]
        violated = violated or bool(wanted or (data.get("violates") is None and violations))
        lines += _tell(analysis, wanted or violations, handler, data.get("violates"))
        documents.append(_document(analysis, violations, handler))
    return Replayed(lines=lines, document={"schema": 1, "replayed": documents}, violated=violated)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"replay: there is no file {str(path)!r}") from None
    except json.JSONDecodeError as error:
        raise UsageError(
            f"replay: {path}:{error.lineno}:{error.colno} is not JSON: {error.msg}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"replay: cannot read {str(path)!r}: {error}") from None


def _scenarios(data: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(data, Mapping):
        return
    if "messages" in data:
        yield data
    elif isinstance(data.get("scenario"), Mapping):
        yield data["scenario"]
    elif isinstance(data.get("clauses"), list):
        for clause in data["clauses"]:
            for item in clause.get("counterexamples") or [clause.get("counterexample")]:
                yield from _scenarios(item)


def _play(
    data: Mapping[str, Any], spec: ProgramSpec, path: Path
) -> tuple[Analysis, list[Violation]]:
    try:
        scenario = Scenario.from_json(data)
        policy = PoisonPolicy(data.get("poison", "either"))
    except (UsageError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"replay: {str(path)!r} is no scenario: {error}") from None
    with Player.entered(spec, scenario.deployment) as player:
        bodies = [message.body for message in scenario.messages]
        choose_sharing(player, scenario.deployment, bodies, scenario.seed)
        oracle = Oracle(Golden(player, scenario.deployment, scenario.seed))
        for message in scenario.messages:
            oracle.golden.learn_noise((message,))
        analysis = Analysis(player.play(scenario), oracle)
        violations = [
            violation
            for clause in CLAUSES.values()
            for violation in clause.judge(analysis, policy).violations
        ]
        # Everything the report needs is worked out while the world is there.
        oracle.golden.run(tuple(analysis.accepted_messages))
        return analysis, violations


def _tell(
    analysis: Analysis, violations: list[Violation], handler: str, wanted: object
) -> Iterator[str]:
    if not violations:
        clause = f" {wanted} is" if wanted else " every clause is"
        yield from render_run(analysis, handler)
        yield ""
        yield f"not reproduced:{clause} kept in this scenario"
        return
    for violation in violations:
        yield from render_finding(Finding(violation=violation, analysis=analysis), handler)
        yield ""


def _document(analysis: Analysis, violations: list[Violation], handler: str) -> Any:
    return {
        "target": handler,
        "scenario": analysis.scenario.to_json(),
        "history": [event_to_json(event) for event in analysis.run.events],
        "fates": {name: fate.value for name, fate in analysis.fates.items()},
        "violations": [dataclasses.asdict(violation) for violation in violations],
    }
