"""The shop in `examples/`: each broken handler found under the clause it names, the correct one never accused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sqs_contract.clauses.verdict import Verdict
from sqs_contract.deployment.template import read_template
from sqs_contract.request import Request
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.verify import verify

EXAMPLES = Path(__file__).parents[1] / "examples"
BROKEN = sorted(
    path.stem for path in (EXAMPLES / "shop" / "broken").glob("*.py") if path.stem != "__init__"
)

pytestmark = pytest.mark.corpus


@pytest.fixture(autouse=True)
def _in_examples(monkeypatch):
    monkeypatch.chdir(EXAMPLES)


def judge(handler, function, *, max_examples, clauses=()):
    return verify(
        Request(
            program=ProgramSpec(handler=handler, reset="shop.testing:empty_tables"),
            deployment=read_template("template.yaml", function).deployment,
            bodies="bodies.json",
            max_examples=max_examples,
            clauses=clauses,
        )
    )


def named_clause(name):
    source = (EXAMPLES / "shop" / "broken" / f"{name}.py").read_text(encoding="utf-8")
    match = re.match(r"Breaks `([a-z-]+)`: ", ast.get_docstring(ast.parse(source)))
    assert match, f"{name} does not name the clause it breaks"
    return match.group(1)


DEFAULT = {"adds_again", "raises", "reports_all", "returns_a_set", "swallows_errors"}
"""One for each of the first clauses; the others belong to the corpus."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in DEFAULT else pytest.mark.corpus) for name in BROKEN],
)
def test_a_broken_handler_is_found_under_the_clause_it_names(name):
    clause = named_clause(name)
    report = judge(
        f"shop.broken.{name}:handler", "OrdersFunction", max_examples=0, clauses=(clause,)
    )
    assert [(found.id, found.verdict) for found in report.clauses] == [(clause, Verdict.VIOLATED)]


@pytest.mark.nightly
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_handler_is_found_among_all_clauses_too(name):
    report = judge(f"shop.broken.{name}:handler", "OrdersFunction", max_examples=100)
    verdicts = {clause.id: clause.verdict for clause in report.clauses}
    assert verdicts[named_clause(name)] is Verdict.VIOLATED


def test_there_are_a_dozen_broken_handlers_and_each_clause_is_broken_by_some():
    assert len(BROKEN) >= 12
    assert {named_clause(name) for name in BROKEN} == {
        "response-shape",
        "exact-report",
        "isolation",
        "no-loss",
        "idempotent",
    }


def test_the_correct_handler_keeps_every_clause():
    report = judge("shop.orders:handler", "OrdersFunction", max_examples=100)
    assert {clause.verdict for clause in report.clauses} == {Verdict.HELD}
    assert report.coverage.single_faults_explored == report.coverage.single_faults > 0
    assert report.notes == ()


def test_a_correct_report_that_nobody_reads_breaks_the_contract():
    """S85: without ReportBatchItemFailures the report is thrown away and failures are deleted."""
    report = judge("shop.orders:handler", "UnreportedFunction", max_examples=0)
    violated = {clause.id for clause in report.clauses if clause.verdict is Verdict.VIOLATED}
    assert "no-loss" in violated
