"""The pytest plugin. Imports nothing but pytest and a module of settings: it is loaded
in every session where the package is installed, used or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from types import TracebackType
from typing import Any, Final

import pytest

from sqs_contract.session import SESSION

_BEFORE: Final = pytest.StashKey[tuple[int | None, bool]]()
_OURSELVES: Final = os.path.dirname(__file__)  # noqa: PTH120  pathlib is not free


def pytest_configure(config: pytest.Config) -> None:
    """Take over what the session says about seeds and profiles."""
    config.addinivalue_line(
        "markers", "xdist_group(name): tests of one group run in the same worker of pytest-xdist"
    )
    config.stash[_BEFORE] = SESSION.seed, SESSION.uses_profiles
    seed = str(config.getoption("hypothesis_seed", default=None))
    SESSION.seed = int(seed) if seed.removeprefix("-").isdecimal() else None
    SESSION.uses_profiles = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back what was: the process may go on, or this session be within another."""
    SESSION.seed, SESSION.uses_profiles = config.stash.get(_BEFORE, (None, False))


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
            report.longrepr = _told(error)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Show what was given wrong in a test file by its own line, without our frames."""
    report = yield
    errors = sys.modules.get("sqs_contract.errors")
    call = getattr(report, "call", None)
    if errors is None or call is None or call.excinfo is None:
        return report
    error: Any = call.excinfo.value.__cause__ or call.excinfo.value
    if isinstance(error, errors.UsageError) and not collector.config.getoption("fulltrace"):
        report.longrepr = f"{_users_line(error.__traceback__)}{_told(error)}"
    return report


def _told(error: Any) -> str:
    from sqs_contract.report.text import escape  # noqa: PLC0415  when there is something to tell

    lines = [f"sqs-contract: {error}", *error.detail.splitlines()]
    return "\n".join(map(escape, lines))


def _users_line(trace: TracebackType | None) -> str:
    """`tests/test_shop.py:4: `, the innermost line that is not ours."""
    found = ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith(_OURSELVES + os.sep):
            found = f"{name}:{trace.tb_lineno}: "
        trace = trace.tb_next
    here = os.getcwd() + os.sep  # noqa: PTH109
    return found.removeprefix(here)
