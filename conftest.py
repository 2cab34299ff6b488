"""What every test of this checkout stands on."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

if importlib.util.find_spec("sqs_contract.strategies") is None:
    sys.exit("sqs-contract is not installed: run  pip install -e '.[dev]'  in this folder first")

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

settings.register_profile(
    "ci",
    deadline=None,  # machines differ; what is slow is measured in benchmarks/
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.register_profile("nightly", settings.get_profile("ci"), max_examples=400)
settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _modules_of_this_test_alone() -> Iterator[None]:
    """What a test has imported from a directory of its own is not met by the next one."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(_TEMPORARY):
            del sys.modules[name]


_TEMPORARY = tempfile.gettempdir() + os.sep


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, from which modules are imported first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path
