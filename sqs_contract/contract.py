"""A contract in a test file: one object, one test item for each clause."""

from __future__ import annotations

import dataclasses
import math
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqs_contract.checking import (
    Once,
    check_clause,
    parametrize,
    session_endpoint,
    session_examples,
    tell_of_endpoint,
)
from sqs_contract.errors import UsageError
from sqs_contract.session import SESSION

if TYPE_CHECKING:
    from sqs_contract.deployment.settings import Deployment
    from sqs_contract.deployment.template import Source
    from sqs_contract.results import ClauseResult, Report
    from sqs_contract.targets.program import ProgramSpec

CLAUSE_IDS: Final = (
    "response-shape",
    "exact-report",
    "isolation",
    "no-loss",
    "idempotent",
    "fifo-order",
    "stateless",
    "drains",
    "deadline",
    "configuration",
)
"""The clauses' ids, in the order of reports; here without the weight of the clauses."""

_POISON: Final = ("either", "report", "drop", "none")


class Contract:
    """What a handler owes, and everything needed to find out whether it keeps it.

    Nothing is imported or run before the first `check`; then the handler is
    verified once, and every clause reads its verdict from that.

    Args:
        handler: `module:function`, or the function itself (then cold starts
            cannot be played).
        deployment: how it is deployed: a `Deployment`, or a template's path,
            with `#LogicalId` where several functions in it are fed by SQS.
            Left out: AWS's defaults.
        bodies: examples of bodies (texts, JSON data, paths of files), a path
            of a JSON array or JSON Lines file, `module:attribute`, a function
            that returns them, or a Hypothesis strategy. Left out, they are looked for
            beside the template; a note of the report says which were found.
        effects: returns what the world looks like, as comparable data.
            Left out: the state of moto's backends.
        reset: gives a fresh world. Left out, what the template deploys is made.
        fault_sites: functions whose calls are made to fail, as AWS calls are:
            `"module:function"`, `"module:Class.method"`, or the function itself.
            `"module:function=module:Exception"` says what it raises then.
        poison: `"report"` or `"drop"`, where malformed bodies must be treated so; `"none"`, where
            no body given is malformed, so that one that is refused breaks `drains`.
        clauses: ids of the clauses to judge. Left out: all there are for such a queue.
        seed: for everything that is drawn. Left out: `--hypothesis-seed`, or 0.
        max_examples: scenarios drawn beside the systematic ones. Left out:
            what Hypothesis' current profile says.
        budget: seconds after which exploration stops.
        isolated: run the handler in a process of its own, which it may kill, hang or fill.
            Then handler, effects and reset are `module:function`.
        memory_limit: MB that process may take beside what it starts with. Left out: the
            function's memory size and 512.
        runtime: `"python"`: invoke the handler through the Lambda Runtime API.
        runtime_command: the same for any language; the handler is named as in `_HANDLER`.
        wall_limit: real seconds an invocation there may take at most. Left out: 8.
        strict: let a clause that cannot be checked fail instead of being skipped.

    Raises:
        UsageError: an argument is nothing of the kind; the message names it.
    """

    def __init__(
        self,
        handler: str | Callable[..., Any],
        *,
        deployment: Deployment | str | Path | None = None,
        bodies: Any = None,
        effects: str | Callable[[], Any] | None = None,
        reset: str | Callable[[], Any] | None = None,
        fault_sites: Iterable[str | Callable[..., Any]] = (),
        poison: str = "either",
        clauses: Iterable[str] | None = None,
        seed: int | None = None,
        max_examples: int | None = None,
        budget: float | None = None,
        strict: bool = False,
        isolated: bool = False,
        memory_limit: int | None = None,
        runtime: str | None = None,
        runtime_command: str | None = None,
        wall_limit: float | None = None,
    ) -> None:
        __tracebackhide__ = True
        _check_function("handler", handler)
        for name, given in (("effects", effects), ("reset", reset)):
            if given is not None:
                _check_function(name, given)
        _check_deployment(deployment)
        if poison not in _POISON:
            raise UsageError(f"poison must be 'either', 'report', 'drop' or 'none', not {poison!r}")
        if seed is not None and not _is_whole(seed):
            raise UsageError(f"seed must be a whole number, not {seed!r}")
        if max_examples is not None and not (_is_whole(max_examples) and max_examples >= 0):
            raise UsageError(f"max_examples must be a whole number from 0, not {max_examples!r}")
        if budget is not None and not _is_duration(budget):
            raise UsageError(f"budget must be a number of seconds from 0, not {budget!r}")
        if memory_limit is not None and not (_is_whole(memory_limit) and memory_limit > 0):
            raise UsageError(f"memory_limit must be a whole number of MB, not {memory_limit!r}")
        self._fault_sites = _checked_sites(fault_sites)
        self.handler = handler
        self.strict = strict
        self._deployment = deployment
        self._bodies = bodies
        self._effects = effects
        self._reset = reset
        self._poison = poison
        self._seed = seed
        self._max_examples = max_examples
        self._budget = budget
        self._isolated = isolated
        self._memory_limit = memory_limit
        self._runtime = (runtime, runtime_command, wall_limit)
        self._directory = Path(sys._getframe(1).f_globals.get("__file__", ".")).parent
        self._report = Once(self._run)
        self.clauses = self._own_clauses() if clauses is None else _checked_clauses(clauses)

    def _own_clauses(self) -> tuple[str, ...]:
        deployment = self._deployment
        if isinstance(deployment, str | os.PathLike):
            return clauses_for(Path(self._locate(str(deployment).partition("#")[0])))
        return clauses_for(None, fifo=deployment is not None and deployment.queue.fifo)

    def __repr__(self) -> str:
        return f"Contract({self._name!r})"

    @property
    def _name(self) -> str:
        if isinstance(self.handler, str):
            return self.handler
        given = self.handler
        return f"{given.__module__}:{getattr(given, '__qualname__', type(given).__qualname__)}"

    def parametrize(self) -> Any:
        """A decorator that makes a test of one argument, `clause`, an item for each clause."""
        return parametrize(self, self._name, self.clauses)

    def check(self, clause: str) -> None:
        """Let a test fail if a clause is broken, and be skipped if it cannot be checked.

        Raises:
            ContractViolated: the clause is broken, or not checked under `strict`.
            unittest.SkipTest: the clause could not be checked; the text says why.
            UsageError: something the contract was given is wrong.
        """
        __tracebackhide__ = True
        check_clause(clause, [self.verify()], strict=self.strict)

    def verify(self) -> Report:
        """The report, worked out at the first call.

        Raises:
            UsageError: something the contract was given is wrong.
        """
        return self._report()

    def result(self, clause: str) -> ClauseResult:
        """What the report says of one clause."""
        return next(result for result in self.verify().clauses if result.id == clause)

    def _run(self) -> Report:
        from sqs_contract.clauses.verdict import PoisonPolicy  # noqa: PLC0415  heavy
        from sqs_contract.request import Request  # noqa: PLC0415
        from sqs_contract.runtime.spec import runtime_of  # noqa: PLC0415
        from sqs_contract.verify import verify  # noqa: PLC0415

        seed = self._seed if self._seed is not None else (SESSION.seed or 0)
        program, deployment, finder, notes, source = self._find_deployment()
        report = verify(
            Request(
                program=dataclasses.replace(
                    program,
                    effects=self._effects,
                    reset=self._reset,
                    fault_sites=self._fault_sites,
                ),
                deployment=deployment,
                notes=notes,
                source=source,
                bodies=finder if self._bodies is None else self._find_bodies(),
                seed=seed,
                max_examples=session_examples()
                if self._max_examples is None
                else self._max_examples,
                budget_s=self._budget,
                clauses=self.clauses,
                poison=PoisonPolicy(self._poison),
                isolated=self._isolated,
                memory_limit_mb=self._memory_limit,
                runtime=runtime_of(*self._runtime),
                endpoint=session_endpoint(deployment.region),
            )
        )
        tell_of_endpoint(report)
        return report

    def _find_deployment(
        self,
    ) -> tuple[ProgramSpec, Deployment, Callable[[], Any] | None, tuple[str, ...], Source | None]:
        """What is deployed, and what a template tells besides: what finds bodies, notes, and
        where the function stands in it."""
        from sqs_contract.deployment.readers import read_stack  # noqa: PLC0415  heavy
        from sqs_contract.deployment.settings import Deployment  # noqa: PLC0415
        from sqs_contract.discovery import find_for  # noqa: PLC0415
        from sqs_contract.targets.program import ProgramSpec  # noqa: PLC0415

        given = self._deployment
        if given is None or isinstance(given, Deployment):
            return ProgramSpec(handler=self.handler), given or Deployment(), None, (), None
        path, _, function = str(given).partition("#")
        found = find_for(self.handler, read_stack(self._locate(path)), function or None)
        assert found.program is not None
        return found.program, found.deployment, found.bodies, found.notes, found.source

    def _find_bodies(self) -> Any:
        if isinstance(self._bodies, str | Path):
            return self._locate(self._bodies)
        if isinstance(self._bodies, list | tuple):
            return [
                self._locate(item) if isinstance(item, str | Path) else item
                for item in self._bodies
            ]
        return self._bodies

    def _locate(self, given: str | Path) -> Any:
        """A path as it is from the working directory, or else from the test file's."""
        text = str(given)
        looks_like_path = isinstance(given, Path) or text.endswith(
            (".json", ".jsonl", ".yaml", ".yml")
        )
        if looks_like_path and not Path(text).exists() and (self._directory / text).exists():
            found = self._directory / text
            return found if isinstance(given, Path) else str(found)
        return given


def clauses_for(template: Path | None, *, fifo: bool = False) -> tuple[str, ...]:
    """All clauses but those that are asked for by name, and without those of FIFO where it
    can be told that the queue is standard.
    Nothing is imported for that: it happens when tests are collected."""
    if template is not None:
        fifo = not template.is_file() or b"fifo" in template.read_bytes().lower()
    left_out = {"deadline"} if fifo else {"deadline", "fifo-order"}
    return tuple(clause for clause in CLAUSE_IDS if clause not in left_out)


def _check_function(name: str, given: object) -> None:
    __tracebackhide__ = True
    if not isinstance(given, str) and not callable(given):
        raise UsageError(f"{name} must be 'module:function' or a function, not {given!r}")


def _check_deployment(given: object) -> None:
    __tracebackhide__ = True
    if given is None or isinstance(given, str | os.PathLike):
        return
    # Who has a `Deployment` has imported its module; nobody else has to.
    settings = sys.modules.get("sqs_contract.deployment.settings")
    if settings is None or not isinstance(given, settings.Deployment):
        raise UsageError(
            f"deployment must be a Deployment or the path of a template, not {given!r}"
        )


def _is_whole(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _is_duration(given: object) -> bool:
    return (
        isinstance(given, int | float)
        and not isinstance(given, bool)
        and given >= 0
        and not math.isnan(given)
    )


def _checked_clauses(given: object) -> tuple[str, ...]:
    __tracebackhide__ = True
    known = ", ".join(CLAUSE_IDS)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError(f"clauses must be a list of clause ids, not {given!r}; known: {known}")
    clauses = tuple(given)
    if not clauses:
        raise UsageError(f"clauses is empty: leave it out for all of {known}")
    for clause in clauses:
        if clause not in CLAUSE_IDS:
            raise UsageError(f"unknown clause {clause!r}; known: {known}")
    return tuple(dict.fromkeys(clauses))


def _checked_sites(given: object) -> tuple[str, ...]:
    __tracebackhide__ = True
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError(f"fault_sites must be a list of 'module:function', not {given!r}")
    return tuple(map(_site_name, given))


def _site_name(given: object) -> str:
    __tracebackhide__ = True
    if isinstance(given, str):
        return given
    name = getattr(given, "__qualname__", "<")
    if not callable(given) or "<" in name:
        raise UsageError(
            f"fault_sites: {given!r} must be 'module:function', or a function found under a name"
        )
    return f"{given.__module__}:{name}"
