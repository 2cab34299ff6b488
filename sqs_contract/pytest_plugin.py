"""The pytest plugin. Imports nothing but pytest and a module of settings: it is loaded
in every session where the package is installed, used or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pytest

from sqs_contract.session import SESSION

_FOUND: Final = "sqs_every_fault_found"
"""As `pytest_every_fault`, which is not loaded for nothing, calls what it has found."""

_BEFORE: Final = pytest.StashKey[tuple[int | None, bool, str | None]]()
_FILE: Final = "pyproject.toml"
_TOLD_AT_THE_END: Final = {
    "sqs_every_fault": ("passed",),
    "sqs_contract_note": ("passed", "failed", "skipped"),
}
"""Properties of items, and with which outcomes they are told."""
_OURSELVES: Final = os.path.dirname(__file__)  # noqa: PTH120  pathlib is not free


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flags, and the setting for `--sqs-contracts`."""
    group = parser.getgroup("sqs-contract")
    group.addoption(
        "--sqs-contracts",
        action="store_true",
        help="Collect the contracts of pyproject.toml too: an item for each clause.",
    )
    parser.addini(
        "sqs_contracts",
        "Collect the contracts of pyproject.toml, unless files are named.",
        type="bool",
        default=False,
    )
    group.addoption(
        "--sqs-contract-backend",
        metavar="WHERE",
        help="Play what contracts found on real queues too: moto, localstack, or the URL of "
        "anything that speaks SQS.",
    )
    group.addoption(
        "--sqs-every-fault",
        metavar="MODULE:FUNCTION",
        help="Run each test that calls this handler again with every fault at every AWS call of it.",
    )


@pytest.fixture
def sqs_deployment() -> Any:
    """How the function is deployed that `lambda_context` and `sqs_simulator` stand for:
    AWS's defaults. Override it to say otherwise."""
    from sqs_contract.deployment.settings import Deployment  # noqa: PLC0415  heavy

    return Deployment()


@pytest.fixture
def sqs_faults() -> Iterator[Any]:
    """Faults at the AWS calls of code that the test calls: `library.faults.SqsFaults`."""
    from sqs_contract.library.faults import SqsFaults  # noqa: PLC0415  heavy

    faults = SqsFaults()
    with faults.installed():
        yield faults


@pytest.fixture
def sqs_simulator(sqs_deployment: Any) -> Iterator[Any]:
    """Makes `Simulation`s in a world of mocked AWS: `library.simulations.SqsSimulator`."""
    from sqs_contract.library.simulations import simulations  # noqa: PLC0415  heavy

    with simulations(sqs_deployment) as simulator:
        yield simulator


@pytest.fixture
def lambda_context(request: pytest.FixtureRequest, sqs_deployment: Any) -> Any:
    """The context that Lambda hands to a handler; with `sqs_faults`, slow calls use up its time."""
    from sqs_contract.library.contexts import context_for  # noqa: PLC0415  heavy

    used = "sqs_faults" in request.fixturenames
    return context_for(sqs_deployment, request.getfixturevalue("sqs_faults") if used else None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that is to be run with every fault, instead of pytest."""
    marker = item.get_closest_marker("sqs_every_fault")
    flag = item.config.getoption("sqs_every_fault")
    if marker is None and flag is None:
        return None
    from sqs_contract.pytest_every_fault import run_with_every_fault  # noqa: PLC0415  heavy

    settings = dict(marker.kwargs) if marker is not None else {}
    handler = settings.pop("handler", None) or (marker.args[0] if marker and marker.args else flag)
    if handler is None:
        raise pytest.UsageError(
            f"{item.nodeid}: sqs_every_fault needs the handler: module:function"
        )
    run_with_every_fault(item, nextitem, handler, must_call=marker is not None, **settings)
    return True


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The contracts of a `pyproject.toml` that was named, or is that of a session which asks for
    them."""
    if file_path.name != _FILE:
        return None
    if not (_is_wanted(parent.config, file_path) or parent.session.isinitpath(file_path)):
        return None
    from sqs_contract.pytest_contracts import ContractsFile  # noqa: PLC0415  when there are some

    file: pytest.Collector = ContractsFile.from_parent(parent, path=file_path)
    return file


def _is_wanted(config: pytest.Config, path: Path) -> bool:
    asked: bool = config.getoption("sqs_contracts") or config.getini("sqs_contracts")
    return asked and path == config.rootpath / _FILE


def _look_for_contracts(config: pytest.Config) -> None:
    """The file is no test file, and may lie outside of where tests are looked for."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    path = config.rootpath / _FILE
    if (
        (config.getoption("sqs_contracts") or (config.getini("sqs_contracts") and not named))
        and path.is_file()
        and not any(arg.startswith(str(path)) for arg in config.args)
        and not any(path.is_relative_to(config.invocation_params.dir / arg) for arg in config.args)
    ):
        config.args.append(str(path))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much was tried where tests were run with every fault, and what could not be."""
    for name, outcomes in _TOLD_AT_THE_END.items():
        for report in [it for kind in outcomes for it in terminalreporter.stats.get(kind, ())]:
            for key, told in getattr(report, "user_properties", ()):
                if key == name:
                    terminalreporter.write_line(f"sqs-contract: {report.nodeid}: {told}")


class _BugReports:
    """Reports the bugs that came with the report of a test, each as a test that failed."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the report of a test apart."""
        # Under pytest-xdist, the worker it came from.
        worker = {"node": report.node} if hasattr(report, "node") else {}
        for name, told in getattr(report, _FOUND, ()):
            bug = pytest.TestReport(
                nodeid=name,
                location=report.location,
                keywords={},
                outcome="failed",
                longrepr=told,
                when="call",
                **worker,
            )
            self._config.hook.pytest_runtest_logreport(report=bug)


def pytest_configure(config: pytest.Config) -> None:
    """Take over what the session says about seeds and profiles."""
    config.addinivalue_line(
        "markers", "xdist_group(name): tests of one group run in the same worker of pytest-xdist"
    )
    config.addinivalue_line(
        "markers",
        "sqs_every_fault(handler, effects=None, report_batch_item_failures=False): run the test "
        "again with every single fault at every AWS call the handler makes",
    )
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_BugReports(config), "sqs-contract-bugs")
    _look_for_contracts(config)
    config.stash[_BEFORE] = SESSION.seed, SESSION.uses_profiles, SESSION.backend
    seed = str(config.getoption("hypothesis_seed", default=None))
    SESSION.seed = int(seed) if seed.removeprefix("-").isdecimal() else None
    SESSION.uses_profiles = True
    SESSION.backend = config.getoption("sqs_contract_backend")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back what was: the process may go on, or this session be within another."""
    before = config.stash.get(_BEFORE, (None, False, None))
    SESSION.seed, SESSION.uses_profiles, SESSION.backend = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Show a broken clause as its failure report, without the frames that led to it."""
    report = yield
    told, SESSION.told = SESSION.told, []
    report.user_properties += [("sqs_contract_note", line) for line in told]
    checking = sys.modules.get("sqs_contract.checking")
    if checking is not None and call.excinfo is not None and not item.config.getoption("fulltrace"):
        error: Any = call.excinfo.value
        errors = sys.modules.get("sqs_contract.errors")
        if isinstance(error, checking.ContractViolated):
            report.longrepr = str(error)
        elif errors is not None and isinstance(error, errors.UsageError):
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
        in_a_test = collector.path.name != _FILE
        where = _users_line(error.__traceback__) if in_a_test else ""
        report.longrepr = f"{where}{_told(error)}"
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
