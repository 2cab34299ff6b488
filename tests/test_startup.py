"""What it costs to have the package installed: next to nothing, until a contract runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

HEAVY = [
    "hypothesis", "boto3", "botocore", "moto", "faker", "rich", "deepdiff", "greenlet",
    "simplejson", "time_machine", "yaml", "click", "pydantic", "localstack_client",
]  # fmt: skip
BUDGET_MS = 10

SUITE = f"""
import sys
import textwrap

def test_of_somebody_else(request):
    assert request.config.pluginmanager.has_plugin("sqs_contract.pytest_plugin")
    assert [name for name in {HEAVY} if name in sys.modules] == []

def test_that_fails():
    assert 1 == 2
"""


def python(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def loaded_after(code):
    """Which heavy modules a process has imported after some code."""
    done = python("-c", f"import sys, json\n{code}\nprint(json.dumps(list(sys.modules)))")
    assert done.returncode == 0, done.stderr
    modules = json.loads(done.stdout.splitlines()[-1])
    return [name for name in HEAVY if name in modules], [
        name for name in modules if name.startswith("sqs_contract")
    ]


def test_a_suite_that_does_not_use_the_plugin_loads_nothing_heavy(tmp_path):
    """Configured, run, failed and reported, with our plugin alone."""
    (tmp_path / "test_theirs.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    done = python(
        "-m", "pytest", "-p", "sqs_contract.pytest_plugin", "-p", "no:cacheprovider", "-q",
        "--rootdir", str(tmp_path), str(tmp_path),
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "FAILED" in done.stdout
    assert "test_that_fails" in done.stdout


def test_the_plugin_is_found_by_its_entry_point():
    """`pytest11` names the module that is imported in every session."""
    from importlib.metadata import entry_points

    (ours,) = [
        entry for entry in entry_points(group="pytest11") if entry.value.startswith("sqs_contract")
    ]
    assert ours.value == "sqs_contract.pytest_plugin"
    assert ours.load().__name__ == ours.value


def test_importing_the_package_loads_nothing_but_itself():
    """Public names are imported when they are first asked for."""
    assert loaded_after("import sqs_contract; dir(sqs_contract)") == ([], ["sqs_contract"])


def test_importing_the_plugin_loads_two_small_modules():
    heavy, ours = loaded_after("import sqs_contract.pytest_plugin")
    assert heavy == []
    assert ours == ["sqs_contract", "sqs_contract.session", "sqs_contract.pytest_plugin"]


def test_importing_the_plugin_takes_less_than_ten_milliseconds():
    """Beyond pytest itself, which is there anyway. The best of three: others use the machine."""
    code = (
        "import time, pytest; start = time.perf_counter(); import sqs_contract.pytest_plugin; "
        "print((time.perf_counter() - start) * 1000)"
    )
    assert min(float(python("-c", code).stdout) for _ in range(3)) < BUDGET_MS


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["verify", "--help"], ["replay", "-h"]], ids=" ".join
)
def test_asking_the_command_line_for_help_loads_nothing_heavy(arguments):
    """Help comes at once; what a run needs is imported when it runs."""
    heavy, _ = loaded_after(
        f"sys.argv = ['sqs-contract', *{arguments!r}]\n"
        "from sqs_contract.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code"
    )
    assert set(heavy) <= {"click"}


def test_the_command_line_tells_its_version():
    from importlib.metadata import version

    done = python("-c", "from sqs_contract.cli import main; main()", "--version")
    assert done.returncode == 0
    assert version("sqs-contract") in done.stdout


def test_strategies_load_neither_aws_nor_pytest():
    """Usable alone: what they need is Hypothesis, and Faker when a value is drawn."""
    heavy, _ = loaded_after("import sqs_contract.strategies")
    assert "hypothesis" in heavy
    assert {"boto3", "botocore", "moto", "rich", "click", "faker"}.isdisjoint(heavy)
    done = python("-c", "import sys, sqs_contract.strategies; sys.exit('pytest' in sys.modules)")
    assert done.returncode == 0


@pytest.mark.parametrize("first", ["import moto", "from moto.core import DEFAULT_ACCOUNT_ID", ""])
def test_aws_is_mocked_whoever_imports_it_first(tmp_path, first):
    """Also where the first to be imported is moto itself, or a module in it is named."""
    world = f"""
    {first}
    import boto3

    def reset():
        boto3.client("sqs", region_name="eu-west-1").create_queue(QueueName="seen")

    def effects():
        from moto.sqs.models import sqs_backends
        return sorted(sqs_backends["123456789012"]["eu-west-1"].queues)
    """
    (tmp_path / "world.py").write_text(textwrap.dedent(world), encoding="utf-8")
    (tmp_path / "bodies.json").write_text("[{}]", encoding="utf-8")
    (tmp_path / "stall.py").write_text("def handler(event, context): ...", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable, "-m", "sqs_contract.cli", "verify", "stall:handler",
            "--bodies", "bodies.json", "--reset", "world:reset", "--effects", "world:effects",
            "--max-examples", "0", "--clause", "response-shape",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
