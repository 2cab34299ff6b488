"""Nested stacks, of CloudFormation, SAM and the CDK, are part of the picture."""

from __future__ import annotations

import json

import pytest
from template_files import QUEUE, deployed, write

from sqs_contract.deployment.readers import read_stack
from sqs_contract.errors import UsageError

PARENT = """\
    Parameters:
      Wait: {Type: Number, Default: 90}
    Resources:
      Queues:
        Type: AWS::CloudFormation::Stack
        Properties:
          TemplateURL: nested/queues.yaml
          Parameters:
            Wait: !Ref Wait
            DeadLetters: !GetAtt Ends.Outputs.Arn
      Ends:
        Type: AWS::CloudFormation::Stack
        Properties: {TemplateURL: ./nested/ends.yaml}
      Queue:
        Type: AWS::SQS::Queue
      Worker:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Runtime: python3.13
          CodeUri: src
          Environment: {Variables: {URL: !GetAtt Queues.Outputs.Url}}
          Events:
            In: {Type: SQS, Properties: {Queue: !GetAtt Queues.Outputs.Arn}}
"""
NESTED = {
    "t.yaml": PARENT,
    "nested/queues.yaml": """\
        Parameters:
          Wait: {Type: Number}
          DeadLetters: {Type: String}
        Resources:
          Queue:
            Type: AWS::SQS::Queue
            Properties:
              VisibilityTimeout: !Ref Wait
              RedrivePolicy: {deadLetterTargetArn: !Ref DeadLetters, maxReceiveCount: 5}
        Outputs:
          Arn: {Value: !GetAtt Queue.Arn}
          Url: {Value: !Ref Queue}
    """,
    "nested/ends.yaml": """\
        Resources:
          Queue: {Type: AWS::SQS::Queue}
        Outputs:
          Arn: {Value: !GetAtt Queue.Arn}
    """,
}


def test_nested_stacks_are_part_of_the_picture(tmp_path):
    stack, found = deployed(write(tmp_path, NESTED) / "t.yaml")
    names = {queue.id: queue.name for queue in stack.queues}
    assert names == {"Queue": "Queue", "Queues.Queue": "Queues-Queue", "Ends.Queue": "Ends-Queue"}
    assert found.queue.name == "Queues-Queue"
    assert found.queue.visibility_timeout_ms == 90_000
    assert found.queue.max_receive_count == 5
    assert stack.queue_of(f"{QUEUE}:Queues-Queue").redrive.dead_letter_arn == f"{QUEUE}:Ends-Queue"
    assert stack.functions[0].environment["URL"].endswith("/Queues-Queue")
    assert stack.notes == ()


def test_what_a_nested_stack_deploys_knows_its_own_file(tmp_path):
    stack, _ = deployed(write(tmp_path, NESTED) / "t.yaml")
    queue = stack.queue_of(f"{QUEUE}:Queues-Queue")
    assert str(queue.at("VisibilityTimeout")) == f"{tmp_path}/nested/queues.yaml:8"


def test_a_parameter_reaches_a_nested_stack(tmp_path):
    write(tmp_path, NESTED)
    _, found = deployed(tmp_path / "t.yaml", Wait="120")
    assert found.queue.visibility_timeout_ms == 120_000


def test_functions_of_a_nested_sam_application_are_found_with_their_code(tmp_path):
    write(
        tmp_path,
        {
            "template.yaml": """\
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  Shop:
                    Type: AWS::Serverless::Application
                    Properties: {Location: shop/template.yaml}
            """,
            "shop/template.yaml": """\
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  Queue: {Type: AWS::SQS::Queue}
                  Worker:
                    Type: AWS::Serverless::Function
                    Properties:
                      Handler: app.handler
                      Runtime: python3.13
                      CodeUri: src/
                      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
            """,
            "shop/src/app.py": "def handler(event, context): ...\n",
        },
    )
    stack, found = deployed(tmp_path)
    assert stack.functions[0].id == "Shop.Worker"
    assert stack.functions[0].code.path == tmp_path / "shop" / "src"
    assert found.queue.name == "Shop-Queue"


def test_nested_stacks_of_cdk_are_found_by_their_asset(tmp_path):
    child = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"QueueArn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}},
    }
    parent = {
        "Resources": {
            "Nested": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", "/assets/0"]]}},
                "Metadata": {"aws:asset:path": "Nested.nested.template.json"},
            },
            "Worker": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "app.handler"}},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Nested", "Outputs.QueueArn"]},
                    "FunctionName": {"Ref": "Worker"},
                },
            },
        }
    }
    files = {
        "Shop.template.json": json.dumps(parent),
        "Nested.nested.template.json": json.dumps(child),
    }
    _, found = deployed(write(tmp_path, files))
    assert found.queue.name == "Nested-Queue"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://s3.amazonaws.com/b/queues.yaml", "lies at 'https://s3"),
        ("nested/nowhere.yaml", "and there is no such file"),
        ("!Ref Open", "give --parameter Open=VALUE"),
    ],
)
def test_a_nested_stack_that_cannot_be_read_is_named_and_what_it_puts_out_can_be_given(
    tmp_path, url, why
):
    write(tmp_path, NESTED | {"t.yaml": PARENT.replace("nested/queues.yaml", url, 1)})
    path = tmp_path / "t.yaml"
    stack = read_stack(path)
    assert [note for note in stack.notes if "nested stack Queues" in note and why in note]
    with pytest.raises(UsageError, match=r"give --parameter Queues\.Outputs\.Arn=VALUE"):
        deployed(path)
    _, found = deployed(path, **{"Queues.Outputs.Arn": f"{QUEUE}:far"})
    assert found.queue.name == "far"


def test_a_stack_that_nests_itself_ends_in_one_line(tmp_path):
    own = "Resources:\n  Me:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: t.yaml}\n"
    with pytest.raises(UsageError, match=r"t\.yaml: stacks are nested too deeply"):
        read_stack(write(tmp_path, {"t.yaml": own}) / "t.yaml")
