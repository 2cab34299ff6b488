"""Contracts of `pyproject.toml` as test items: collected where that is asked for, and only there."""

from __future__ import annotations

import importlib
import textwrap

import pytest
from little_shop import write_shop

from sqs_contract.session import SESSION

# Loaded before a session within this one starts, which forgets what it was the first to import.
PRELOADED = [
    importlib.import_module(f"sqs_contract.{name}")
    for name in ("pytest_contracts", "requesting", "verify", "report.terminal", "strategies")
]

CONTRACTS = """
[tool.pytest.ini_options]
testpaths = ["tests"]
filterwarnings = ["error", "ignore::pytest.PytestAssertRewriteWarning"]

[tool.sqs-contract]
bodies = "bodies.json"
effects = "world:charges"
reset = "world:empty"
max-examples = 0
report-batch-item-failures = true

[tool.sqs-contract.contracts.orders]
handler = "orders:handler"
clauses = ["response-shape", "idempotent"]

[tool.sqs-contract.contracts.charges]
handler = "charges_again:handler"
clauses = ["response-shape", "idempotent"]
"""
ITEMS = [
    "pyproject.toml::orders[response-shape]",
    "pyproject.toml::orders[idempotent]",
    "pyproject.toml::charges[response-shape]",
    "pyproject.toml::charges[idempotent]",
]
PLUGINS = (
    "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:timeout", "-p", "no:faker",
    "-p", "no:respx", "-p", "no:pytest_httpserver",
)  # fmt: skip


@pytest.fixture
def suite(pytester, monkeypatch):
    """A project with contracts and a test of its own."""
    write_shop(pytester.path)
    pytester.mkdir("tests").joinpath("test_theirs.py").write_text("def test_theirs(): ...\n")
    pytester.makepyprojecttoml(CONTRACTS)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "HYPOTHESIS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return pytester


def configure(suite, before, after):
    text = (suite.path / "pyproject.toml").read_text(encoding="utf-8")
    assert before in text
    suite.makepyprojecttoml(text.replace(before, after))


def run(suite, *arguments):
    return suite.runpytest_inprocess(*PLUGINS, *arguments)


def collected(suite, *arguments):
    lines = run(suite, "--collect-only", "-q", *arguments).outlines
    return [line for line in lines if "::" in line]


def test_each_clause_of_each_contract_is_an_item(suite):
    result = run(suite, "-v", "--sqs-contracts")
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(
        [
            "tests/test_theirs.py::test_theirs PASSED*",
            "pyproject.toml::orders[[]response-shape] PASSED*",
            "pyproject.toml::orders[[]idempotent] PASSED*",
            "pyproject.toml::charges[[]response-shape] PASSED*",
            "pyproject.toml::charges[[]idempotent] FAILED*",
            "*_ charges[[]idempotent] _*",
            "VIOLATED  idempotent*charges_again:handler",
        ]
    )
    assert "pytest_contracts.py" not in result.stdout.str()


def test_nobody_who_does_not_ask_gets_them(suite):
    assert collected(suite) == ["tests/test_theirs.py::test_theirs"]
    assert collected(suite, ".") == ["tests/test_theirs.py::test_theirs"]


@pytest.mark.parametrize("arguments", [(), (".",), ("tests",), ("tests", "pyproject.toml")])
def test_asked_for_by_a_flag_they_come_once_whatever_else_is_named(suite, arguments):
    names = collected(suite, "--sqs-contracts", *arguments)
    assert sorted(names) == sorted(["tests/test_theirs.py::test_theirs", *ITEMS])


def test_asked_for_by_a_setting_they_come_unless_files_are_named(suite):
    configure(suite, "testpaths", "sqs_contracts = true\ntestpaths")
    assert collected(suite) == ["tests/test_theirs.py::test_theirs", *ITEMS]
    assert collected(suite, "tests/test_theirs.py") == ["tests/test_theirs.py::test_theirs"]


def test_they_are_selected_as_tests_are(suite):
    assert collected(suite, "pyproject.toml") == ITEMS
    assert collected(suite, ITEMS[1]) == [ITEMS[1]]
    assert collected(suite, "--sqs-contracts", "-k", "idempotent") == ITEMS[1::2]


def test_what_the_contract_leaves_open_the_session_says(suite, monkeypatch):
    """Its seed, unless the contract has one."""
    asked = []
    verify = importlib.import_module("sqs_contract.verify")
    real = verify.verify
    monkeypatch.setattr(verify, "verify", lambda request: asked.append(request) or real(request))
    configure(suite, 'handler = "orders', 'seed = 9\nhandler = "orders')
    run(suite, "pyproject.toml", "--hypothesis-seed", "4", "-k", "response-shape")
    assert [request.seed for request in asked] == [9, 4]
    assert SESSION.seed is None


def test_a_mistake_is_told_by_file_and_key_alone(suite):
    configure(suite, "max-examples = 0", "max-examples = 'many'")
    result = run(suite, "--sqs-contracts")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR collecting pyproject.toml*",
            (
                "sqs-contract: pyproject.toml: tool.sqs-contract.max-examples must be a whole number, "
                "not 'many'"
            ),
        ],
        consecutive=True,
    )


def test_what_is_wrong_when_it_runs_is_told_in_each_item(suite):
    configure(suite, "orders:handler", "nowhere:handler")
    result = run(suite, "pyproject.toml", "-k", "orders")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["sqs-contract: handler 'nowhere:handler': there is no module*"])


IN_A_TEST_FILE = """
from sqs_contract import ConfiguredContract

charges = ConfiguredContract("charges")

@charges.parametrize()
def test_charges(clause):
    clause.check()
"""


def test_a_test_file_takes_one_by_its_name(suite):
    (suite.path / "tests" / "test_shop.py").write_text(IN_A_TEST_FILE, encoding="utf-8")
    result = run(suite, "-v", "tests/test_shop.py")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["tests/test_shop.py::test_charges[[]idempotent] FAILED*"])


def test_a_name_that_is_not_there_is_told_by_the_line_of_the_test_file(suite):
    text = IN_A_TEST_FILE.replace('("charges")', '("sales")')
    (suite.path / "tests" / "test_shop.py").write_text(text, encoding="utf-8")
    result = run(suite, "tests/test_shop.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "tests/test_shop.py:4: sqs-contract: pyproject.toml has no contract 'sales': known: "
                "orders, charges"
            )
        ]
    )


TEMPLATE = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Python:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.13
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Node:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: index.handler
      Runtime: nodejs22.x
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
"""


def test_a_template_is_enough_and_what_is_passed_over_is_told_at_the_end(suite):
    (suite.path / "template.yaml").write_text(textwrap.dedent(TEMPLATE), encoding="utf-8")
    (suite.path / "src").mkdir()
    (suite.path / "src" / "app.py").write_text("def handler(event, context): ...\n")
    suite.makepyprojecttoml(
        "[tool.sqs-contract.contracts.all]\ntemplate = 'template.yaml'\nmax-examples = 0\n"
    )
    result = run(suite, "pyproject.toml", "-k", "response-shape or exact-report")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            (
                "sqs-contract: pyproject.toml::all[[]response-shape]: all: not verified: Node: its "
                "runtime is nodejs22.x*"
            )
        ]
    )
