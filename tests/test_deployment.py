"""Deployments: AWS's defaults, AWS's limits, and templates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqs_contract import Deployment, UsageError
from sqs_contract.deployment.overrides import override, parse_environment
from sqs_contract.deployment.template import read_template

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_defaults_are_those_of_aws():
    """S37, S32, S31, S67, S116; no redrive policy; no reports."""
    settings = Deployment().to_json()
    assert settings["queue"] == {
        "QueueName": "orders",
        "VisibilityTimeout": 30,
        "MessageRetentionPeriod": 345_600,
        "DelaySeconds": 0,
        "maxReceiveCount": None,
    }
    assert settings["mapping"] == {
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "ReportBatchItemFailures": False,
    }
    assert settings["function"]["Timeout"] == 3
    assert settings["function"]["MemorySize"] == 128
    assert Deployment() == Deployment.of()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"visibility_timeout": -1}, "visibility timeout is -1, but AWS accepts 0 to 43200"),
        ({"visibility_timeout": 43_201}, "43200"),
        ({"retention": 59}, "60 to 1209600"),
        ({"delay": 901}, "0 to 900"),
        ({"max_receive_count": 0}, "1 to 1000"),
        ({"batch_size": 0}, "1 to 10000"),
        ({"batch_size": 11}, "batch window of at least 1 second"),
        ({"batch_window": 301}, "0 to 300"),
        ({"function_timeout": 0}, "1 to 900"),
        ({"memory_size": 64}, "128 to 10240"),
        ({"fifo": True, "batch_size": 11, "batch_window": 1}, "FIFO queue is 11, .* 1 to 10"),
        ({"queue_name": "a.fifo", "batch_window": 1}, "window of a FIFO queue is 1, .* 0 to 0"),
        ({"queue_name": "a.fifo", "fifo": False}, "'a.fifo' is not FIFO"),
        ({"content_based_deduplication": True}, "'orders' is not FIFO"),
        ({"fifo": True, "deduplication_scope": "all"}, "AWS knows messageGroup|queue"),
        ({"fifo": True, "throughput_limit": "none"}, "AWS knows perQueue and perMessageGroupId"),
        ({"filters": ["{"]}, "AWS refuses the filters: Invalid filter pattern definition."),
        ({"filters": [{"body": ["a"]}]}, "a filter is the JSON text of an event pattern"),
        ({"maximum_concurrency": 1}, "maximum concurrency is 1, but AWS accepts 2 to 1000"),
        ({"reserved_concurrency": 0}, "the function never runs"),
        ({"assumptions": {"n1": "yes"}}, "nothing is assumed about 'n1'; known: other_shape"),
        ({"assumptions": {"other_shape": "yes"}}, "may be 'delete all' or 'keep all' or"),
        ({"assumptions": {"retried_deletes": True}}, "may be 'yes' or 'no', not True"),
        ({"batch_size": True}, "must be a number, not True"),
        ({"batch_size": "10"}, "must be a number, not '10'"),
    ],
)
def test_what_aws_refuses_is_refused_with_its_rule(given, text):
    with pytest.raises(UsageError, match=text):
        Deployment.of(**given)


def test_a_queue_is_fifo_by_its_name_or_because_it_is_said():
    assert Deployment.of(queue_name="a.fifo").queue.fifo
    assert Deployment.of(fifo=True).queue.name == "orders.fifo"
    assert not Deployment.of().queue.fifo


@pytest.mark.parametrize(
    "given",
    [
        {"fifo": True, "content_based_deduplication": True},
        {"fifo": True, "deduplication_scope": "messageGroup"},
        {"fifo": True, "throughput_limit": "perMessageGroupId"},
        {"filters": ['{"body": {"type": ["order"]}}', '{"body": {"n": [{"numeric": [">", 1]}]}}']},
        {"maximum_concurrency": 2, "reserved_concurrency": 5},
        {"assumptions": {"other_shape": "delete all", "retried_deletes": "yes", "nulls": "never"}},
    ],
)
def test_what_is_special_about_a_deployment_is_written_and_read_again(given):
    deployment = Deployment.of(**given)
    assert deployment != Deployment.of()
    assert Deployment.from_json(json.loads(json.dumps(deployment.to_json()))) == deployment


def test_flags_win_over_the_template():
    base = Deployment.of(batch_size=5, visibility_timeout=60, environment={"A": "1"})
    changed = override(
        base, batch_size=7, visibility_timeout=None, environment={"B": "2"}, assumptions={}
    )
    assert changed.mapping.batch_size == 7
    assert changed.queue.visibility_timeout_ms == 60_000
    assert dict(changed.function.environment) == {"A": "1", "B": "2"}


def test_environment_is_given_as_pairs():
    assert parse_environment(["A=1", "B=x=y"]) == {"A": "1", "B": "x=y"}
    with pytest.raises(UsageError, match="NAME=VALUE, not 'A'"):
        parse_environment(["A"])


def test_the_example_template_is_read():
    found = read_template(EXAMPLES / "template.yaml", "OrdersFunction").deployment
    assert found.queue.name == "orders"
    assert found.queue.visibility_timeout_ms == 60_000
    assert found.queue.max_receive_count == 5
    assert found.mapping.report_batch_item_failures
    assert found.function.timeout_ms == 10_000
    assert found.function.memory_mb == 256
    assert found.function.handler == "shop.orders.handler"
    assert dict(found.function.environment) == {
        "ORDERS_TABLE": "orders",
        "CUSTOMERS_TABLE": "customers",
    }


CLOUDFORMATION = {
    "Parameters": {"Size": {"Type": "Number", "Default": 7}, "Stage": {"Type": "String"}},
    "Mappings": {"Times": {"prod": {"visibility": 90}}},
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": {"Fn::FindInMap": ["Times", "prod", "visibility"]},
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                    "maxReceiveCount": "3",
                },
            },
        },
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "things"}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": {"Fn::Sub": "${AWS::StackName}-worker"},
                "Handler": "app.handler",
                "Timeout": 15,
                "Environment": {
                    "Variables": {
                        "TABLE": {"Ref": "Table"},
                        "JOINED": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]},
                        "STAGE": {"Ref": "Stage"},
                        "COUNT": 3,
                        "ON": True,
                    }
                },
            },
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "EventSourceArn": {"Fn::GetAtt": "Queue.Arn"},
                "BatchSize": {"Ref": "Size"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
    },
}


def write(path: Path, data) -> Path:
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_plain_cloudformation_with_intrinsic_functions(tmp_path):
    """What a template alone does not tell (a parameter without default) is left out."""
    found = read_template(write(tmp_path / "t.json", CLOUDFORMATION)).deployment
    assert found.mapping.batch_size == 7
    assert found.mapping.report_batch_item_failures
    assert found.queue.visibility_timeout_ms == 90_000
    assert found.queue.max_receive_count == 3
    assert found.function.name == "stack-worker"
    assert dict(found.function.environment) == {
        "TABLE": "things",
        "JOINED": "a-us-east-1",
        "COUNT": "3",
        "ON": "true",
    }


FIFO = """
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      FifoQueue: true
      ContentBasedDeduplication: true
      DeduplicationScope: messageGroup
      FifoThroughputLimit: perMessageGroupId
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      ReservedConcurrentExecutions: 5
      Events:
        In:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            ScalingConfig: {MaximumConcurrency: 3}
            FilterCriteria:
              Filters:
                - Pattern: '{"body": {"type": ["order"]}}'
"""


def test_a_fifo_queue_filters_and_limits_of_concurrency(tmp_path):
    found = read_template(write(tmp_path / "t.yaml", FIFO)).deployment
    assert found == Deployment.of(
        queue_name="Queue.fifo",
        content_based_deduplication=True,
        deduplication_scope="messageGroup",
        throughput_limit="perMessageGroupId",
        filters=['{"body": {"type": ["order"]}}'],
        maximum_concurrency=3,
        function_name="Worker",
        reserved_concurrency=5,
    )


SHORT_TAGS = """
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 45}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        In:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            MaximumBatchingWindowInSeconds: 5
            BatchSize: !Select [1, [10, 100]]
"""


def test_yaml_with_short_tags(tmp_path):
    found = read_template(write(tmp_path / "t.yaml", SHORT_TAGS)).deployment
    assert found.mapping.batch_size == 100
    assert found.mapping.window_ms == 5_000
    assert found.queue.visibility_timeout_ms == 45_000
    assert not found.mapping.report_batch_item_failures


def test_a_queue_named_by_arn_takes_awss_defaults(tmp_path):
    text = SHORT_TAGS.replace("!GetAtt Queue.Arn", "arn:aws:sqs:eu-west-1:123456789012:far")
    found = read_template(write(tmp_path / "t.yaml", text)).deployment
    assert found.queue.name == "far"
    assert found.queue.visibility_timeout_ms == 30_000


TWO = SHORT_TAGS + SHORT_TAGS.replace("Resources:", "").replace("Worker:", "Other:").replace(
    "Queue: {Type", "Queue2: {Type"
)


@pytest.mark.parametrize(
    ("name", "content", "function", "text"),
    [
        ("t.yaml", "a: [b", None, r"t\.yaml:1:6 is not YAML"),
        ("t.json", '{"a": 1,}', None, r"t\.json:1:9 is not JSON"),
        ("t.yaml", "just text", None, "has no Resources"),
        ("t.yaml", "Resources: {A: {Type: AWS::S3::Bucket}}", None, "no function .* is fed by SQS"),
        ("t.yaml", SHORT_TAGS, "Nobody", "no 'Nobody' in .*fed by SQS: Worker"),
        ("t.yaml", SHORT_TAGS, "Queue", "is no function but AWS::SQS::Queue"),
        ("t.yaml", TWO, None, r"2 functions .*\(Worker, Other\): name one with --function"),
        (
            "t.yaml",
            SHORT_TAGS + "  Alone: {Type: AWS::Lambda::Function}\n",
            "Alone",
            "'Alone' .* is not fed by SQS",
        ),
        (
            "t.yaml",
            SHORT_TAGS.replace("VisibilityTimeout: 45", "FifoQueue: true"),
            None,
            r"batch size of a FIFO queue is 100, but AWS accepts 1 to 10 \(S68\)",
        ),
        (
            "t.yaml",
            SHORT_TAGS + "            FilterCriteria: {Filters: [{Pattern: 'no'}]}\n",
            None,
            "AWS refuses the filters: Invalid filter pattern definition.",
        ),
        (
            "t.yaml",
            SHORT_TAGS + "            FilterCriteria: {Filters: [{Pattern: !Ref Which}]}\n",
            None,
            "FilterCriteria cannot be told from the template alone",
        ),
        (
            "t.yaml",
            SHORT_TAGS.replace("VisibilityTimeout: 45", "VisibilityTimeout: !Ref Wait"),
            None,
            "VisibilityTimeout cannot be told from the template alone",
        ),
        (
            "t.yaml",
            SHORT_TAGS.replace("VisibilityTimeout: 45", "VisibilityTimeout: 99999"),
            None,
            r"Worker\.Events\.In: visibility timeout is 99999",
        ),
    ],
)
def test_a_template_that_does_not_do_is_refused_in_one_line(
    tmp_path, name, content, function, text
):
    with pytest.raises(UsageError, match=text) as refused:
        read_template(write(tmp_path / name, content), function)
    assert "\n" not in str(refused.value)


def test_a_template_executes_nothing(tmp_path):
    """A YAML tag that would construct an object is data like any other."""
    text = SHORT_TAGS + "  X: !!python/object/apply:os.system ['touch pwned']\n"
    with pytest.raises(UsageError, match="is not YAML"):
        read_template(write(tmp_path / "t.yaml", text))
    assert not (tmp_path / "pwned").exists()


def test_two_queues_on_one_function_need_flags(tmp_path):
    text = SHORT_TAGS + (
        "  Second:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n"
        "      FunctionName: !Ref Worker\n      EventSourceArn: !GetAtt Queue.Arn\n"
    )
    with pytest.raises(UsageError, match=r"2 queues \(Worker\.Events\.In, Second\)"):
        read_template(write(tmp_path / "t.yaml", text))
