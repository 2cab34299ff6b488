"""What a template leaves open is named and accuses nobody; what it says to ignore is passed over."""

from __future__ import annotations

import pytest
from lint_service import allow, arn, codes, filters, lint, resource, service

from sqs_contract.deployment.readers import read_stack
from sqs_contract.errors import UsageError
from sqs_contract.lint.running import lint_file, lint_view
from sqs_contract.lint.suppressions import ignored_in_project
from sqs_contract.lint.view import View

OPEN = {"Ref": "Given"}
PARAMETERS = {"Given": {"Type": "String"}}


@pytest.mark.parametrize(
    ("changes", "hushed"),
    [
        ({"queue": {"VisibilityTimeout": OPEN}}, "SQSC101"),
        ({"function": {"Timeout": OPEN}}, "SQSC101"),
        ({"queue": {"RedrivePolicy": OPEN}}, "SQSC201"),
        ({"queue": {"MessageRetentionPeriod": OPEN}}, "SQSC206"),
        ({"mapping": {"BatchSize": OPEN}}, "SQSC301"),
        ({"mapping": {"FunctionResponseTypes": [OPEN]}}, "SQSC403"),
        ({"mapping": {"FilterCriteria": OPEN}}, "SQSC602"),
        ({"mapping": {"EventSourceArn": OPEN}}, "SQSC101"),
        ({"function": {"ReservedConcurrentExecutions": OPEN}}, "SQSC502"),
        ({"function": {"Role": OPEN}}, "SQSC701"),
        ({"statements": [allow("sqs:*", on=OPEN)]}, "SQSC701"),
        ({"queue": {"FifoQueue": OPEN}}, "SQSC205"),
        ({"queue": {"KmsMasterKeyId": OPEN}}, "SQSC702"),
    ],
)
def test_what_is_left_open_is_named_and_accuses_nobody(tmp_path, changes, hushed):
    """And the flag that supplies it is told."""
    linted = lint(service(**changes, parameters=PARAMETERS), tmp_path)
    untold = [item for item in linted.untold if hushed in [rule.code for rule in item.rules]]
    assert untold
    assert codes(linted) == []
    assert untold[0].sentence.startswith("cannot be told: ")
    if "Role" not in changes.get("function", {}):
        assert "--parameter Given=VALUE" in untold[0].sentence


def test_what_is_given_is_judged(tmp_path):
    template = service(queue={"VisibilityTimeout": OPEN}, parameters=PARAMETERS)
    assert codes(lint(template, tmp_path, Given="5")) == ["SQSC101"]
    assert codes(lint(template, tmp_path, Given="60")) == []


def test_a_queue_of_another_stack_accuses_nobody(tmp_path):
    """Its settings are its own; that it is FIFO its name tells."""
    elsewhere = "arn:aws:sqs:us-east-1:123456789012:orders"
    assert codes(lint(service(mapping={"EventSourceArn": elsewhere}), tmp_path)) == []
    fifo = {"EventSourceArn": f"{elsewhere}.fifo", "BatchSize": 11}
    assert codes(lint(service(mapping=fifo), tmp_path)) == ["SQSC301"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:*", "NotResource": arn("Dead")},
        {
            "Effect": "Deny",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ],
)
def test_statements_with_exceptions_accuse_nobody(tmp_path, statement):
    linted = lint(service(statements=[statement]), tmp_path)
    assert codes(linted) == []
    assert [rule.code for item in linted.untold for rule in item.rules] == ["SQSC701"]


def test_where_a_stack_is_deployed_nobody_tells(tmp_path):
    """A region and an account that are written out may be the right ones."""
    queue = {"QueueName": "orders"}
    statements = [allow("sqs:*", on="arn:aws:sqs:eu-west-1:999999999999:orders")]
    assert codes(lint(service(queue=queue, statements=statements), tmp_path)) == []
    statements = [allow("sqs:*", on="arn:aws:sqs:eu-west-1:999999999999:refunds")]
    assert codes(lint(service(queue=queue, statements=statements), tmp_path)) == ["SQSC701"]


def test_a_queue_without_a_name_of_its_own_may_be_named_so(tmp_path):
    statements = [allow("sqs:*", on="arn:aws:sqs:*:*:shop-prod-Queue-*")]
    linted = lint(service(statements=statements), tmp_path)
    assert codes(linted) == []
    assert "may be the name it is deployed under" in linted.untold[0].sentence
    statements = [allow("sqs:*", on="arn:aws:sns:*:*:shop-prod-Queue-*")]
    assert codes(lint(service(statements=statements), tmp_path)) == ["SQSC701"]


def test_a_policy_of_awss_that_is_not_known_accuses_nobody(tmp_path):
    template = service(statements=[])
    role = template["Resources"]["Role"]["Properties"]
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AmazonNewThing"]
    linted = lint(template, tmp_path)
    assert codes(linted) == []
    assert "AmazonNewThing" in linted.untold[0].sentence
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
    assert codes(lint(template, tmp_path)) == ["SQSC701"]


def test_a_key_of_another_stack_accuses_nobody(tmp_path):
    """Its policy may let the role decrypt."""
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    linted = lint(service(queue={"KmsMasterKeyId": key}), tmp_path)
    assert codes(linted) == []
    assert [rule.code for item in linted.untold for rule in item.rules] == ["SQSC702"]


def test_a_match_type_that_is_not_documented_accuses_nobody(tmp_path):
    pattern = {"body": {"type": [{"wildcard": "or*"}]}, "Body": ["x"]}
    linted = lint(service(mapping=filters(pattern)), tmp_path)
    assert codes(linted) == []
    assert "'wildcard'" in linted.untold[0].sentence


def test_more_filters_than_five_may_have_been_asked_for(tmp_path):
    patterns = [{"body": {"type": [str(number)]}} for number in range(6)]
    linted = lint(service(mapping=filters(*patterns)), tmp_path)
    assert codes(linted) == []
    assert "are 6" in linted.untold[0].sentence


# What is to be ignored


@pytest.mark.parametrize("name", ["SQSC403", "all-or-nothing-batch"])
@pytest.mark.parametrize("owner", ["Queue", "Function", "Mapping"])
def test_metadata_of_a_resource_concerned_passes_a_rule_over(tmp_path, owner, name):
    template = service(mapping={"FunctionResponseTypes": None})
    template["Resources"][owner]["Metadata"] = {"sqs-contract": {"ignore": [name]}}
    linted = lint(template, tmp_path)
    assert codes(linted) == []
    assert linted.suppressed == 1


def test_metadata_of_another_resource_does_not(tmp_path):
    template = service(
        mapping={"FunctionResponseTypes": None}, more={"Other": resource("AWS::SQS::Queue", {})}
    )
    template["Resources"]["Other"]["Metadata"] = {"sqs-contract": {"ignore": ["SQSC403"]}}
    assert codes(lint(template, tmp_path)) == ["SQSC403"]


def test_a_rule_that_does_not_exist_is_noted(tmp_path):
    template = service(mapping={"FunctionResponseTypes": None})
    template["Resources"]["Queue"]["Metadata"] = {"sqs-contract": {"ignore": ["SQSC999"]}}
    linted = lint(template, tmp_path)
    assert codes(linted) == ["SQSC403"]
    assert [note for note in linted.notes if "there is no rule 'SQSC999' to ignore" in note]


def test_what_cannot_be_told_of_a_queue_is_passed_over_where_the_queue_says_so(tmp_path):
    """Also by the rule that looks at queues which nothing reads."""
    template = service(queue={"FifoQueue": OPEN}, parameters=PARAMETERS)

    def untold():
        linted = lint(template, tmp_path)
        return {rule.code for item in linted.untold for rule in item.rules}

    assert "SQSC205" in untold()
    template["Resources"]["Queue"]["Metadata"] = {"sqs-contract": {"ignore": ["SQSC205"]}}
    assert "SQSC205" not in untold()


SERVERLESS = """
service: orders
provider:
  name: aws
  runtime: python3.13
functions:
  worker:
    handler: app.handler
    timeout: 10
    events:
      - sqs:  # sqs-contract: ignore=SQSC403
          arn: !GetAtt Queue.Arn
resources:
  Resources:
    # sqs-contract: ignore=no-dead-letter-queue, SQSC102
    Queue:
      Type: AWS::SQS::Queue
"""


def test_comments_pass_rules_over_in_serverless(tmp_path):
    path = tmp_path / "serverless.yml"
    path.write_text(SERVERLESS, encoding="utf-8")
    assert codes(lint_file(path)) == []
    assert lint_file(path).suppressed == 3
    path.write_text(SERVERLESS.replace("sqs-contract: ignore", "ignore"), encoding="utf-8")
    assert sorted(codes(lint_file(path))) == ["SQSC102", "SQSC201", "SQSC403"]


TERRAFORM = """
resource "aws_sqs_queue" "orders" { // sqs-contract: ignore=SQSC201
  name                       = "orders"
  visibility_timeout_seconds = 5 # sqs-contract: ignore=SQSC101
}

resource "aws_lambda_function" "worker" {
  function_name = "worker"
  role          = "arn:aws:iam::123456789012:role/elsewhere" # sqs-contract: ignore=SQSC701
  timeout       = 10
}

# sqs-contract: ignore=SQSC403
resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn = aws_sqs_queue.orders.arn
  function_name    = aws_lambda_function.worker.arn
}
"""


def test_comments_pass_rules_over_in_terraform(tmp_path):
    path = tmp_path / "main.tf"
    path.write_text(TERRAFORM, encoding="utf-8")
    linted = lint_file(path)
    assert (codes(linted), linted.untold, linted.suppressed) == ([], (), 3)
    path.write_text(TERRAFORM.replace("ignore=", "see "), encoding="utf-8")
    linted = lint_file(path)
    assert sorted(codes(linted)) == ["SQSC101", "SQSC201", "SQSC403"]
    assert [rule.code for item in linted.untold for rule in item.rules] == ["SQSC701"]


def test_a_comment_behind_another_setting_is_not_about_this_one(tmp_path):
    path = tmp_path / "main.tf"
    moved = TERRAFORM.replace('"orders"\n', '"orders" # sqs-contract: ignore=SQSC101\n', 1)
    path.write_text(moved.replace("5 # sqs-contract: ignore=SQSC101", "5"), encoding="utf-8")
    assert codes(lint_file(path)) == ["SQSC101"]


def test_the_nearest_pyproject_toml_says_what_to_ignore(tmp_path):
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.sqs-contract.lint]\nignore = ["SQSC403", "queue-shared"]\n')
    below = tmp_path / "services" / "orders"
    below.mkdir(parents=True)
    assert ignored_in_project(below) == {"SQSC403", "SQSC607"}
    template = service(mapping={"FunctionResponseTypes": None})
    stack = read_stack(_written(template, below))
    assert codes(lint_view(View(stack=stack), ignored=ignored_in_project(below))) == []


def _written(template, folder):
    from lint_service import write

    return write(template, folder)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('ignore = ["SQSC999"]', "there is no rule 'SQSC999'"),
        ('ignore = "SQSC403"', "must be a list"),
        ('ignored = ["SQSC403"]', "knows 'ignore', not 'ignored'"),
        ("ignore = [", "cannot read"),
    ],
)
def test_a_pyproject_toml_that_says_it_wrong_is_refused(tmp_path, text, told):
    (tmp_path / "pyproject.toml").write_text(f"[tool.sqs-contract.lint]\n{text}\n")
    with pytest.raises(UsageError, match=told):
        ignored_in_project(tmp_path)


# What may not be there

EITHER = """
Parameters:
  Stage: {Type: String}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Test: !Not [!Condition Prod]
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  Worker: {Type: AWS::Lambda::Function}
  Large:
    Type: AWS::Lambda::EventSourceMapping
    Condition: Prod
    Properties: {EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Worker, BatchSize: 5}
  Small:
    Type: AWS::Lambda::EventSourceMapping
    Condition: Test
    Properties: {EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Worker, BatchSize: 1}
"""
EITHER_TF = """
variable "prod" { type = bool }
resource "aws_sqs_queue" "q" { name = "q" }
resource "aws_lambda_function" "f" { function_name = "f" }
resource "aws_lambda_event_source_mapping" "large" {
  count            = var.prod ? 1 : 0
  event_source_arn = aws_sqs_queue.q.arn
  function_name    = aws_lambda_function.f.arn
}
resource "aws_lambda_event_source_mapping" "small" {
  count            = var.prod ? 0 : 1
  event_source_arn = aws_sqs_queue.q.arn
  function_name    = aws_lambda_function.f.arn
}
"""


@pytest.mark.parametrize(
    ("name", "text", "always"),
    [
        ("t.yaml", EITHER, EITHER.replace("    Condition: Prod\n", "").replace("    Condition: Test\n", "")),
        ("main.tf", EITHER_TF, EITHER_TF.replace("var.prod ? 1 : 0", "1").replace("var.prod ? 0 : 1", "1")),
    ],
)  # fmt: skip
def test_mappings_of_which_one_may_not_be_there_are_not_two(tmp_path, name, text, always):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    linted = lint_file(path)
    assert "SQSC606" not in codes(linted)
    assert [one for one in linted.untold if "SQSC606" in {rule.code for rule in one.rules}]
    path.write_text(always, encoding="utf-8")
    assert "SQSC606" in codes(lint_file(path))
