"""`python -m benchmarks.detection [--class NAME] [--only ours|today] [--examples N] [--json FILE]`."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.detection import ours, table, today
from benchmarks.detection.catalogue import CASES, CLASSES, KINDS, Case, load
from benchmarks.detection.score import Row, Verdict
from sqs_contract.request import MAX_EXAMPLES_DEFAULT


def main() -> None:
    """Score, handler by handler."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        choices=CLASSES,
        metavar="NAME",
        help=f"only this class (repeatable): {', '.join(CLASSES)}",
    )
    parser.add_argument("--only", choices=("ours", "today"), help="only these methods")
    parser.add_argument(
        "--examples",
        type=int,
        metavar="N",
        help="how many examples are drawn at random, instead of the defaults "
        f"({MAX_EXAMPLES_DEFAULT} by sqs-contract, {today.EXAMPLES_DEFAULT} by the naive test)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    arguments = parser.parse_args()
    file = None if arguments.json is None else arguments.json.absolute()
    os.chdir(CASES.parent)  # modules are imported from the working directory first
    sys.path.insert(0, str(CASES.parent))
    rows: list[Row] = []
    print(table.HEAD, flush=True)
    for row in _score(arguments.classes or CLASSES, arguments.only, arguments.examples):
        rows.append(row)
        print(table.line(row), flush=True)
    print(table.summary(rows))
    if file is not None:
        data = {
            "rows": [dataclasses.asdict(row) for row in rows],
            "summary": table.summarised(rows),
        }
        file.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _score(classes: Sequence[str], only: str | None, examples: int | None) -> Iterator[Row]:
    if only != "today":
        _warm_up()
    for bug_class in classes:
        cases = {kind: load(bug_class, kind) for kind in KINDS}
        for case in cases.values():
            verdicts: dict[str, Verdict] = {}
            with _quietly():
                if only != "today":
                    verdicts["ours"] = ours.judge(case, examples or MAX_EXAMPLES_DEFAULT)
                if only != "ours":
                    verdicts |= _today(case, cases, examples or today.EXAMPLES_DEFAULT)
            yield Row(
                bug_class=bug_class,
                kind=case.kind,
                breaks=tuple(sorted(case.breaks)),
                verdicts=verdicts,
            )


def _today(case: Case, cases: Mapping[str, Case], examples: int) -> dict[str, Verdict]:
    tests = today.Tests(cases, examples)
    return {name: today.judge(getattr(tests, name), case, cases["twin"]) for name in today.METHODS}


def _warm_up() -> None:
    """Import what every run needs: start-up is not what is measured."""
    with _quietly():
        ours.warm_up(load(CLASSES[0], "twin"))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without what handlers print and log."""
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


if __name__ == "__main__":
    main()
