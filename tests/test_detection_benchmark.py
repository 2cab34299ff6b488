"""The detection benchmark runs, and its table adds up; the whole of it, and what it says, nightly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUICK = ("report_not_enabled",)

sys.path.insert(0, str(ROOT))
from benchmarks.detection.catalogue import CASES, CLASSES, KINDS, load  # noqa: E402
from sqs_contract import Deployment  # noqa: E402


def run(tmp_path, *arguments):
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.detection", "--json", str(file), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A class whose handlers are quick to judge, by every method."""
    chosen = [word for name in QUICK for word in ("--class", name)]
    return run(tmp_path_factory.mktemp("figures"), *chosen, "--examples", "3")


def test_every_method_judges_every_handler(quick):
    """A row for each of the three handlers of each class, with all methods in it."""
    _, figures = quick
    rows = [(row["bug_class"], row["kind"]) for row in figures["rows"]]
    assert rows == [(name, kind) for name in QUICK for kind in KINDS]
    for row in figures["rows"]:
        assert set(row["verdicts"]) == {"ours", "unit_test", "hypothesis_test", "moto_mapping"}


def test_the_summary_is_the_sum_of_the_rows(quick):
    """What is found and who is falsely accused is counted, not written down."""
    _, figures = quick
    for method, summary in figures["summary"].items():
        broken = [row["verdicts"][method] for row in figures["rows"] if row["breaks"]]
        twins = [row["verdicts"][method] for row in figures["rows"] if not row["breaks"]]
        assert summary["found"] == sum(verdict["right"] for verdict in broken)
        assert summary["broken"] == len(broken) == 2 * len(QUICK)
        assert summary["falsely_accused"] == sum(not verdict["right"] for verdict in twins)
        assert summary["correct"] == len(twins) == len(QUICK)


def test_the_table_tells_what_was_measured(quick):
    """A line for each handler, and the sums below."""
    printed, figures = quick
    for row in figures["rows"]:
        (line,) = (
            line
            for line in printed.splitlines()
            if line.startswith(f"{row['bug_class']}, {row['kind']} ")
        )
        verdict = row["verdicts"]["ours"]
        if row["breaks"] and verdict["right"]:
            story = [f"{verdict['messages']}m", f"{verdict['faults']}f"]
            found = ["found", f"{verdict['seconds']:.2f}", *story]
            assert " ".join(found) in " ".join(line.split())
    ours = figures["summary"]["ours"]
    assert (
        f"found {ours['found']} of {ours['broken']}, "
        f"falsely accused {ours['falsely_accused']} of {ours['correct']}"
    ) in printed


def test_malformed_reports_are_found_and_their_twins_left_alone(quick):
    """These three classes are all found, by the clause that is right."""
    _, figures = quick
    for row in figures["rows"]:
        assert row["verdicts"]["ours"]["right"], row


def test_every_class_has_three_handlers_that_say_what_they_are():
    """Two broken ones, and a correct one that nobody may accuse; all can be deployed."""
    assert len(CLASSES) == 24
    assert sorted(CLASSES) == sorted(folder.parent.name for folder in CASES.glob("*/twin.py"))
    for name in CLASSES:
        for kind in KINDS:
            case = load(name, kind)
            assert bool(case.breaks) == (kind != "twin"), case.module
            assert case.bodies
            assert Deployment.of(**case.deployment)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_nobody_is_falsely_accused_and_what_was_found_stays_found(tmp_path):
    """The whole set, as it stands."""
    _, figures = run(tmp_path, "--only", "ours")
    accused = [
        row["bug_class"]
        for row in figures["rows"]
        if not row["breaks"] and not row["verdicts"]["ours"]["right"]
    ]
    missed = {
        (row["bug_class"], row["kind"])
        for row in figures["rows"]
        if row["breaks"] and not row["verdicts"]["ours"]["right"]
    }
    assert accused == []
    assert missed == set()
