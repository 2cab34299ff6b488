"""A little shop in memory, written to a test's own directory, and the command line run there.

Handlers are texts: each test writes the modules it is about and names them on
the command line, as a user does.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sqs_contract import cli

WORLD = """
    ROWS = []

    def charges():
        return {"charges": ROWS}

    def empty():
        ROWS.clear()
"""

CORRECT = """
    import json
    import world

    def book(record):
        order = json.loads(record["body"])
        row = {"order_id": order["order_id"], "amount": order["amount"] + 0}
        if row not in world.ROWS:
            world.ROWS.append(row)

    def handler(event, context):
        failures = []
        for record in event["Records"]:
            try:
                book(record)
            except (ValueError, KeyError, TypeError):
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}
"""

CHARGES_AGAIN = """
    import json
    import world

    def handler(event, context):
        failures = []
        for record in event["Records"]:
            try:
                order = json.loads(record["body"])
                row = {"order_id": order["order_id"], "amount": order["amount"] + 0}
            except (ValueError, KeyError, TypeError):
                failures.append({"itemIdentifier": record["messageId"]})
            else:
                world.ROWS.append(row)
        return {"batchItemFailures": failures}
"""

DROPS_POISON = """
    import orders

    def handler(event, context):
        for record in event["Records"]:
            try:
                orders.book(record)
            except (ValueError, KeyError, TypeError):
                continue
        return {"batchItemFailures": []}
"""

BODIES = [{"order_id": "a1", "amount": 5}, {"order_id": "a2", "amount": 7}]

SHOP = (
    "--bodies", "bodies.json", "--effects", "world:charges", "--reset", "world:empty",
    "--report-batch-item-failures", "--max-examples", "0",
)  # fmt: skip
"""The flags with which the shop's handlers are verified, with nothing drawn at random."""


HYPOTHESIS_HOME = Path(tempfile.gettempdir()) / "sqs-contract-hypothesis"
"""Where the command line lets Hypothesis keep its notes."""


def write_module(directory: Path, name: str, text: str) -> None:
    (directory / f"{name}.py").write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")


def write_shop(directory: Path, **modules: str) -> Path:
    """The world, a correct handler, two that are not, bodies, and modules of the test's own."""
    standard = {
        "world": WORLD,
        "orders": CORRECT,
        "charges_again": CHARGES_AGAIN,
        "drops_poison": DROPS_POISON,
    }
    for name, text in {**standard, **modules}.items():
        write_module(directory, name, text)
    (directory / "bodies.json").write_text(json.dumps(BODIES), encoding="utf-8")
    return directory


def written(directory: Path) -> set[str]:
    """What is in a directory, except for caches of bytecode."""
    return {path.name for path in directory.iterdir()} - {"__pycache__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a call of the command line came to."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What `--json -` wrote."""
        return json.loads(self.out)

    def verdicts(self) -> dict[str, str]:
        """The clauses' verdicts, from `--json -`."""
        return {clause["id"]: clause["verdict"] for clause in self.document["clauses"]}


class CommandLine:
    """Calls the console script's own function in this process, as if it were a new one."""

    def __init__(
        self,
        directory: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.directory = directory
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Result:
        self._monkeypatch.setattr(sys, "argv", ["sqs-contract", *arguments])
        self._monkeypatch.setattr(sys, "dont_write_bytecode", True)
        self._monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(HYPOTHESIS_HOME))
        self._capsys.readouterr()
        with without_modules_of(self.directory), pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = self._capsys.readouterr()
        assert isinstance(stopped.value.code, int)
        return Result(status=stopped.value.code, out=out, err=err)


@contextmanager
def without_modules_of(directory: Path) -> Iterator[None]:
    """Forget what is imported from a directory, afterwards."""
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(directory)):
                del sys.modules[name]


def start_process(
    directory: Path, *arguments: str, environment: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[Any]:
    """The command line in a process of its own."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(
        [sys.executable, "-m", "sqs_contract.cli", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        **settings,
    )


def run_process(
    directory: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 60,
) -> Result:
    """The command line in a process of its own, until it ends."""
    process = start_process(directory, *arguments, environment=environment)
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"sqs-contract {' '.join(arguments)} did not end in {timeout_s} s\n{out}{err}")
    return Result(status=process.returncode, out=out, err=err)
