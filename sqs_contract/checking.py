"""How a contract becomes tests: an item for each clause, and when it fails or is skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from sqs_contract.errors import UsageError
from sqs_contract.session import SESSION

if TYPE_CHECKING:
    from sqs_contract.endpoints.endpoint import Endpoint
    from sqs_contract.results import ClauseResult, Report

T = TypeVar("T")


class ContractViolated(AssertionError):
    """A clause is broken; the text is the failure report."""


def session_examples() -> int:
    """How many scenarios are drawn where a contract does not say."""
    if not SESSION.uses_profiles:
        from sqs_contract.request import MAX_EXAMPLES_DEFAULT  # noqa: PLC0415  heavy

        return MAX_EXAMPLES_DEFAULT
    from hypothesis import Phase, settings  # noqa: PLC0415  heavy

    profile = settings()
    return profile.max_examples if Phase.generate in profile.phases else 0


class Once(Generic[T]):
    """Something that is worked out when it is first asked for, and not again if that failed."""

    def __init__(self, work_out: Callable[[], T]) -> None:
        self._work_out = work_out
        self._result: T | UsageError | None = None

    def __call__(self) -> T:
        """The result.

        Raises:
            UsageError: something the user gave is wrong.
        """
        if self._result is None:
            try:
                self._result = self._work_out()
            except UsageError as error:
                self._result = error
        if isinstance(self._result, UsageError):
            raise self._result
        return self._result


def session_endpoint(region: str) -> Endpoint | None:
    """Where contracts are played too in this session; `None` for the simulator alone.

    Raises:
        UsageError: `--sqs-contract-backend` names nothing of the kind.
    """
    where = SESSION.backend
    if where is None:
        return None
    from sqs_contract.endpoints.endpoint import (  # noqa: PLC0415
        AWS,
        BACKENDS,
        ENDPOINT,
        choose_endpoint,
    )

    option = "--sqs-contract-backend"
    if where == AWS:
        raise UsageError(
            f"{option} aws: real queues are made by sqs-contract verify --backend aws only"
        )
    if "://" in where:
        return choose_endpoint(ENDPOINT, where, region=region)
    if where not in BACKENDS or where == ENDPOINT:
        raise UsageError(f"{option} must be moto, localstack or a URL, not {where!r}")
    return choose_endpoint(where, region=region)


def tell_of_endpoint(report: Report) -> None:
    """Have the session say how much of a verification was played on an endpoint."""
    there = report.endpoint
    if there is None:
        return
    told = f"{report.title} on {there.name}: {there.played} of {there.planned} scenarios played"
    if there.differences:
        told += f", {len(there.differences)} not judged: it {there.differences[0].what}"
    SESSION.told.append(told)


class Checks(Protocol):
    """A contract, from wherever it comes."""

    def check(self, clause: str) -> None:
        """Let a test fail if a clause is broken, and be skipped if it cannot be checked."""
        ...


def parametrize(contract: Checks, name: str, clauses: Sequence[str]) -> Any:
    """A decorator that makes a test of one argument, `clause`, an item for each clause."""
    import pytest  # noqa: PLC0415  only where there is a test to decorate

    group = pytest.mark.xdist_group(f"sqs-contract {name}")
    return pytest.mark.parametrize(
        "clause",
        [
            pytest.param(BoundClause(contract, clause), id=clause, marks=[group])
            for clause in clauses
        ],
    )


class BoundClause:
    """One clause of a contract, as a test gets it."""

    def __init__(self, contract: Checks, clause: str) -> None:
        self.contract = contract
        self.id = clause

    def __repr__(self) -> str:
        return f"<clause {self.id} of {self.contract!r}>"

    def check(self) -> None:
        """Let the test fail if the clause is broken, and be skipped if it cannot be checked.

        Raises:
            ContractViolated: the clause is broken, or not checked under `strict`.
            unittest.SkipTest: the clause could not be checked; the text says why.
            UsageError: something the contract was given is wrong.
        """
        __tracebackhide__ = True
        self.contract.check(self.id)


def check_clause(clause: str, reports: Sequence[Report], *, strict: bool) -> None:
    """Let a test fail if a clause is broken in any of some reports, and be skipped if it could
    not be checked in one.

    Raises:
        ContractViolated: the clause is broken, or not checked under `strict`.
        unittest.SkipTest: the clause could not be checked; the text says why.
    """
    __tracebackhide__ = True
    from sqs_contract.clauses.verdict import Verdict  # noqa: PLC0415  heavy

    found = [
        (report, result) for report in reports for result in report.clauses if result.id == clause
    ]
    lines = [line for report, result in found for line in _lines_on(result, report)]
    if lines:
        raise ContractViolated("\n".join(lines[:-1]))
    for report, result in found:
        if result.verdict is Verdict.NOT_CHECKED:
            of = f" of {report.target}" if len(found) > 1 else ""
            reason = f"{clause}{of} not checked: {result.reason}"
            if strict:
                raise ContractViolated(reason)
            import unittest  # noqa: PLC0415  what every runner of tests understands

            raise unittest.SkipTest(reason)


def _lines_on(result: ClauseResult, report: Report) -> Iterator[str]:
    from sqs_contract.clauses.verdict import Verdict  # noqa: PLC0415  heavy
    from sqs_contract.report.document import save_counterexample  # noqa: PLC0415  heavy
    from sqs_contract.report.terminal import render_finding, render_settings  # noqa: PLC0415

    if result.verdict is Verdict.VIOLATED and result.problems:
        yield from render_settings(result, report.target)
        yield ""
    for finding in result.findings:
        saved = save_counterexample(finding, report.request.program, report.request.poison.value)
        yield from render_finding(finding, report.target, saved)
        yield ""
    there = report.endpoint
    for clause in there.clauses if there is not None else ():
        if there is not None and clause.id == result.id and clause.verdict is Verdict.VIOLATED:
            from sqs_contract.report.endpoint import render_endpoint  # noqa: PLC0415  heavy

            yield f"VIOLATED  {result.id} on {there.name}, {result.verdict.value} on the simulator"
            yield ""
            yield from render_endpoint(there)
            yield ""
