"""`sqs-contract init`: what is found is shown, what is not there is written, nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from little_shop import CommandLine, written

PARCELS = Path(__file__).parents[1] / "examples" / "parcels"


@pytest.fixture
def call(in_tmp_path, monkeypatch, capsys):
    return CommandLine(in_tmp_path, monkeypatch, capsys)


@pytest.fixture
def parcels(in_tmp_path):
    ignored = shutil.ignore_patterns(".sqs-contract", "__pycache__")
    shutil.copytree(PARCELS, in_tmp_path, dirs_exist_ok=True, ignore=ignored)
    return in_tmp_path


def configuration(directory):
    return tomllib.loads((directory / "pyproject.toml").read_text(encoding="utf-8"))


def test_what_the_template_holds_is_shown_and_written(parcels, call):
    result = call("init")
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == [
        "found    template.yaml (sam)",
        "  function Ship",
        "    fed by   orders-dev",
        "    handler  app:handler in src/ship",
        "    bodies   1 from events/ship.json",
        "  function Index",
        "    fed by   LabelsQueue",
        "    handler  app:handler in src/index",
        "    bodies   drawn like S3 notifications of bucket Labels",
        "written  pyproject.toml",
        "written  test_sqs_contracts.py",
        "",
        "next: sqs-contract verify, or sqs-contract verify ship, or pytest",
    ]
    assert configuration(parcels)["tool"]["sqs-contract"] == {
        "template": "template.yaml",
        "contracts": {"ship": {"function": "Ship"}, "index": {"function": "Index"}},
    }


def test_what_is_written_can_be_verified_at_once(parcels, call):
    call("init")
    result = call("verify", "--budget", "0")
    assert (result.status, result.err) == (0, "")
    assert "ship: Ship (app:handler)\n" in result.out
    assert "index: Index (app:handler)\n" in result.out


@pytest.mark.nightly
def test_the_test_file_has_an_item_for_each_clause(parcels, call):
    call("init")
    collect = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [sys.executable, *collect], cwd=parcels, capture_output=True, text=True, check=True
    )
    for contract in ("ship", "index"):
        assert f"test_sqs_contracts.py::test_{contract}[idempotent]" in ran.stdout.splitlines()


def test_a_configuration_of_others_is_added_to_and_a_folder_of_tests_is_used(parcels, call):
    before = "[project]\nname = 'parcels'  # ours"
    (parcels / "pyproject.toml").write_text(before, encoding="utf-8")
    (parcels / "tests").mkdir()
    out = call("init").out
    assert "added to pyproject.toml\nwritten  tests/test_sqs_contracts.py\n" in out
    assert (parcels / "pyproject.toml").read_text(encoding="utf-8").startswith(f"{before}\n\n[tool")
    assert configuration(parcels)["project"] == {"name": "parcels"}


def test_nothing_is_written_over(parcels, call):
    call("init")
    (parcels / "test_sqs_contracts.py").write_text("mine", encoding="utf-8")
    files = {path: path.read_bytes() for path in parcels.rglob("*") if path.is_file()}
    for arguments in ((), ("--template", "template.yaml")):
        result = call("init", *arguments)
        assert result.status == 0
        assert "kept     pyproject.toml" in result.out
        assert "kept     test_sqs_contracts.py: it is there already" in result.out
    assert files == {path: path.read_bytes() for path in parcels.rglob("*") if path.is_file()}


def test_contracts_that_are_there_get_their_test_file(parcels, call):
    """Without a look at any template."""
    (parcels / "pyproject.toml").write_text(
        "[tool.sqs-contract.contracts.2-orders]\nhandler = 'shop:handler'\n", encoding="utf-8"
    )
    assert call("init").out.splitlines() == [
        "kept     pyproject.toml, which has the contracts 2-orders",
        "written  test_sqs_contracts.py",
    ]
    text = (parcels / "test_sqs_contracts.py").read_text(encoding="utf-8")
    assert '_2_orders = ConfiguredContract("2-orders")' in text
    compile(text, "test_sqs_contracts.py", "exec")


SEVERAL = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Class: &function
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: app.handler
      Runtime: python3.13
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  ClassFunction: *function
  ShipSMSLambda: *function
  Node:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: app.handler
      Runtime: nodejs22.x
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
"""


def test_names_are_told_apart_and_what_cannot_be_verified_is_left_out(in_tmp_path, call):
    (in_tmp_path / "template.yaml").write_text(SEVERAL, encoding="utf-8")
    (in_tmp_path / "app.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    result = call("init", "--template", "template.yaml")
    assert (result.status, result.err) == (0, "")
    assert "left out: its runtime is nodejs22.x" in result.out
    contracts = configuration(in_tmp_path)["tool"]["sqs-contract"]["contracts"]
    assert contracts == {
        "class": {"function": "Class"},
        "class-2": {"function": "ClassFunction"},
        "ship-sms": {"function": "ShipSMSLambda"},
    }
    text = (in_tmp_path / "test_sqs_contracts.py").read_text(encoding="utf-8")
    assert 'class_ = ConfiguredContract("class")' in text
    compile(text, "test_sqs_contracts.py", "exec")


def test_without_a_template_there_is_nothing_to_begin_with(in_tmp_path, call):
    (in_tmp_path / "README").write_text("", encoding="utf-8")
    result = call("init")
    assert result.status == 2
    assert result.err.startswith("sqs-contract: template: the folder '.' holds no template")
    assert written(in_tmp_path) == {"README"}


def test_a_template_of_which_nothing_can_be_verified_leaves_nothing_behind(in_tmp_path, call):
    text = SEVERAL.replace("python3.13", "nodejs22.x")
    (in_tmp_path / "template.yaml").write_text(text, encoding="utf-8")
    result = call("init")
    assert result.status == 2
    assert result.err.splitlines()[0] == (
        "sqs-contract: init: no function of the template can be verified from it alone: write "
        "[tool.sqs-contract.contracts.NAME] with a handler, or give TARGET to verify"
    )
    assert "left out: its runtime is nodejs22.x" in result.err
    assert written(in_tmp_path) == {"template.yaml"}


def test_a_file_that_cannot_be_written_is_told(parcels, call):
    (parcels / "test_sqs_contracts.py").symlink_to("/nowhere/at/all")
    result = call("init")
    assert result.status == 2
    assert result.err.startswith("sqs-contract: init: cannot write ")
    assert result.err.endswith("test_sqs_contracts.py: File exists\n")
