"""Contracts of `pyproject.toml` as test items, with no test file: one for each clause.

Collected where that is asked for. Nothing heavy is imported before one of them runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pytest

from sqs_contract.configuration import read_contracts
from sqs_contract.configured import ConfiguredContract

NOTE: Final = "sqs_contract_note"
"""The user property under which an item says what could not be verified at all."""


class ContractsFile(pytest.File):
    """A `pyproject.toml` with contracts."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each clause of each contract.

        Raises:
            UsageError: something in the file is wrong.
        """
        for configured in read_contracts(self.path).values():
            contract = ConfiguredContract.of(configured)
            for clause in contract.clauses:
                yield ClauseItem.of(self, contract, clause)


class ClauseItem(pytest.Item):
    """One clause of one contract."""

    contract: ConfiguredContract
    clause: str

    @classmethod
    def of(cls, parent: ContractsFile, contract: ConfiguredContract, clause: str) -> ClauseItem:
        """The item `orders[idempotent]`."""
        item: ClauseItem = cls.from_parent(parent, name=f"{contract.name}[{clause}]")
        item.contract, item.clause = contract, clause
        item.add_marker(pytest.mark.xdist_group(f"sqs-contract {contract.name}"))
        return item

    def runtest(self) -> None:
        """Let the item fail if the clause is broken, and be skipped if it cannot be checked."""
        __tracebackhide__ = True
        try:
            self.contract.check(self.clause)
        finally:
            self.user_properties += [(NOTE, line) for line in self.contract.tell_skipped()]

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where it stands, and what it is called in a report of its failure."""
        return self.path, None, self.name
