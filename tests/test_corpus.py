"""Handlers with a known truth: what breaks the contract is found, what keeps it is not accused.

Each module of `corpus/` says in constants what it is: `BREAKS`, the clauses it
must be found to break; `ALSO`, clauses that may be found broken besides, since
one mistake has several consequences; `NIGHTLY`, that it takes too long for every CI
run; and how it is to be run.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sqs_contract import Deployment
from sqs_contract.clauses.verdict import PoisonPolicy, Verdict
from sqs_contract.request import Request
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.verify import verify

CORPUS = Path(__file__).parent / "corpus"
NO_HANDLERS = {"__init__", "memory", "payments", "quick_stores", "services", "tables"}
NAMES = sorted(path.stem for path in CORPUS.glob("*.py") if path.stem not in NO_HANDLERS)

BODY = '{"id": "a1", "customer": "ada", "amount": 5}'

SAID = {"BREAKS", "ALSO", "EFFECTS", "RESET", "BODIES", "DEPLOYMENT", "POISON", "NIGHTLY"}

MAX_EXAMPLES = 10
"""Drawn scenarios: fewer than the default, so that the whole corpus runs in each CI run."""


def constants(name):
    """The constants of a corpus module, without importing it: the run itself does that."""
    found = {}
    for node in ast.parse((CORPUS / f"{name}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id.isupper():
            found[node.targets[0].id] = node.value
    return {
        key: eval(compile(ast.Expression(value), name, "eval"))
        for key, value in found.items()
        if key in SAID
    }


def cases():
    for name in NAMES:
        nightly = constants(name).get("NIGHTLY")
        marks = [pytest.mark.nightly if nightly else pytest.mark.corpus]
        yield pytest.param(name, marks=marks)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files left open
@pytest.mark.parametrize("name", list(cases()))
def test_the_verdicts_on_a_handler_are_its_truth(name, monkeypatch):
    monkeypatch.chdir(CORPUS.parent)
    says = constants(name)
    report = verify(
        Request(
            program=ProgramSpec(
                handler=f"corpus.{name}:handler",
                effects=says.get("EFFECTS"),
                reset=says.get("RESET"),
            ),
            deployment=Deployment.of(
                **{
                    "report_batch_item_failures": True,
                    "max_receive_count": 3,
                    **says.get("DEPLOYMENT", {}),
                }
            ),
            bodies=says.get("BODIES", [BODY]),
            poison=PoisonPolicy(says.get("POISON", "either")),
            max_examples=MAX_EXAMPLES,
        )
    )
    violated = {clause.id for clause in report.clauses if clause.verdict is Verdict.VIOLATED}
    assert violated >= says["BREAKS"]
    assert violated <= says["BREAKS"] | says.get("ALSO", set())


def test_the_corpus_holds_handlers_of_both_kinds_for_every_clause():
    truths = [constants(name)["BREAKS"] for name in NAMES]
    assert truths.count(set()) >= 20
    for clause in ("response-shape", "exact-report", "isolation", "no-loss", "idempotent"):
        assert any(clause in truth for truth in truths), clause
