"""Permissions are granted in many ways: none that AWS takes is accused, and what cannot be told is
not; a function to which nobody grants anything is."""

from __future__ import annotations

import textwrap

import pytest

from sqs_contract.lint.running import lint_file

READS = '"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"'


def judged(path, text):
    """The errors, and whether the permissions cannot be told."""
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    linted = lint_file(path)
    errors = [item.rule.code for item in linted.problems if item.rule.level.value == "error"]
    untold = {rule.code for item in linted.untold for rule in item.rules}
    return errors, bool(untold & {"SQSC701", "SQSC702"})


# Terraform

TERRAFORM = """
variable "extra" { type = list(string) }
resource "aws_sqs_queue" "q" {
  name                       = "q"
  visibility_timeout_seconds = 60
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = aws_iam_role.r.arn
}
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn = aws_sqs_queue.q.arn
  function_name    = aws_lambda_function.f.arn
}
"""
ROLE = 'resource "aws_iam_role" "r" {\n  name = "r"\n  @\n}\n'
PLAIN = ROLE.replace("@", "")
STATEMENT = f'jsonencode({{Statement = [{{Effect = "Allow", Action = [{READS}], Resource = @}}]}})'
OWN = STATEMENT.replace("@", "aws_sqs_queue.q.arn")
POLICY = f'resource "aws_iam_policy" "p" {{\n  name = "p"\n  policy = {OWN}\n}}\n'
SQS = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"


def inline(policy):
    return f'{PLAIN}resource "aws_iam_role_policy" "i" {{\n  role = "r"\n  policy = {policy}\n}}\n'


def document(body):
    data = f'data "aws_iam_policy_document" "d" {{\n{body}\n}}\n'
    return data + inline("data.aws_iam_policy_document.d.json")


def statement(actions, resources="[aws_sqs_queue.q.arn]", kind="actions"):
    return f"statement {{\n  {kind} = {actions}\n  resources = {resources}\n}}"


GRANTED = {
    "in the role": ROLE.replace("@", f'inline_policy {{\n  name = "i"\n  policy = {OWN}\n  }}'),
    "by AWS's policy": ROLE.replace("@", f'managed_policy_arns = ["{SQS}"]'),
    "by a policy of its own": ROLE.replace("@", "managed_policy_arns = [aws_iam_policy.p.arn]")
    + POLICY,
    "beside the role": inline(OWN),
    "on everything": inline(STATEMENT.replace("@", '"*"')),
    "by name": inline(STATEMENT.replace("@", '"arn:aws:sqs:eu-west-1:111122223333:q"')),
    "attached": PLAIN + POLICY + 'resource "aws_iam_role_policy_attachment" "a" {\n'
    "  role = aws_iam_role.r.name\n  policy_arn = aws_iam_policy.p.arn\n}\n",
    "attached to several": PLAIN + POLICY + 'resource "aws_iam_policy_attachment" "a" {\n'
    '  name = "a"\n  roles = [aws_iam_role.r.name]\n  policy_arn = aws_iam_policy.p.arn\n}\n',
    "attached in a loop": PLAIN + 'resource "aws_iam_role_policy_attachment" "a" {\n'
    f'  for_each = toset(["{SQS}"])\n  role = aws_iam_role.r.name\n  policy_arn = each.value\n}}\n',
    "by a document": document(statement(f"[{READS}]")),
    "by pattern": document(statement('["SQS:*"]')),
}  # fmt: skip
OPEN = {
    "open actions": document(statement("var.extra")),
    "an open action beside others": document(statement('concat(["s3:GetObject"], var.extra)')),
    "open queues": document(statement('["sqs:*"]', "var.extra")),
    "all but some": document(statement('["iam:*"]', kind="not_actions")),
    "statements in an open loop": document(
        'dynamic "statement" {\n  for_each = var.extra\n  content {\n'
        '    actions = ["sqs:*"]\n    resources = [statement.value]\n  }\n}'
    ),
    "other documents": document('source_policy_documents = [file("p.json")]'),
    "a file": inline('file("p.json")'),
    "open roles": PLAIN + POLICY + 'resource "aws_iam_policy_attachment" "a" {\n'
    '  name = "a"\n  roles = var.extra\n  policy_arn = aws_iam_policy.p.arn\n}\n',
    "an attached policy of elsewhere": PLAIN + 'resource "aws_iam_role_policy_attachment" "a" {\n'
    "  role = aws_iam_role.r.name\n  policy_arn = var.extra[0]\n}\n",
}  # fmt: skip
MISSING = {
    "nothing": PLAIN,
    "of another service": inline(OWN.replace("sqs:", "sns:")),
    "of another queue": inline(STATEMENT.replace("@", '"arn:aws:sqs:eu-west-1:1:other"')),
    "attached to another role": PLAIN + POLICY + 'resource "aws_iam_policy_attachment" "a" {\n'
    '  name = "a"\n  roles = ["other"]\n  policy_arn = aws_iam_policy.p.arn\n}\n',
    "what is open of another service": document(statement('["logs:*"]', "var.extra")),
}  # fmt: skip


@pytest.mark.parametrize("role", GRANTED.values(), ids=GRANTED)
def test_terraform_grants_in_many_ways(tmp_path, role):
    assert judged(tmp_path / "main.tf", TERRAFORM + role) == ([], False)


@pytest.mark.parametrize("role", OPEN.values(), ids=OPEN)
def test_what_terraform_leaves_open_accuses_nobody(tmp_path, role):
    assert judged(tmp_path / "main.tf", TERRAFORM + role) == ([], True)


@pytest.mark.parametrize("role", MISSING.values(), ids=MISSING)
def test_what_terraform_grants_to_nobody_is_missing(tmp_path, role):
    assert judged(tmp_path / "main.tf", TERRAFORM + role) == (["SQSC701"], False)


# The Serverless Framework: polling is granted by itself, a key is not

SERVERLESS = """
service: shop
provider:
  name: aws
  runtime: python3.13
  {provider}
functions:
  worker:
    handler: app.handler
    {function}
    events:
      - sqs: {{arn: !GetAtt Queue.Arn, batchSize: 1}}
resources:
  Resources:
    Queue:
      Type: AWS::SQS::Queue
      Properties: {{VisibilityTimeout: 60, KmsMasterKeyId: !GetAtt Key.Arn}}
    Key:
      Type: AWS::KMS::Key
      Properties:
        KeyPolicy:
          Statement:
            - Effect: Allow
              Principal: {{AWS: !Sub "arn:aws:iam::${{AWS::AccountId}}:root"}}
              Action: kms:*
              Resource: "*"
"""
ALLOW = '[{Effect: Allow, Action: "kms:Decrypt", Resource: "*"}]'
NAMED = "arn:aws:iam::123456789012:role/own"


@pytest.mark.parametrize(
    ("provider", "function", "errors", "open_"),
    [
        ("memorySize: 128", "timeout: 5", ["SQSC702"], False),
        (f"iam: {{role: {{statements: {ALLOW}}}}}", "timeout: 5", [], False),
        (f"iamRoleStatements: {ALLOW}", "timeout: 5", [], False),
        (f"iam: {{role: '{NAMED}'}}", "timeout: 5", [], True),
        (f"role: {NAMED}", "timeout: 5", [], True),
        ("role: !ImportValue own", "timeout: 5", [], True),
        ("memorySize: 128", f"role: {NAMED}", [], True),
        ("iam: {role: {managedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess']}}",
         "timeout: 5", [], False),
        ("iamManagedPolicies: ['arn:aws:iam::123456789012:policy/own']", "timeout: 5", [], True),
        ("iam: {role: {statements: '${file(nowhere.js):all}'}}", "timeout: 5", [], True),
        ("memorySize: 128", f"iamRoleStatements: {ALLOW}", [], False),
        (f"iamRoleStatements: {ALLOW}", "iamRoleStatements: []", ["SQSC702"], False),
        (f"iamRoleStatements: {ALLOW}",
         "iamRoleStatements: []\n    iamRoleStatementsInherit: true", [], False),
    ],
)  # fmt: skip
def test_the_serverless_framework_grants_in_many_ways(tmp_path, provider, function, errors, open_):
    text = SERVERLESS.format(provider=provider, function=function)
    assert judged(tmp_path / "serverless.yml", text) == (errors, open_)


# CloudFormation

CLOUDFORMATION = """
Parameters:
  Open: {Type: String}
Conditions:
  Some: !Equals [!Ref Open, a]
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  Worker: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Worker}
  Role:
    Type: AWS::IAM::Role
    Properties: {@}
"""
SOME = "{Effect: Allow, Action: ['sqs:*'], Resource: !GetAtt Queue.Arn}"
BESIDE = """
  Policy:
    Type: AWS::IAM::{kind}
    Properties:
      {roles}
      PolicyDocument: {{Statement: [{statement}]}}
"""


def of_role(properties="", beside=""):
    return CLOUDFORMATION.replace("@", properties) + beside


def beside(kind="Policy", roles="Roles: [!Ref Role]", statement=SOME):
    return of_role(beside=BESIDE.format(kind=kind, roles=roles, statement=statement))


@pytest.mark.parametrize(
    ("text", "errors", "open_"),
    [
        (of_role(f"Policies: [{{PolicyDocument: {{Statement: {SOME}}}}}]"), [], False),
        (beside(), [], False),
        (beside("RolePolicy", "RoleName: !Ref Role"), [], False),
        (beside("ManagedPolicy"), [], False),
        (of_role("ManagedPolicyArns: [!Ref Policy]",
                 BESIDE.format(kind="ManagedPolicy", roles="Path: /", statement=SOME)), [], False),
        (of_role(f"ManagedPolicyArns: ['{SQS}']"), [], False),
        (of_role("ManagedPolicyArns: [!Ref Open]"), [], True),
        (of_role("Policies: !If [Some, [], []]"), [], True),
        (beside(statement="!If [Some, {}, {}]"), [], True),
        (beside(statement=SOME.replace("['sqs:*']", "!Ref Open")), [], True),
        (beside(statement=SOME.replace("!GetAtt Queue.Arn", "!Ref Open")), [], True),
        (beside(roles="Roles: [!Ref Open]"), [], True),
        (beside(roles="Roles: [other]"), ["SQSC701"], False),
        (of_role(), ["SQSC701"], False),
        (beside(statement=SOME.replace("Allow", "Deny")), ["SQSC701"], False),
    ],
)  # fmt: skip
def test_cloudformation_grants_in_many_ways(tmp_path, text, errors, open_):
    assert judged(tmp_path / "t.yaml", text) == (errors, open_)
