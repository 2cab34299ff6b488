"""The import contracts hold, and each of them breaks when it is violated."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "contracts"
]
MODEL, PURE, ROAD, PYTEST = (contract["name"] for contract in CONTRACTS)
LAYERS = CONTRACTS[2]["layers"]


def lint(tree):
    """What lint-imports says of a tree: its exit status and its output on one line."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=tree,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what is linted, to be spoilt. The cache is made once."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in ("sqs_contract", "strategies"):
        shutil.copytree(
            ROOT / folder,
            copy / folder,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(ROOT / "pyproject.toml", copy)
    status, output = lint(copy)
    assert status == 0, output
    return copy


@pytest.fixture
def with_import(tree):
    """`with_import(file, line)`: the verdict on the tree with one more import."""
    changed = []

    def spoil(file, line):
        path = tree / file
        changed.append((path, path.read_text(encoding="utf-8")))
        path.write_text(f"{changed[-1][1]}\n{line}\n", encoding="utf-8")
        return lint(tree)

    yield spoil
    for path, text in reversed(changed):
        path.write_text(text, encoding="utf-8")


def test_the_contracts_hold():
    status, output = lint(ROOT)
    assert status == 0, output
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken" in output


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        (MODEL, "sqs_contract/model/queue.py", "import boto3"),
        (MODEL, "sqs_contract/model/limits.py", "from sqs_contract.history import History"),
        (MODEL, "sqs_contract/model/event.py", "def f():\n    import sqs_contract.errors"),
        (PURE, "sqs_contract/model/queue.py", "import time"),
        (PURE, "sqs_contract/model/fifo.py", "from random import shuffle"),
        (PYTEST, "sqs_contract/verify.py", "import pytest"),
        (PYTEST, "sqs_contract/report/story.py", "from pytest import fixture"),
        (PYTEST, "strategies/pools.py", "import pytest"),
        (ROAD, "sqs_contract/bodies/source.py", "import sqs_contract.cli"),
    ],
)
def test_a_violation_breaks_the_contract(with_import, contract, file, line):
    """One import in the wrong direction, also inside a function or through the link."""
    status, output = with_import(file, line)
    assert status == 1
    assert f"{contract} BROKEN" in output
    module = (
        file.removesuffix(".py")
        .replace("/", ".")
        .replace("strategies.", "sqs_contract.strategies.")
    )
    assert module.replace("sqs_contract.sqs_contract.", "sqs_contract.") in output


@pytest.mark.parametrize("place", range(1, len(LAYERS)))
def test_no_layer_may_know_the_one_above_it(with_import, place):
    """Every step of the road is one-way."""
    above, below = (LAYERS[at].split(" | ")[0] for at in (place - 1, place))
    file = below.replace(".", "/")
    file += "/__init__.py" if (ROOT / file).is_dir() else ".py"
    status, output = with_import(file, f"import {above}")
    assert status == 1
    assert f"{ROAD} BROKEN" in output


def test_every_module_has_its_place_on_the_road():
    """A module that no contract names may import anything, and nobody would notice."""
    placed = {name for layer in LAYERS for name in layer.split(" | ")}
    found = {
        f"sqs_contract.{path.stem}"
        for path in (ROOT / "sqs_contract").iterdir()
        if (path.is_dir() and path.name != "__pycache__") or path.suffix == ".py"
    } - {"sqs_contract.__init__"}
    assert placed <= found, "a layer that is no module"
    assert found - placed == set()
