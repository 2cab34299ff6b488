"""A contract of `pyproject.toml`, run: for a test file, and for items that need none."""

from __future__ import annotations

import dataclasses
import sys
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqs_contract.checking import (
    Once,
    check_clause,
    parametrize,
    session_endpoint,
    session_examples,
    tell_of_endpoint,
)
from sqs_contract.configuration import (
    FILE,
    NOTHING_GIVEN,
    TABLE,
    Configured,
    find_file,
    read_contracts,
)
from sqs_contract.contract import clauses_for
from sqs_contract.errors import UsageError
from sqs_contract.session import SESSION

if TYPE_CHECKING:
    from sqs_contract.results import Report


class ConfiguredContract:
    """A contract that `pyproject.toml` describes, under `[tool.sqs-contract.contracts.NAME]`.

    Nothing is imported or run before the first `check`; then everything it is about is verified
    once, and every clause reads its verdict from that.

    Args:
        name: the contract's name.
        file: the file; the nearest one above the test file, if left out.

    Raises:
        UsageError: there is no such contract, or something in the file is wrong.
    """

    def __init__(self, name: str, *, file: str | Path | None = None) -> None:
        __tracebackhide__ = True
        here = Path(sys._getframe(1).f_globals.get("__file__", ".")).resolve().parent
        path = find_file(here) if file is None else Path(file)
        if path is None:
            raise UsageError(f"there is no {FILE} with [tool.{TABLE}] in {str(here)!r} or above")
        contracts = read_contracts(path)
        if name not in contracts:
            raise UsageError(f"{path.name} has no contract {name!r}: known: {', '.join(contracts)}")
        self._set_up(contracts[name])

    @classmethod
    def of(cls, configured: Configured) -> ConfiguredContract:
        """What was read already."""
        contract = cls.__new__(cls)
        contract._set_up(configured)
        return contract

    def _set_up(self, configured: Configured) -> None:
        self.name = configured.name
        self.clauses = _clauses_of(configured)
        self._configured = configured
        self._reports = Once(self._run)
        self._skipped: list[str] = []

    def __repr__(self) -> str:
        return f"ConfiguredContract({self.name!r})"

    def parametrize(self) -> Any:
        """A decorator that makes a test of one argument, `clause`, an item for each clause."""
        return parametrize(self, self.name, self.clauses)

    def check(self, clause: str) -> None:
        """Let a test fail if a clause is broken, and be skipped if it cannot be checked.

        Raises:
            ContractViolated: the clause is broken, or not checked under `strict`.
            unittest.SkipTest: the clause could not be checked; the text says why.
            UsageError: something the contract was given is wrong.
        """
        __tracebackhide__ = True
        reports = self.verify()
        if not any(result.id == clause for report in reports for result in report.clauses):
            raise unittest.SkipTest(
                f"{clause} not checked: the queue is standard: it keeps no order"
            )
        check_clause(clause, reports, strict=bool(self._configured.options.get("strict")))

    def verify(self) -> list[Report]:
        """The reports, one for each function that the contract is about.

        Raises:
            UsageError: something in the contract is wrong.
        """
        return self._reports()

    def tell_skipped(self) -> list[str]:
        """The functions that could not be verified, one line each, told once."""
        told, self._skipped = self._skipped, []
        return told

    def _run(self) -> list[Report]:
        from sqs_contract.requesting import requests_of_contract  # noqa: PLC0415  heavy
        from sqs_contract.verify import verify  # noqa: PLC0415

        flags: dict[str, Any] = dict(NOTHING_GIVEN)
        options = self._configured.options
        if options.get("max_examples") is None:
            flags["max_examples"] = session_examples()
        if options.get("seed") is None:
            flags["seed"] = SESSION.seed
        with _importing_from(self._configured.directory):
            requests, self._skipped = requests_of_contract(self._configured, flags)
            reports = [
                verify(
                    dataclasses.replace(
                        request, endpoint=session_endpoint(request.deployment.region)
                    )
                )
                for request in requests
            ]
        for report in reports:
            tell_of_endpoint(report)
        return reports


def _clauses_of(contract: Configured) -> tuple[str, ...]:
    options = contract.options
    if options.get("clauses"):
        return tuple(options["clauses"])
    template, fifo = options.get("template"), bool(options.get("fifo"))
    return clauses_for(Path(template) if template is not None and not fifo else None, fifo=fifo)


@contextmanager
def _importing_from(directory: Path) -> Iterator[None]:
    """Modules that the file names are found from its directory."""
    place = str(directory)
    if place in sys.path:
        yield
        return
    sys.path.insert(0, place)
    try:
        yield
    finally:
        if place in sys.path:
            sys.path.remove(place)
