"""The fixes: they mend what they are for, and are written in the language of the template."""

from __future__ import annotations

import copy
import json
import textwrap

import pytest
import yaml
from lint_service import codes, lint, service
from rule_templates import CASES, SEEN

from sqs_contract.lint.running import lint_file

WITHOUT_FIX = {"SQSC209", "SQSC603", "SQSC604", "SQSC605", "SQSC606", "SQSC607"}
"""What is right hangs on what is meant, which no template tells."""


def merge(target, change):
    """What a person makes of a template and a fix."""
    for name, value in change.items():
        if value == "take this line away":
            target.pop(name, None)
        elif isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        elif name == "Policies":
            target[name] = [*target.get(name, []), *value]
        else:
            target[name] = copy.deepcopy(value)


def documents(lines):
    """The JSON documents of a fix, one after the other."""
    decoder, text = json.JSONDecoder(), "\n".join(lines)
    while text.strip():
        data, end = decoder.raw_decode(text.lstrip())
        yield data
        text = text.lstrip()[end:]


@pytest.mark.parametrize("code", sorted({*CASES, *SEEN} - WITHOUT_FIX - {"SQSC702"}))
def test_a_fix_mends_what_it_is_for(tmp_path, code):
    """And breaks no rule that was kept, but for advice."""
    template = copy.deepcopy((CASES.get(code) or SEEN[code])[0])
    observed = SEEN[code][1] if code in SEEN else None
    before = lint(template, tmp_path, observed)
    (problem, *_) = [item for item in before.problems if item.rule.code == code]
    for change in documents(problem.fix):
        merge(template["Resources"], change)
    after = lint(template, tmp_path, observed)
    if code not in ("SQSC104", "SQSC402", "SQSC608"):  # the handler has to run anew
        assert code not in codes(after)
    levels = [item.rule.level.value for item in after.problems]
    assert "error" not in levels


def test_a_permission_to_decrypt_is_shown(tmp_path):
    (problem,) = lint(CASES["SQSC702"][0], tmp_path).problems
    text = "\n".join(problem.fix)
    assert '"kms:Decrypt"' in text
    assert '"Role"' in text


@pytest.mark.parametrize("code", sorted(WITHOUT_FIX))
def test_where_it_hangs_on_what_is_meant_no_fix_is_shown(tmp_path, code):
    found = [item for item in lint(CASES[code][0], tmp_path).problems if item.rule.code == code]
    assert [item.fix for item in found] == [()] * len(found)


def fix_of(code, path):
    (problem,) = [item for item in lint_file(path).problems if item.rule.code == code]
    return "\n".join(problem.fix)


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


@pytest.fixture
def sam(tmp_path):
    return written(
        tmp_path,
        "template.yaml",
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Queue:
            Type: AWS::SQS::Queue
            Properties: {VisibilityTimeout: 5}
          Worker:
            Type: AWS::Serverless::Function
            Properties:
              Handler: app.handler
              Runtime: python3.13
              CodeUri: .
              Timeout: 10
              Events:
                Orders: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        """,
    )


def test_fixes_of_sam_are_yaml_where_the_setting_stands(sam):
    assert fix_of("SQSC101", sam) == "Queue:\n  Properties:\n    VisibilityTimeout: 60"
    assert yaml.safe_load(fix_of("SQSC403", sam)) == {
        "Worker": {
            "Properties": {
                "Events": {
                    "Orders": {"Properties": {"FunctionResponseTypes": ["ReportBatchItemFailures"]}}
                }
            }
        }
    }
    assert "deadLetterTargetArn: !GetAtt QueueDeadLetters.Arn" in fix_of("SQSC201", sam)


@pytest.fixture
def serverless(tmp_path):
    return written(
        tmp_path,
        "serverless.yml",
        """
        service: orders
        provider: {name: aws, runtime: python3.13}
        functions:
          worker:
            handler: app.handler
            timeout: 10
            reservedConcurrency: 5
            events:
              - sqs: {arn: !GetAtt Queue.Arn}
        resources:
          Resources:
            Queue:
              Type: AWS::SQS::Queue
              Properties: {VisibilityTimeout: 5}
        """,
    )


def test_fixes_of_the_serverless_framework_use_its_own_names(serverless):
    fix = yaml.safe_load(fix_of("SQSC403", serverless))
    (event,) = fix["functions"]["worker"]["events"]
    assert event["sqs"]["functionResponseType"] == "ReportBatchItemFailures"
    assert "maximumConcurrency: 5" in fix_of("SQSC502", serverless)
    fix = yaml.safe_load(fix_of("SQSC101", serverless))
    assert fix["resources"]["Resources"]["Queue"]["Properties"] == {"VisibilityTimeout": 60}


@pytest.fixture
def terraform(tmp_path):
    return written(
        tmp_path,
        "main.tf",
        """
        resource "aws_sqs_queue" "orders" {
          name                       = "orders"
          visibility_timeout_seconds = 5
        }
        resource "aws_iam_role" "worker" {
          name = "worker"
        }
        resource "aws_lambda_function" "worker" {
          function_name                  = "worker"
          role                           = aws_iam_role.worker.arn
          timeout                        = 10
          reserved_concurrent_executions = 5
        }
        resource "aws_lambda_event_source_mapping" "orders" {
          event_source_arn = aws_sqs_queue.orders.arn
          function_name    = aws_lambda_function.worker.arn
        }
        """,
    )


@pytest.mark.parametrize("code", ["SQSC101", "SQSC201", "SQSC403", "SQSC502", "SQSC701"])
def test_fixes_of_terraform_are_read_by_its_parser(terraform, code):
    import hcl2

    assert hcl2.loads(fix_of(code, terraform) + "\n")["resource"]


def test_fixes_of_terraform_use_its_own_names(terraform):
    assert fix_of("SQSC101", terraform) == (
        'resource "aws_sqs_queue" "orders" {\n  visibility_timeout_seconds = 60\n}'
    )
    fix = fix_of("SQSC201", terraform)
    assert 'resource "aws_sqs_queue" "orders_dead_letters" {' in fix
    assert "deadLetterTargetArn = aws_sqs_queue.orders_dead_letters.arn" in fix
    assert 'function_response_types = ["ReportBatchItemFailures"]' in fix_of("SQSC403", terraform)
    fix = fix_of("SQSC502", terraform)
    assert 'resource "aws_lambda_event_source_mapping" "orders" {\n  scaling_config {' in fix
    assert "Resource = aws_sqs_queue.orders.arn" in fix_of("SQSC701", terraform)


def test_a_setting_that_is_to_go_is_named_in_yaml(tmp_path):
    path = tmp_path / "template.yaml"
    template = service(
        queue={"FifoQueue": True},
        dead={"FifoQueue": True},
        mapping={"MaximumBatchingWindowInSeconds": 5},
    )
    path.write_text(yaml.safe_dump(template), encoding="utf-8")
    assert "MaximumBatchingWindowInSeconds:  # take this line away" in fix_of("SQSC302", path)


def test_what_the_template_leaves_open_stays_open_in_the_fix(tmp_path):
    """A queue of another stack, in each of the languages."""
    stands = written(
        tmp_path,
        "serverless.yml",
        """
        service: shop
        provider: {name: aws, runtime: python3.13}
        functions:
          worker:
            handler: app.handler
            events:
              - sqs: {arn: !ImportValue orders-queue}
        """,
    )
    fix = yaml.safe_load(fix_of("SQSC403", stands))
    (event,) = fix["functions"]["worker"]["events"]
    assert event["sqs"] == {"arn": "...", "functionResponseType": "ReportBatchItemFailures"}
    template = service()
    template["Parameters"] = {"Dead": {"Type": "String"}}
    template["Resources"]["Queue"]["Properties"]["RedrivePolicy"] = {
        "deadLetterTargetArn": {"Ref": "Dead"},
        "maxReceiveCount": 2,
    }
    stands = written(tmp_path, "t.yaml", yaml.safe_dump(template))
    assert "deadLetterTargetArn: '...'" in fix_of("SQSC203", stands)
    stands = written(tmp_path, "t.json", json.dumps(template))
    assert '"deadLetterTargetArn": "..."' in fix_of("SQSC203", stands)
    stands = written(
        tmp_path,
        "main.tf",
        """
        variable "dead" { type = string }
        resource "aws_sqs_queue" "q" {
          name           = "q"
          redrive_policy = jsonencode({deadLetterTargetArn = var.dead, maxReceiveCount = 2})
        }
        resource "aws_lambda_function" "f" { function_name = "f" }
        resource "aws_lambda_event_source_mapping" "m" {
          event_source_arn = aws_sqs_queue.q.arn
          function_name    = aws_lambda_function.f.arn
        }
        """,
    )
    assert "hangs on" not in "".join(fix_of("SQSC403", stands))


def test_fixes_of_nested_stacks_use_the_ids_of_their_own_template(tmp_path):
    (tmp_path / "shop.yaml").write_text(
        textwrap.dedent("""
            Transform: AWS::Serverless-2016-10-31
            Resources:
              Queue: {Type: AWS::SQS::Queue}
              Worker:
                Type: AWS::Serverless::Function
                Properties: {Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}}
        """),
        encoding="utf-8",
    )
    stands = written(
        tmp_path,
        "template.yaml",
        """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Shop:
            Type: AWS::Serverless::Application
            Properties: {Location: shop.yaml}
        """,
    )
    assert fix_of("SQSC403", stands).startswith("Worker:\n  Properties:\n    Events:\n      In:\n")
    fix = fix_of("SQSC201", stands)
    assert fix.startswith("QueueDeadLetters:\n  Type: AWS::SQS::Queue\n")
    assert "\nQueue:\n" in fix
    assert "!GetAtt QueueDeadLetters.Arn" in fix.replace("'", "")
