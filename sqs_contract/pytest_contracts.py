"""Contracts of `pyproject.toml` as test items, with no test file: one for each clause.

Collected where that is asked for. Nothing heavy is imported before one of them runs.
"""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sqs_contract.configuration import NOTHING_GIVEN, Configured, read_contracts
from sqs_contract.contract import check_clause, clauses_for, session_examples
from sqs_contract.errors import UsageError
from sqs_contract.session import SESSION

if TYPE_CHECKING:
    from sqs_contract.results import Report

NOTE = "sqs_contract_note"
"""The user property under which an item says what could not be verified at all."""


class ContractsFile(pytest.File):
    """A `pyproject.toml` with contracts."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each clause of each contract.

        Raises:
            UsageError: something in the file is wrong.
        """
        for contract in read_contracts(self.path).values():
            verification = _Verification(contract)
            for clause in _clauses_of(contract):
                yield ClauseItem.of(self, verification, clause)


class ClauseItem(pytest.Item):
    """One clause of one contract."""

    verification: _Verification
    clause: str

    @classmethod
    def of(cls, parent: ContractsFile, verification: _Verification, clause: str) -> ClauseItem:
        """The item `orders[idempotent]`."""
        name = verification.contract.name
        item: ClauseItem = cls.from_parent(parent, name=f"{name}[{clause}]")
        item.verification, item.clause = verification, clause
        item.add_marker(pytest.mark.xdist_group(f"sqs-contract {name}"))
        return item

    def runtest(self) -> None:
        """Let the item fail if the clause is broken, and be skipped if it cannot be checked."""
        __tracebackhide__ = True
        verification = self.verification
        reports = verification.reports()
        self.user_properties += [(NOTE, line) for line in verification.tell_skipped()]
        if not any(result.id == self.clause for report in reports for result in report.clauses):
            raise unittest.SkipTest(f"{self.clause} not checked: the queue keeps no order")
        check_clause(self.clause, reports, strict=bool(verification.contract.options.get("strict")))

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where it stands, and what it is called in a report of its failure."""
        return self.path, None, self.name


class _Verification:
    """The reports of one contract, worked out when the first clause asks for them."""

    def __init__(self, contract: Configured) -> None:
        self.contract = contract
        self._reports: list[Report] | UsageError | None = None
        self._skipped: list[str] = []

    def reports(self) -> list[Report]:
        """One for each function that the contract is about.

        Raises:
            UsageError: something in the contract is wrong.
        """
        if self._reports is None:
            try:
                with _importing_from(self.contract.directory):
                    self._reports = self._run()
            except UsageError as error:
                self._reports = error
        if isinstance(self._reports, UsageError):
            raise self._reports
        return self._reports

    def tell_skipped(self) -> list[str]:
        """Functions that cannot be verified, told once."""
        told, self._skipped = self._skipped, []
        return told

    def _run(self) -> list[Report]:
        from sqs_contract.requesting import requests_of_contract  # noqa: PLC0415  heavy
        from sqs_contract.verify import verify  # noqa: PLC0415

        flags: dict[str, Any] = dict(NOTHING_GIVEN)
        options = self.contract.options
        if options.get("max_examples") is None:
            flags["max_examples"] = session_examples()
        if options.get("seed") is None:
            flags["seed"] = SESSION.seed
        requests, self._skipped = requests_of_contract(self.contract, flags)
        return [verify(request) for request in requests]


def _clauses_of(contract: Configured) -> tuple[str, ...]:
    options = contract.options
    if options.get("clauses"):
        return tuple(options["clauses"])
    template = options.get("template")
    fifo = bool(options.get("fifo"))
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
