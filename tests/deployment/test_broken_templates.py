"""Templates that cannot be read: one clear line each, with the file and the line in it."""

from __future__ import annotations

import json
import sys
import textwrap

import pytest

from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.template import deployment_of, only_source
from sqs_contract.errors import UsageError

SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      CodeUri: src
      Events:
        In:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 5
"""
SERVERLESS = """\
service: shop
provider:
  name: aws
  runtime: python3.13
functions:
  worker:
    handler: app.handler
    events:
      - sqs:
          arn: !GetAtt Queue.Arn
          batchSize: 5
resources:
  Resources:
    Queue:
      Type: AWS::SQS::Queue
"""
TERRAFORM = """\
variable "wait" {
  type = number
}
resource "aws_sqs_queue" "orders" {
  name                       = "orders"
  visibility_timeout_seconds = 60
}
resource "aws_lambda_function" "worker" {
  function_name = "worker"
}
resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn = aws_sqs_queue.orders.arn
  function_name    = aws_lambda_function.worker.arn
}
"""
PLAN = {
    "format_version": "1.2",
    "values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_sqs_queue.orders",
                    "type": "aws_sqs_queue",
                    "name": "orders",
                    "values": {"name": "orders", "delay_seconds": "soon"},
                }
            ]
        }
    },
}
CDK = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": "soon"}}}}


def of(text, old="", new=""):
    assert old in text
    return text.replace(old, new, 1) if old else text


BROKEN = {
    "sam, no YAML": ("t.yaml", of(SAM, "Resources:", "Resources: ]"), r"t\.yaml:2:12 is not YAML"),
    "sam, a tab": ("t.yaml", of(SAM, "    Type", "\tType"), r"t\.yaml:4:1 is not YAML"),
    "sam, a key twice": (
        "t.yaml",
        of(SAM, "      Runtime", "      Handler: a.b\n      Runtime"),
        r"t\.yaml:11 names 'Handler' again; it stands in line 10 already",
    ),
    "sam, no type": ("t.yaml", of(SAM, "    Type: AWS::SQS::Queue\n"), r"t\.yaml:3: .*has no Type"),
    "sam, no queue": (
        "t.yaml",
        of(SAM, "            Queue: !GetAtt Queue.Arn\n"),
        r"t\.yaml:14: SAM refuses it: .*Missing required property 'Queue'",
    ),
    "sam, an unknown property": (
        "t.yaml",
        of(SAM, "BatchSize", "BatchSise"),
        r"t\.yaml:14: SAM refuses it: .*BatchSise",
    ),
    "sam, no number": ("t.yaml", of(SAM, "60", "soon"), r"t\.yaml:6: VisibilityTimeout .* 'soon'"),
    "sam, too much": ("t.yaml", of(SAM, "60", "99999"), r"t\.yaml:14, Worker\.Events\.In: .*99999"),
    "sam, an open parameter": (
        "t.yaml",
        "Parameters:\n  Wait: {Type: Number}\n" + of(SAM, "60", "!Ref Wait"),
        r"t\.yaml:8: VisibilityTimeout .* parameter 'Wait'.* give --parameter Wait=VALUE",
    ),
    "sam, properties that are a list": (
        "t.yaml",
        of(SAM, "      VisibilityTimeout: 60", "      - VisibilityTimeout"),
        r"t\.yaml:3: Properties of 'Queue' must be a mapping",
    ),
    "cloudformation, JSON cut off": (
        "t.json",
        '{"Resources": {\n "A": ',
        r"t\.json:2:7 is not JSON",
    ),
    "cloudformation, a redrive policy that is no JSON": (
        "t.yaml",
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy: '{'\n",
        r"t\.yaml:5: RedrivePolicy of Q is not JSON",
    ),
    "cloudformation, it holds itself": (
        "t.yaml",
        "Resources: &all\n  Q: *all\n",
        r"t\.yaml:1 holds itself",
    ),
    "cloudformation, it blows up": (
        "t.yaml",
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(
            f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
            for before, name in zip("abcdef", "bcdefg", strict=True)
        )
        + "Resources: {}\n",
        r"t\.yaml:\d+ stands for more than 500,000 parts",
    ),
    "cdk, no number": (
        "Shop.template.json",
        json.dumps(CDK, indent=1),
        r"Shop\.template\.json:6: DelaySeconds of Queue must be a number, not 'soon'",
    ),
    "cdk, cut off": (
        "Shop.template.json",
        json.dumps(CDK, indent=1)[:-3],
        r"Shop\.template\.json:\d+:\d+ is not JSON",
    ),
    "cdk, no type": (
        "Shop.template.json",
        json.dumps(CDK, indent=1).replace('"Type"', '"Tipe"'),
        r"Shop\.template\.json:3: resource 'Queue' has no Type",
    ),
    "cdk, no properties": (
        "Shop.template.json",
        json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": []}}})
        .replace("[]", "[1]")
        .replace('"Queue"', '\n"Queue"'),
        r"Shop\.template\.json:2: Properties of 'Queue' must be a mapping",
    ),
    "serverless, no YAML": (
        "serverless.yml",
        of(SERVERLESS, "  name: aws", "  name: 'aws"),
        r"serverless\.yml:\d+:\d+ is not YAML",
    ),
    "serverless, no arn": (
        "serverless.yml",
        of(SERVERLESS, "          arn: !GetAtt Queue.Arn\n"),
        r"serverless\.yml:9: an sqs event must name the arn of a queue",
    ),
    "serverless, a function that is none": (
        "serverless.yml",
        of(
            SERVERLESS,
            "  worker:\n    handler: app.handler\n    events:\n      - sqs:\n          arn: !GetAtt Queue.Arn\n          batchSize: 5",
            "  worker: app.handler",
        ),
        r"serverless\.yml:6: function 'worker' must be a mapping",
    ),
    "serverless, a resource without a type": (
        "serverless.yml",
        of(SERVERLESS, "      Type: AWS::SQS::Queue", "      Tipe: AWS::SQS::Queue"),
        r"serverless\.yml:14: resource 'Queue' has no Type",
    ),
    "serverless, an open variable": (
        "serverless.yml",
        of(SERVERLESS, "batchSize: 5", "batchSize: ${env:SIZE}"),
        r"serverless\.yml:11: BatchSize .*\$\{env:SIZE\}.* give --parameter env:SIZE=VALUE",
    ),
    "serverless, in code": (
        "serverless.ts",
        "export default {}",
        r"serverless\.ts is code, and no code is executed to read a template",
    ),
    "terraform, a bracket open": (
        "main.tf",
        of(TERRAFORM, "= 60", "= [60"),
        r"main\.tf:\d+:\d+ is not Terraform",
    ),
    "terraform, a resource twice": (
        "main.tf",
        TERRAFORM + 'resource "aws_sqs_queue" "orders" {\n}\n',
        r"main\.tf:15: resource aws_sqs_queue\.orders stands in .*main\.tf:4 already",
    ),
    "terraform, no number": (
        "main.tf",
        of(TERRAFORM, "= 60", '= "soon"'),
        r"main\.tf:6: VisibilityTimeout .* must be a number, not 'soon'",
    ),
    "terraform, an open variable": (
        "main.tf",
        of(TERRAFORM, "= 60", "= var.wait"),
        r"main\.tf:6: VisibilityTimeout .* variable 'wait'.* give --parameter wait=VALUE",
    ),
    "terraform, an unknown function": (
        "main.tf",
        of(TERRAFORM, "= 60", '= tonumber(file("wait.txt"))'),
        r"main\.tf:6: VisibilityTimeout .* hangs on the function file",
    ),
    "terraform's JSON, cut off": (
        "plan.json",
        json.dumps(PLAN, indent=1)[:-4],
        r"plan\.json:\d+:\d+ is not JSON",
    ),
    "terraform's JSON, too much": (
        "plan.json",
        json.dumps(PLAN, indent=1).replace('"soon"', "[1]"),
        r"plan\.json:\d+: DelaySeconds of aws_sqs_queue\.orders must be a number, not \[1\]",
    ),
    "terraform's JSON, no values": (
        "plan.json",
        json.dumps({"format_version": "1.2", "values": [1]}, indent=1),
        r"plan\.json",
    ),
    "terraform's JSON, no number": (
        "plan.json",
        json.dumps(PLAN, indent=1),
        r"plan\.json:\d+: DelaySeconds of aws_sqs_queue\.orders must be a number, not 'soon'",
    ),
}


def deployment_in(path, given=None):
    stack = read_stack(path, given)
    return deployment_of(stack, only_source(stack))


@pytest.mark.parametrize(("name", "text", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_template_is_told_in_one_line_with_the_place(tmp_path, name, text, told):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told) as refused:
        deployment_in(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_what_is_left_open_can_be_given(tmp_path):
    for name, text, given in (
        ("t.yaml", BROKEN["sam, an open parameter"][1], {"Wait": "45"}),
        ("main.tf", BROKEN["terraform, an open variable"][1], {"wait": "45"}),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        found = deployment_in(tmp_path / name, given)
        assert found.queue.visibility_timeout_ms == 45_000


def test_without_its_library_terraform_is_refused_with_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "main.tf").write_text(TERRAFORM, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "hcl2.api", None)
    with pytest.raises(UsageError) as refused:
        read_stack(tmp_path)
    assert str(refused.value) == (
        "template: reading Terraform needs python-hcl2: pip install 'sqs-contract[terraform]'"
    )


def test_a_folder_without_a_template_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")
    with pytest.raises(UsageError, match="holds no template"):
        read_stack(tmp_path)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!python/name:os.system"])
def test_a_template_executes_nothing(tmp_path, tag):
    text = textwrap.dedent(SAM) + f"  X: {tag} ['touch pwned']\n"
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="is not YAML"):
        read_stack(tmp_path / "t.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["t.yaml"]


def test_a_queue_that_cannot_be_told_is_named_and_no_other_is_taken_for_it(tmp_path):
    """A mapping without a starting position reads from a queue, whichever it is."""
    text = "Parameters:\n  Source: {Type: String}\n" + of(SAM, "!GetAtt Queue.Arn", "!Ref Source")
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    told = r"t\.yaml:\d+: EventSourceArn cannot be told .* give --parameter Source=VALUE"
    with pytest.raises(UsageError, match=told):
        deployment_in(tmp_path / "t.yaml")
    arn = "arn:aws:sqs:us-east-1:123456789012:far"
    assert deployment_in(tmp_path / "t.yaml", {"Source": arn}).queue.name == "far"


def test_a_mapping_whose_function_cannot_be_told_is_named(tmp_path):
    text = (
        "Resources:\n  Queue: {Type: AWS::SQS::Queue}\n  M:\n"
        "    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n"
        "      EventSourceArn: !GetAtt Queue.Arn\n      FunctionName: !ImportValue worker\n"
    )
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    told = r"fed by SQS; .*t\.yaml:3: whose mapping M is, hangs on .* --parameter worker=VALUE"
    with pytest.raises(UsageError, match=told):
        deployment_in(tmp_path / "t.yaml")


def test_an_api_whose_description_stands_in_another_file_is_no_mistake(tmp_path):
    """CloudFormation puts the file in its place before SAM sees the template."""
    api = """\
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}
      Auth:
        DefaultAuthorizer: Own
        Authorizers: {Own: {FunctionArn: !GetAtt Worker.Arn}}
"""
    (tmp_path / "t.yaml").write_text(SAM + api, encoding="utf-8")
    assert deployment_in(tmp_path / "t.yaml").mapping.batch_size == 5


def test_a_marker_of_terraform_may_have_blanks_behind_it(tmp_path):
    text = of(TERRAFORM, "= 60", "= 60\n  policy = <<POLICY\n{}\n  POLICY\t \n")
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    assert deployment_in(tmp_path / "main.tf").queue.visibility_timeout_ms == 60_000
