"""A small service in CloudFormation that breaks no rule, and ways to spoil it."""

from __future__ import annotations

import json

from sqs_contract.lint.observed import Observed
from sqs_contract.lint.running import lint_view
from sqs_contract.lint.view import View

READING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


def arn(name):
    return {"Fn::GetAtt": [name, "Arn"]}


def allow(*actions, on=None, **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": on or arn("Queue"), **more}


def resource(kind, properties):
    return {"Type": kind, "Properties": properties}


def without_none(properties):
    return {name: value for name, value in properties.items() if value is not None}


def service(*, queue=(), dead=(), function=(), mapping=(), statements=None, more=(), parameters=()):
    """The template; each argument changes properties of a resource, `None` takes one away."""
    resources = {
        "Queue": resource(
            "AWS::SQS::Queue",
            without_none(
                {
                    "VisibilityTimeout": 60,
                    "RedrivePolicy": {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5},
                    **dict(queue),
                }
            ),
        ),
        "Dead": resource(
            "AWS::SQS::Queue", without_none({"MessageRetentionPeriod": 1_209_600, **dict(dead)})
        ),
        "Role": resource(
            "AWS::IAM::Role",
            {
                "Policies": [
                    {
                        "PolicyName": "own",
                        "PolicyDocument": {
                            "Statement": [allow(*READING)] if statements is None else statements
                        },
                    }
                ]
            },
        ),
        "Function": resource(
            "AWS::Lambda::Function",
            without_none(
                {
                    "Handler": "app.handler",
                    "Runtime": "python3.13",
                    "Timeout": 10,
                    "Role": arn("Role"),
                    "Code": {"S3Bucket": "code", "S3Key": "code.zip"},
                    **dict(function),
                }
            ),
        ),
        "Mapping": resource(
            "AWS::Lambda::EventSourceMapping",
            without_none(
                {
                    "EventSourceArn": arn("Queue"),
                    "FunctionName": {"Ref": "Function"},
                    "BatchSize": 10,
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                    **dict(mapping),
                }
            ),
        ),
        **dict(more),
    }
    return {"Parameters": dict(parameters), "Resources": resources}


def write(template, folder):
    path = folder / "template.json"
    path.write_text(json.dumps(template, indent=2), encoding="utf-8")
    return path


def lint(template, folder, observed: Observed | None = None, **given):
    """What the rules say of a template."""
    from sqs_contract.deployment.readers import read_stack

    return lint_view(View(stack=read_stack(write(template, folder), given), observed=observed))


def codes(linted):
    return [problem.rule.code for problem in linted.problems]


def filters(*patterns):
    return {
        "FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}
    }
