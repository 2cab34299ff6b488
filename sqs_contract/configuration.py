"""The clause `configuration`: what the rules about settings say of one function, joined with what
the handler was seen doing.

Judged with a template, its errors break the clause. Where only flags say how the function is
deployed, much is not told, and what the rules say is advice.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.backends.run import Run
from sqs_contract.clauses.verdict import Severity, Verdict
from sqs_contract.deployment import Deployment
from sqs_contract.deployment.resources import (
    EventSourceMapping,
    Function,
    Item,
    Queue,
    Redrive,
    Stack,
)
from sqs_contract.deployment.template import Source, deployment_of
from sqs_contract.deployment.values import Place, Unresolved
from sqs_contract.explore.cases import Cases
from sqs_contract.history import Ended
from sqs_contract.lint.observed import Observed
from sqs_contract.lint.problem import Level, Linted
from sqs_contract.lint.running import lint_view
from sqs_contract.lint.suppressions import ignored_in_project
from sqs_contract.lint.view import View
from sqs_contract.model.invocation import ErrorKind, FunctionError, Outcome
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.invocations import invocations_of
from sqs_contract.player import Player
from sqs_contract.results import ClauseResult
from sqs_contract.scenario import Scenario, ScenarioMessage, message_for

ID: Final = "configuration"
OWES: Final = "The deployed settings leave the contract possible."

BATCH_MAX: Final = 25
"""Messages in the batch that is timed: one that is larger is not played in full."""

FILTERED_MAX: Final = 10
"""Bodies that filters delete, tried on the handler without the filters."""


@dataclass(slots=True)
class Watch:
    """Looks on while scenarios are played, and notes what settings hang on."""

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

    def observed(
        self, player: Player, golden: Golden, cases: Cases, bodies: Iterable[str], seed: int
    ) -> Observed:
        """Everything that was seen; a full batch, and what filters delete, are tried now."""
        return Observed(
            reports=self.reports,
            returns_reports=self.returns_reports,
            raises=self.raises,
            timed_out_batch=_timed_out_batch(player, golden.deployed, cases.healthy, seed),
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
    player: Player, deployment: Deployment, healthy: tuple[ScenarioMessage, ...], seed: int
) -> int | None:
    """How many healthy messages ran out of time together, without any fault, if they did."""
    size = min(deployment.mapping.batch_size, BATCH_MAX)
    if not healthy or size < 2:
        return None
    messages = tuple(
        message_for(deployment.queue, f"m{number + 1}", healthy[number % len(healthy)].body)
        for number in range(size)
    )
    scenario = Scenario(messages=messages, deployment=deployment, seed=seed)
    run = player.play(scenario, observing=False)
    late = [len(item.records) for item in invocations_of(run.events) if item.timed_out]
    return max(late, default=None) if any(count > 1 for count in late) else None


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
    source: Source | None, deployment: Deployment, observed: Observed, seconds: float = 0.0
) -> ClauseResult:
    """What the rules say of the settings of one function.

    Args:
        source: the function and its mapping, in the picture of a template; `None` where only
            flags tell how it is deployed.
        deployment: the settings it was verified with; flags may differ from the template.
        observed: what the handler was seen doing.
        seconds: how long finding that out took.

    Raises:
        UsageError: `pyproject.toml` says something wrong of rules to ignore.
    """
    ignored = ignored_in_project(Path.cwd())
    if source is None:
        view = View(stack=stack_of_flags(deployment), observed=observed)
        linted = dataclasses.replace(lint_view(view, ignored=ignored), untold=())
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


def _reason(linted: Linted) -> str:
    return next(item.sentence for item in linted.problems if item.rule.level is Level.ERROR)


def as_deployed(source: Source, deployment: Deployment) -> Stack:
    """The picture with the settings that flags gave in the place of the template's."""
    stack, mapping, function = source.stack, source.mapping, source.function
    was = deployment_of(stack, source)
    if was == deployment:
        return stack
    queue = stack.queue_of(mapping.source)  # one that is elsewhere stays so
    flags = stack_of_flags(deployment)
    before = stack_of_flags(was)

    def changed(item: Item, new: Item, old: Item) -> Any:
        given = {
            field.name: getattr(new, field.name)
            for field in dataclasses.fields(new)
            if field.name not in _IDENTITY and getattr(new, field.name) != getattr(old, field.name)
        }
        return dataclasses.replace(item, **given) if given else item

    def all_of(
        items: tuple[Any, ...], one: object, new: tuple[Item, ...], old: tuple[Item, ...]
    ) -> tuple[Any, ...]:
        return tuple(changed(item, new[0], old[0]) if item is one else item for item in items)

    return dataclasses.replace(
        stack,
        queues=all_of(stack.queues, queue, flags.queues, before.queues),
        mappings=all_of(stack.mappings, mapping, flags.mappings, before.mappings),
        functions=all_of(stack.functions, function, flags.functions, before.functions),
    )


_IDENTITY: Final = frozenset(
    {"id", "name", "arn", "url", "place", "lines", "properties", "function", "source"}
)
_OPEN: Final = Unresolved("is not told by flags")


def stack_of_flags(deployment: Deployment) -> Stack:
    """A picture of what flags tell: one queue that feeds one function."""
    queue, mapping, function = deployment.queue, deployment.mapping, deployment.function
    here = Place("")
    receives = queue.max_receive_count
    dead = deployment.queue_arn.replace(queue.name, deployment.dead_letter_queue.name)
    return Stack(
        file="",
        kind="flags",
        region=deployment.region,
        account=deployment.account,
        queues=(
            Queue(
                id="the queue",
                name=queue.name,
                arn=deployment.queue_arn,
                place=here,
                url=deployment.queue_url,
                fifo=queue.fifo,
                visibility_timeout_s=queue.visibility_timeout_ms // SECOND_MS,
                retention_s=queue.retention_ms // SECOND_MS,
                delay_s=queue.delay_ms // SECOND_MS,
                redrive=(
                    None
                    if receives is None
                    else Redrive(dead_letter_arn=dead, max_receive_count=receives)
                ),
            ),
        ),
        mappings=(
            EventSourceMapping(
                id="the mapping",
                name="",
                arn="",
                place=here,
                function=function.name,
                source=deployment.queue_arn,
                batch_size=mapping.batch_size,
                window_s=mapping.window_ms // SECOND_MS,
                response_types=(
                    ("ReportBatchItemFailures",) if mapping.report_batch_item_failures else ()
                ),
                filters=() if mapping.filters is None else mapping.filters.patterns,
                maximum_concurrency=mapping.maximum_concurrency,
            ),
        ),
        functions=(
            Function(
                id="the function",
                name=function.name,
                arn=deployment.function_arn,
                place=here,
                timeout_s=function.timeout_ms // SECOND_MS,
                memory_mb=function.memory_mb,
                reserved_concurrency=function.reserved_concurrency,
                permissions=_OPEN,
            ),
        ),
    )
