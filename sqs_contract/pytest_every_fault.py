"""The push-button mode of the pytest plugin: a test run again with every single fault.

Owns how pytest runs a test several times, and how what was found is reported. What is
looked at meanwhile is `library.every_fault`'s.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from _pytest.runner import runtestprotocol

from sqs_contract.errors import UsageError
from sqs_contract.library.every_fault import EveryFault, Found
from sqs_contract.references import Reference, is_users_file
from sqs_contract.report.text import escape, plural
from sqs_contract.stage.boto_cache import worked_out_once

PROPERTY = "sqs_every_fault"
"""The user property of a report that says how much was tried."""

FOUND = "sqs_every_fault_found"
"""The attribute of a test's report that says what was found: ids and texts of its bugs."""


def run_with_every_fault(
    item: pytest.Item,
    nextitem: pytest.Item | None,
    handler: str | Callable[..., Any],
    *,
    must_call: bool,
    **settings: Any,
) -> None:
    """Run a test as it is, and then with each fault at each call that its handler makes.

    `must_call` says that it is an error if the test does not call the handler.
    """
    every = EveryFault(**settings)

    def run() -> list[pytest.TestReport]:
        with _calling_through(item, handler, every):
            return runtestprotocol(item, nextitem=nextitem, log=False)

    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = run()
    found: list[Found] = []
    if all(report.passed for report in reports) and (must_call or every.was_called):
        try:
            with worked_out_once():  # each run makes its clients anew
                found = _run_again(every, run, reports)
        except UsageError as error:
            for report in reports:
                if report.when == "call":
                    report.outcome = "failed"
                    report.longrepr = escape(f"sqs-contract: {error}")
    for report in reports:
        if report.when == "call" and found:
            # A worker of pytest-xdist reports on its own tests alone: the bugs go with the test's
            # report, which the session that tells people takes apart.
            setattr(report, FOUND, [_named(item, bug) for bug in found])
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _run_again(
    every: EveryFault, run: Callable[[], list[pytest.TestReport]], reports: list[pytest.TestReport]
) -> list[Found]:
    """The second run without faults, which tells what is noise, and one for each fault.

    Raises:
        UsageError: the test is none that can be run so.
    """
    every.end_plain()
    every.begin()
    if not all(report.passed for report in run()):
        raise UsageError("sqs_every_fault: the test passes once, and fails when it is run again")
    every.end_plain()
    found: list[Found] = []
    faults = every.faults()
    for fault in faults:
        every.begin(fault)
        run()  # its own assertions may fail: what counts is the world the handler leaves
        bug = every.judge()
        if bug is not None:
            found.append(bug)
    told = f"{plural(len(faults), 'fault')} at {plural(every.sites, 'call')}, {plural(len(found), 'bug')}"
    for report in reports:
        if report.when == "call":
            report.user_properties.append((PROPERTY, told))
    return found


def _named(item: pytest.Item, bug: Found) -> tuple[str, str]:
    fault = bug.fault
    again = "" if fault.nth == 1 else f" {fault.nth}"
    name = escape(f"{item.nodeid}[{fault.kind.value} {fault.site}{again}]")
    return name, "\n".join(map(escape, bug.lines))


@contextmanager
def _calling_through(
    item: pytest.Item, given: str | Callable[..., Any], every: EveryFault
) -> Iterator[None]:
    """Whoever calls the handler in the test calls `every`'s instead."""
    run = item.runtest

    def runtest() -> None:
        handler = _found(given)
        wrapped = every.wrap(handler)
        places = [
            (module, name)
            for module in list(sys.modules.values())
            if is_users_file(getattr(module, "__file__", None) or "")
            for name, value in list(vars(module).items())
            if value is handler
        ]
        for module, name in places:
            setattr(module, name, wrapped)
        try:
            run()
        finally:
            for module, name in places:
                setattr(module, name, handler)

    item.runtest = runtest  # type: ignore[method-assign]
    try:
        yield
    finally:
        item.runtest = run  # type: ignore[method-assign]


def _found(given: str | Callable[..., Any]) -> Callable[..., Any]:
    if callable(given):
        return given
    reference = Reference.parse(given, "sqs_every_fault")
    module = importlib.import_module(reference.module)
    return cast("Callable[..., Any]", reference.find(module, "sqs_every_fault"))
