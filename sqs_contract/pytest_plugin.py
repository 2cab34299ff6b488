"""The pytest plugin. Imports nothing but pytest and a module of settings: it is loaded
in every session where the package is installed, used or not."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest

from sqs_contract.session import SESSION


def pytest_configure(config: pytest.Config) -> None:
    """Take over what the session says about seeds and profiles."""
    config.addinivalue_line(
        "markers", "xdist_group(name): tests of one group run in the same worker of pytest-xdist"
    )
    seed = config.getoption("hypothesis_seed", default=None)
    if seed is not None and str(seed).lstrip("-").isdigit():
        SESSION.seed = int(seed)
    SESSION.uses_profiles = True


def pytest_unconfigure() -> None:
    """Leave no trace in a process that goes on."""
    SESSION.seed = None
    SESSION.uses_profiles = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Show a broken clause as its failure report, without the frames that led to it."""
    report = yield
    contract = sys.modules.get("sqs_contract.contract")
    if contract is not None and call.excinfo is not None and not item.config.getoption("fulltrace"):
        error: Any = call.excinfo.value
        usage = sys.modules["sqs_contract.errors"].UsageError
        if isinstance(error, contract.ContractViolated):
            report.longrepr = str(error)
        elif isinstance(error, usage):
            report.longrepr = "\n".join(filter(None, (f"sqs-contract: {error}", error.detail)))
    return report
