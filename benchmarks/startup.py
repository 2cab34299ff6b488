"""Start-up: what the plugin costs a suite that does not use it, and how long a verdict takes."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Figure, now

RUNS = 15
EXAMPLES = Path(__file__).parents[1] / "examples"
VERIFY = (
    "verify", "--template", "template.yaml", "--function", "OrdersFunction",
    "--bodies", "bodies.json", "--reset", "shop.testing:empty_tables",
)  # fmt: skip


def measure_plugin() -> Iterator[Figure]:
    """A suite of one empty test, with the plugin and without, in turn."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "test_nothing.py").write_text("def test_nothing(): pass\n")
        alone = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        with_plugin, without = [], []
        for _ in range(RUNS):
            without.append(_seconds(alone, directory))
            with_plugin.append(_seconds((*alone, "-p", "sqs_contract.pytest_plugin"), directory))
    base, loaded = statistics.median(without) * 1e3, statistics.median(with_plugin) * 1e3
    yield Figure("suite with the plugin", loaded, "ms")
    yield Figure("suite without it", base, "ms", f"the plugin adds {loaded - base:.1f} ms (median)")
    yield Figure("importing the plugin itself", _import_ms(), "ms", "as python -X importtime says")


def measure_verify() -> Iterator[Figure]:
    """From process start, on the examples: DynamoDB effects, default settings."""
    command = (sys.executable, "-m", "sqs_contract.cli", *VERIFY)
    yield Figure(
        "correct handler, whole run", _seconds((*command, "shop.orders:handler"), EXAMPLES), "s"
    )
    started = now()
    with subprocess.Popen(
        (*command, "shop.broken.adds_again:handler"),
        cwd=EXAMPLES, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        first = next((now() for line in process.stderr if line.startswith("found: ")), None)
        process.stderr.read()
    if first is None:
        raise RuntimeError("the broken example was not found broken")
    yield Figure("broken handler, first counterexample", first - started, "s")
    yield Figure("broken handler, whole run", now() - started, "s")


def _seconds(command: Sequence[str], directory: str | Path) -> float:
    started = now()
    subprocess.run(
        command, cwd=directory, check=True, capture_output=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    return now() - started


def _import_ms() -> float:
    """Cumulative time of the plugin's import, after pytest's own."""
    code = "import pytest, sqs_contract.pytest_plugin"
    best = float("inf")
    for _ in range(5):
        told = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code],
            capture_output=True, text=True, check=True,
        ).stderr  # fmt: skip
        found = re.findall(
            r"\|\s*(\d+) \|\s*(?:sqs_contract|sqs_contract\.pytest_plugin)$", told, re.MULTILINE
        )
        best = min(best, sum(map(int, found)) / 1e3)
    return best
