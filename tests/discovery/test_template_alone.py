"""`sqs-contract verify --template FILE` and nothing else: functions, code, world, bodies, verdicts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from little_shop import CommandLine

from sqs_contract.deployment.readers import read_stack

PARCELS = Path(__file__).parents[2] / "examples" / "parcels"
QUICK = ("--max-examples", "0")


@pytest.fixture
def parcels(in_tmp_path):
    """The example application, to be spoilt."""
    shutil.copytree(PARCELS, in_tmp_path, dirs_exist_ok=True)
    return in_tmp_path


@pytest.fixture
def call(in_tmp_path, monkeypatch, capsys):
    return CommandLine(in_tmp_path, monkeypatch, capsys)


NOT_EXPLORED = ("--budget", "0")
"""Everything is found and set up; nothing is played."""


def test_an_application_needs_no_other_argument(parcels, call):
    """Both functions are called `app`; each is told with what its queue is sent."""
    result = call("verify", "--template", "template.yaml", *NOT_EXPLORED)
    assert result.err == ""
    assert result.status == 0
    ship, index = result.out.split("\n\nIndex ")
    assert ship.startswith("Ship (app:handler)\n")
    assert ship.endswith("note      bodies: 1 from events/ship.json")
    assert index.startswith("(app:handler)\n")
    assert index.endswith("note      bodies: drawn like S3 notifications of bucket Labels\n")


@pytest.mark.nightly  # every fault at every call, twice
def test_an_application_with_a_table_a_bucket_two_queues_and_a_topic_keeps_its_contract(
    parcels, call
):
    result = call("verify", "--template", "template.yaml", "--strict", "--json", "-")
    assert result.status == 0
    reports = result.document["reports"]
    assert [report["origin"]["function"] for report in reports] == ["Ship", "Index"]
    for report in reports:
        assert {clause["verdict"] for clause in report["clauses"]} == {"held"}


@pytest.mark.nightly  # the same
def test_a_bug_in_it_is_found_and_its_counterexample_finds_code_and_world_again(parcels, call):
    app = parcels / "src" / "ship" / "app.py"
    text = app.read_text(encoding="utf-8")
    assert '"pk": number,' in text
    spoilt = text.replace('"pk": number,', '"pk": number + str(len(table.scan()["Items"])),')
    app.write_text(spoilt, encoding="utf-8")
    flags = ("--template", "template.yaml", "--function", "Ship", "--clause", "idempotent")
    assert call("verify", *flags, *QUICK).status == 1
    (saved,) = (parcels / ".sqs-contract").iterdir()
    assert "VIOLATED  idempotent" in call("replay", str(saved)).out
    app.write_text(text, encoding="utf-8")
    assert call("replay", str(saved)).status == 0


SMALL = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
  Queue: {Type: AWS::SQS::Queue}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.13
      Environment: {Variables: {TABLE: !Ref Table}}
      Events:
        In:
          Type: SQS
          Properties: {Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
"""
RETURNS_A_SET = """
import os
import boto3

def handler(event, context):
    boto3.client("dynamodb").describe_table(TableName=os.environ["TABLE"])
    return {"batchItemFailures": set()}
"""


def test_a_counterexample_finds_code_and_world_again(in_tmp_path, call):
    """Without its table the handler would raise, and there would be no set to refuse."""
    (in_tmp_path / "template.yaml").write_text(SMALL, encoding="utf-8")
    (in_tmp_path / "src").mkdir()
    app = in_tmp_path / "src" / "app.py"
    app.write_text(RETURNS_A_SET, encoding="utf-8")
    flags = ("--template", "template.yaml", "--clause", "response-shape", *QUICK)
    found = call("verify", *flags, "--json", "report.json")
    assert found.status == 1
    assert found.out.splitlines()[0].endswith("Worker (app:handler)")
    (saved,) = (in_tmp_path / ".sqs-contract").iterdir()
    assert "VIOLATED  response-shape" in call("replay", str(saved)).out
    app.write_text(RETURNS_A_SET.replace("set()", "[]"), encoding="utf-8")
    assert call("replay", str(saved)).status == 0
    document = json.loads((in_tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["origin"] == {
        "template": "template.yaml",
        "function": "Worker",
        "parameters": {},
    }


LISTED = """
import os
import boto3
import carrier

def handler(event, context):
    boto3.client("dynamodb").describe_table(TableName=os.environ["TABLE"])
    failed = []
    for record in event["Records"]:
        try:
            carrier.book(record["body"])
        except ConnectionError:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": set() if failed else []}
"""
"""Breaks its contract only where its table is there, and where `carrier.book` is made to fail."""


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param((), id="here"),
        pytest.param(("--isolated",), id="isolated", marks=pytest.mark.nightly),
    ],
)
def test_fault_sites_and_the_template_go_together(in_tmp_path, call, flags):
    """So they do in a process of its own, and in the replay of what was found."""
    (in_tmp_path / "template.yaml").write_text(SMALL, encoding="utf-8")
    (in_tmp_path / "src").mkdir()
    (in_tmp_path / "src" / "carrier.py").write_text("def book(order): ...\n", encoding="utf-8")
    app = in_tmp_path / "src" / "app.py"
    app.write_text(LISTED, encoding="utf-8")
    (in_tmp_path / "events").mkdir()
    (in_tmp_path / "events" / "one.json").write_text('{"key": "k1"}', encoding="utf-8")
    clause = ("--template", "template.yaml", "--clause", "response-shape", *QUICK, *flags)
    assert call("verify", *clause).status == 0
    found = call("verify", *clause, "--fault-site", "carrier:book", "--json", "report.json")
    assert found.status == 1, found.out + found.err
    document = json.loads((in_tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["notes"][0] == "bodies: 1 from events/one.json"
    scenario = document["clauses"][0]["counterexample"]["scenario"]
    assert (scenario["fault_sites"], scenario["origin"]["function"]) == (["carrier:book"], "Worker")
    (saved,) = (in_tmp_path / ".sqs-contract").iterdir()
    assert "carrier:book" in call("replay", str(saved), *flags).out
    app.write_text(LISTED.replace("set() if failed else []", "failed"), encoding="utf-8")
    assert call("replay", str(saved), *flags).status == 0


def test_a_process_of_its_own_finds_code_and_bodies_of_the_template(parcels, call):
    flags = ("--template", "template.yaml", "--function", "Ship", "--isolated", *NOT_EXPLORED)
    result = call("verify", *flags)
    assert result.err == ""
    assert result.out.endswith("note      bodies: 1 from events/ship.json\n")


def test_parameters_change_the_names_of_what_is_deployed(parcels, call):
    result = call(
        "verify", "--template", "template.yaml", "--function", "Ship", "--parameter", "Stage=live",
        *NOT_EXPLORED, "--json", "-",
    )  # fmt: skip
    assert result.status == 0
    environment = result.document["deployment"]["function"]["Environment"]
    assert environment["LABELS_BUCKET"] == "123456789012-labels-live"
    assert result.document["deployment"]["queue"]["QueueName"] == "orders-live"


def test_the_settings_of_an_account_are_those_of_the_report(in_tmp_path, call, monkeypatch):
    """`--from-aws` reads settings; the handler is the one given, and nothing needs replaying AWS."""
    (in_tmp_path / "template.yaml").write_text(SMALL, encoding="utf-8")
    (in_tmp_path / "live_app.py").write_text("def handler(event, context): ...\n", encoding="utf-8")
    asked = []

    def read_function(name):
        asked.append(name)
        return read_stack("template.yaml")

    monkeypatch.setattr("sqs_contract.deployment.readers.live.read_function", read_function)
    flags = ("--from-aws", "worker", *NOT_EXPLORED, "--json", "-")
    document = call("verify", "live_app:handler", *flags).document
    assert asked == ["worker"]
    assert document["deployment"]["mapping"]["ReportBatchItemFailures"] is True
    assert "origin" not in document


TWO = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Good:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.13
      Layers: [!Ref Shared]
      Environment: {Variables: {OPEN: !Ref Stage}}
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Node:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: index.handler
      Runtime: nodejs22.x
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Inline:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: raise SystemExit
      Handler: index.handler
      Runtime: python3.13
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer}
Parameters:
  Stage: {Type: String}
"""


def test_what_cannot_be_verified_is_named_and_the_rest_is_verified(in_tmp_path, call):
    """Another runtime, code in the template; a layer is found; an open variable is named."""
    (in_tmp_path / "template.yaml").write_text(TWO, encoding="utf-8")
    for folder in ("src", "layer/python"):
        (in_tmp_path / folder).mkdir(parents=True)
    (in_tmp_path / "layer/python/common.py").write_text("ANSWER = {}\n", encoding="utf-8")
    (in_tmp_path / "src/app.py").write_text(
        "import common\n\ndef handler(event, context):\n    return common.ANSWER\n",
        encoding="utf-8",
    )
    result = call("verify", "--template", ".", *QUICK, "--clause", "response-shape")
    assert result.err.splitlines() == [
        "not verified: Node: its runtime is nodejs22.x, and only Python runs in this process",
        "not verified: Inline: its code stands in the template itself, which is never executed",
    ]
    assert result.status == 0
    assert "Good (app:handler)" in result.out
    told = " ".join(result.out.split())
    assert (
        "the environment variable OPEN is not set: it hangs on parameter 'Stage', which has no "
        "default; give --parameter Stage=VALUE or --env OPEN=VALUE"
    ) in told
    assert "bodies: realistic ones of our own: none were found" in told


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--template", "template.yaml", "--function", "Node"],
            (
                "template: no function of 'template.yaml' can be verified from it alone (Node: its "
                "runtime is nodejs22.x, and only Python runs in this process): give TARGET as "
                "module:function"
            ),
        ),
        (
            ["--template", "template.yaml", "--function", "Good"],
            (
                "template: no function of 'template.yaml' can be verified from it alone (Good: its "
                "code is to be in 'src', and there is no such place): give TARGET as "
                "module:function"
            ),
        ),
        (["app:handler", "--parameter", "a=b"], "--parameter names a parameter of a template: give --template too"),
        (
            ["--template", "template.yaml", "--parameter", "Stage"],
            "--parameter must be given as NAME=VALUE, not 'Stage'",
        ),
        (
            ["--from-aws", "orders", "--template", "template.yaml"],
            "--from-aws reads a function's settings: give no template beside it",
        ),
        (
            ["--from-aws", "orders"],
            "--from-aws brings no code here: give TARGET as module:function too",
        ),
    ],
)  # fmt: skip
def test_what_does_not_do_is_refused_in_one_line(in_tmp_path, call, arguments, line):
    (in_tmp_path / "template.yaml").write_text(TWO, encoding="utf-8")
    result = call("verify", *arguments)
    assert result.err == f"sqs-contract: {line}\n"
    assert result.status == 2
