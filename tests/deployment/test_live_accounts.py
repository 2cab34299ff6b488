"""A function's settings as an account has them: read through boto3, here from moto."""

from __future__ import annotations

import io
import json
import zipfile

import boto3
import pytest
from moto import mock_aws

from sqs_contract.deployment.readers.live import read_function
from sqs_contract.deployment.template import deployment_of, only_source
from sqs_contract.errors import UsageError


@pytest.fixture
def account(monkeypatch):
    """An account with a function, fed by a queue with a dead-letter queue, and a table."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        sqs = boto3.client("sqs")
        sqs.create_queue(QueueName="orders-dead")
        policy = {"deadLetterTargetArn": arn("sqs", "orders-dead"), "maxReceiveCount": 4}
        sqs.create_queue(
            QueueName="orders",
            Attributes={"VisibilityTimeout": "90", "RedrivePolicy": json.dumps(policy)},
        )
        boto3.client("dynamodb").create_table(
            TableName="orders-table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        iam = boto3.client("iam")
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        lambda_ = boto3.client("lambda")
        lambda_.create_function(
            FunctionName="worker",
            Runtime="python3.13",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": zipped()},
            Timeout=15,
            MemorySize=512,
            Environment={"Variables": {"TABLE": "orders-table", "LEVEL": "INFO"}},
        )
        lambda_.create_event_source_mapping(
            EventSourceArn=arn("sqs", "orders"),
            FunctionName="worker",
            BatchSize=7,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        yield


def arn(service, rest):
    return f"arn:aws:{service}:eu-west-1:123456789012:{rest}"


def zipped():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): ...")
    return held.getvalue()


def test_the_settings_are_those_of_the_account(account):
    stack = read_function("worker")
    found = deployment_of(stack, only_source(stack))
    assert found.queue.name == "orders"
    assert found.queue.visibility_timeout_ms == 90_000
    assert found.queue.max_receive_count == 4
    assert found.mapping.batch_size == 7
    assert found.mapping.report_batch_item_failures
    assert found.function.timeout_ms == 15_000
    assert found.function.memory_mb == 512
    assert found.region == "eu-west-1"
    assert dict(found.function.environment) == {"TABLE": "orders-table", "LEVEL": "INFO"}
    assert [queue.name for queue in stack.queues] == ["orders", "orders-dead"]
    assert [table.name for table in stack.tables] == ["orders-table"]
    assert stack.kind == "aws"


def test_a_function_that_is_not_there_is_told_in_one_line(account):
    with pytest.raises(UsageError, match=r"AWS: GetFunction of 'nobody' failed: ResourceNotFound"):
        read_function("nobody")


def test_without_a_region_nobody_is_asked(monkeypatch, tmp_path):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(UsageError, match=r"AWS: You must specify a region"):
        read_function("worker")
