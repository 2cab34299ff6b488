"""The clause `configuration`: what the rules about settings say of one function, joined with what
the handler was seen doing.

Judged with a template, its errors break the clause. Where only flags say how the function is
deployed, much is not told, and what the rules say is advice.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqs_contract.backends.run import Run
from sqs_contract.bodies.variants import variants_of
from sqs_contract.clauses.verdict import Severity, Verdict
from sqs_contract.deployment.settings import Deployment
from sqs_contract.deployment.template import Source
from sqs_contract.explore.cases import Cases
from sqs_contract.history import Ended
from sqs_contract.lint.flags import as_deployed, stack_of_flags
from sqs_contract.lint.observed import Observed
from sqs_contract.lint.problem import Level, Linted, Problem
from sqs_contract.lint.running import lint_view
from sqs_contract.lint.suppressions import ignored_in_project
from sqs_contract.lint.view import View
from sqs_contract.model.invocation import ErrorKind, FunctionError, Outcome
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.invocations import invocations_of
from sqs_contract.player import Plays
from sqs_contract.request import Request
from sqs_contract.results import ClauseResult
from sqs_contract.scenario import Scenario, ScenarioMessage, message_for
from sqs_contract.world.clock import real_monotonic

ID: Final = "configuration"
OWES: Final = "The deployed settings leave the contract possible."

BATCH_MAX: Final = 25
"""Messages in the batch that is timed: one that is larger is not played in full."""

FILTERED_MAX: Final = 10
"""Bodies that filters delete, tried on the handler without the filters."""


@dataclass(slots=True)
class Watch:
    """Looks on while scenarios are played, and notes what settings hang on.

    Attributes:
        ignored: codes of the rules that `pyproject.toml` says to ignore: read before the handler
            runs, which may leave another working directory behind.
        reports: whether a report named a record.
        returns_reports: whether any return value was a report.
        raises: whether an invocation raised.
    """

    ignored: frozenset[str] = field(default_factory=lambda: ignored_in_project(Path.cwd()))
    reports: bool = False
    returns_reports: bool = False
    raises: bool = False

    def see(self, run: Run) -> None:
        """Note what the handler did in a run."""
        for event in run.events:
            if isinstance(event, Ended):
                self._see(event.outcome)

    def _see(self, outcome: Outcome) -> None:
        if isinstance(outcome, FunctionError):
            self.raises = self.raises or outcome.kind is ErrorKind.RAISED
        elif not (self.reports and self.returns_reports):
            failures = _failures_in(outcome.payload)
            self.returns_reports = self.returns_reports or failures is not None
            self.reports = self.reports or bool(failures)

    def judge(
        self,
        request: Request,
        player: Plays,
        golden: Golden,
        cases: Cases,
        bodies: Iterable[str],
        *,
        late: bool,
    ) -> Iterator[ClauseResult]:
        """The result of the clause, if it is to be judged.

        Args:
            request: what was asked for.
            player: plays the handler.
            golden: of the deployment.
            cases: the messages of the verification.
            bodies: all bodies, those the filters delete among them.
            late: whether time is up, so that nothing more is tried.
        """
        if request.clauses and ID not in request.clauses:
            return
        started = real_monotonic()
        healthy, tried = ((), ()) if late else (cases.healthy, bodies)
        observed = self.observed(player, golden, healthy, tried, request.seed)
        seconds = real_monotonic() - started
        yield configuration_result(
            request.source, request.deployment, observed, self.ignored, seconds
        )

    def observed(
        self,
        player: Plays,
        golden: Golden,
        healthy: Sequence[ScenarioMessage],
        bodies: Iterable[str],
        seed: int,
    ) -> Observed:
        """Everything that was seen; a full batch, and what filters delete, are tried now.

        Args:
            player: plays the batch.
            golden: delivers what the filters delete alone.
            healthy: messages for the batch; none, to try none.
            bodies: all bodies, those the filters delete among them.
            seed: of the verification.
        """
        return Observed(
            reports=self.reports,
            returns_reports=self.returns_reports,
            raises=self.raises,
            timed_out_batch=_timed_out_batch(player, golden, healthy, seed),
            filtered_work=_filtered_work(golden, bodies),
        )


def _failures_in(payload: str | bytes) -> list[str] | None:
    """The records a return value reports as failed; `None` where it is no report."""
    try:
        data: Any = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    items = data.get("batchItemFailures", None) if isinstance(data, dict) else None
    if not isinstance(items, list):
        return None
    found = [item.get("itemIdentifier") for item in items if isinstance(item, dict)]
    return [name for name in found if isinstance(name, str) and name]


def _timed_out_batch(
    player: Plays, golden: Golden, healthy: Sequence[ScenarioMessage], seed: int
) -> int | None:
    """How many healthy messages ran out of time together, without any fault, if they did."""
    deployment = golden.deployed
    size = min(deployment.mapping.batch_size, BATCH_MAX)
    if not healthy or size < 2:
        return None
    bodies = _different_bodies(golden, healthy, size)
    messages = tuple(
        message_for(deployment.queue, f"m{number + 1}", bodies[number % len(bodies)])
        for number in range(size)
    )
    scenario = Scenario(messages=messages, deployment=deployment, seed=seed)
    run = player.play(scenario, observing=False)
    names = {message.name for message in messages}
    late = [len(item.records) for item in invocations_of(run.events, names) if item.timed_out]
    return max(late, default=None) if any(count > 1 for count in late) else None


def _different_bodies(golden: Golden, healthy: Sequence[ScenarioMessage], count: int) -> list[str]:
    """Bodies the handler accepts, about different things as far as they can be had: doing the
    same thing again may take another time."""
    found = list(dict.fromkeys(message.body for message in healthy))[:count]
    for model in healthy:
        for body in variants_of(model.body, count):
            if len(found) >= count:
                return found
            message = message_for(golden.deployed.queue, "m1", body)
            if (
                body not in found
                and golden.reaches_the_handler(message)
                and golden.solo(message).accepted
            ):
                found.append(body)
    return found


def _filtered_work(golden: Golden, bodies: Iterable[str]) -> tuple[int, int]:
    """How many of the bodies that filters delete the handler would do something about."""
    deployment = golden.deployed
    if deployment.mapping.filters is None:
        return 0, 0
    tried = wanted = 0
    for body in bodies:
        message = message_for(deployment.queue, "m1", body)
        if golden.reaches_the_handler(message):
            continue
        tried += 1
        wanted += golden.solo(message).accepted and golden.is_visible(message)
        if tried == FILTERED_MAX:
            break
    return wanted, tried


def configuration_result(
    source: Source | None,
    deployment: Deployment,
    observed: Observed,
    ignored: frozenset[str] = frozenset(),
    seconds: float = 0.0,
) -> ClauseResult:
    """What the rules say of the settings of one function.

    Args:
        source: the function and its mapping, in the picture of a template; `None` where only
            flags tell how it is deployed.
        deployment: the settings it was verified with; flags may differ from the template.
        observed: what the handler was seen doing.
        ignored: codes of rules that hold nowhere in the project.
        seconds: how long finding that out took.
    """
    if source is None:
        view = View(stack=stack_of_flags(deployment), observed=observed)
        linted = lint_view(view, ignored=ignored)
        advice = tuple(map(_as_advice, linted.problems))
        linted = dataclasses.replace(linted, problems=advice, untold=())
        violated = False
    else:
        stack = as_deployed(source, deployment)
        view = View(stack=stack, observed=observed, only=source.mapping)
        linted = lint_view(view, ignored=ignored)
        violated = linted.has(Level.ERROR)
    return ClauseResult(
        id=ID,
        verdict=Verdict.VIOLATED if violated else Verdict.HELD,
        severity=Severity.ERROR,
        reason=_reason(linted) if violated else "",
        seconds=seconds,
        scenarios=0,
        findings=(),
        problems=linted.problems,
        untold=linted.untold,
    )


def _as_advice(problem: Problem) -> Problem:
    return dataclasses.replace(problem, rule=dataclasses.replace(problem.rule, level=Level.ADVICE))


def _reason(linted: Linted) -> str:
    return next(item.sentence for item in linted.problems if item.rule.level is Level.ERROR)
