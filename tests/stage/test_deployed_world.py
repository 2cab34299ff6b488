"""The world of a template in moto: what is deployed is there, in every run, and quickly."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sqs_contract.deployment import Deployment
from sqs_contract.deployment.creation import Call, Plan, plan_of
from sqs_contract.deployment.readers import read_stack
from sqs_contract.player import Player
from sqs_contract.scenario import Scenario, message_for
from sqs_contract.stage.deployed_world import DeployedWorld
from sqs_contract.stage.world import PLAIN
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.world.clock import real_monotonic

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "tests" / "templates" / "sam"


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def made_of(stack):
    plan = plan_of(stack)
    world = DeployedWorld(plan)
    world.make()
    return plan, list(world.refused)


@pytest.mark.nightly  # moto takes seconds to load all the services
@pytest.mark.parametrize("path", sorted(TEMPLATES.iterdir()), ids=lambda path: path.stem)
def test_everything_a_service_deploys_is_made(aws, path):
    """The values its environment names are those of things that are there."""
    stack = read_stack(path)
    plan, refused = made_of(stack)
    assert refused == []
    assert plan.left_out == ()
    variables = stack.fed_by_sqs()[0].environment
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    buckets = [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]]
    for name, value in variables.items():
        match name:
            case "TABLE_NAME" | "CUSTOMERS_TABLE":
                assert value in tables
            case "BUCKET":
                assert value in buckets
            case "DEAD_LETTERS_URL":
                assert boto3.client("sqs").get_queue_attributes(QueueUrl=value)
            case "API_URL_PARAMETER":
                got = boto3.client("ssm").get_parameter(Name=value)
                assert got["Parameter"]["Value"] == "https://api.example.com"
            case "EVENT_BUS":
                assert boto3.client("events").describe_event_bus(Name=value)["Name"] == value
            case "STATE_MACHINE_ARN":
                machine = boto3.client("stepfunctions").describe_state_machine(
                    stateMachineArn=value
                )
                assert json.loads(machine["definition"])["StartAt"] == "Done"
            case "TOPIC_ARN":
                assert boto3.client("sns").get_topic_attributes(TopicArn=value)
            case "STREAM":
                assert boto3.client("kinesis").describe_stream_summary(StreamName=value)
            case _:
                assert (name, value) == ("LOG_LEVEL", "INFO")


SECRET = """
Resources:
  Key:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: shop/key, GenerateSecretString: {GenerateStringKey: password, SecretStringTemplate: '{"user": "app"}'}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: mail, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      GlobalSecondaryIndexes: [{IndexName: by-mail, KeySchema: [{AttributeName: mail, KeyType: HASH}], Projection: {ProjectionType: ALL}}]
      ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 1}
  Topic: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 4}}}
  Dead: {Type: AWS::SQS::Queue}
  Heard: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true}}
  Mailed: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: a@example.com}}
  Db: {Type: AWS::RDS::DBInstance}
  Open: {Type: AWS::SSM::Parameter, Properties: {Name: open, Type: String, Value: !Ref Missing}}
  Role: {Type: AWS::IAM::Role}
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Environment: {Variables: {KEY: !Ref Key, TOPIC: !Ref Topic, TABLE: !Ref Table}}}
"""


@pytest.fixture
def mixed(tmp_path):
    (tmp_path / "t.yaml").write_text(SECRET, encoding="utf-8")
    return read_stack(tmp_path / "t.yaml")


def test_secrets_indexes_subscriptions_and_redrive_policies_are_made(aws, mixed):
    made_of(mixed)
    variables = mixed.functions[0].environment
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=variables["KEY"])
    value = json.loads(secret["SecretString"])
    assert value["user"] == "app"
    assert len(value["password"]) == 32
    index = {"IndexName": "by-mail", "KeyConditionExpression": "mail = :m"}
    rows = boto3.client("dynamodb").query(
        TableName=variables["TABLE"], **index, ExpressionAttributeValues={":m": {"S": "a"}}
    )
    assert rows["Count"] == 0
    boto3.client("sns").publish(TopicArn=variables["TOPIC"], Message="heard")
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="Queue")["QueueUrl"]
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "heard"
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
    assert json.loads(policy["RedrivePolicy"])["maxReceiveCount"] == 4


def test_what_is_not_made_is_named(mixed):
    """What a handler may want and moto is not asked for; roles are no business of a handler's."""
    assert plan_of(mixed).left_out == (
        (
            "Open (an SSM parameter) is not made: a part of it hangs on 'Missing', which is "
            "neither a parameter nor a resource of the template: give --parameter Missing=VALUE"
        ),
        "Db (AWS::RDS::DBInstance) is not made: the run goes on without",
    )


def test_what_moto_refuses_is_named_and_the_rest_is_made(aws):
    bad = Call(service="dynamodb", method="create_table", arguments={"TableName": "x"}, makes="X")
    good = Call(service="sqs", method="create_queue", arguments={"QueueName": "q"}, makes="Q")
    world = DeployedWorld(Plan((bad, good)))
    world.make()
    (told,) = world.refused
    assert told.startswith("X is not made: ")
    assert len(boto3.client("sqs").list_queues()["QueueUrls"]) == 1


HANDLER = """
import os
import boto3

def handler(event, context):
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    for record in event["Records"]:
        table.put_item(Item={"id": record["body"]})
"""


def test_every_run_begins_with_the_world_as_deployed_and_the_second_costs_little(
    in_tmp_path, mixed
):
    """Restored from a snapshot: what one run writes no other sees, for under 5 ms a run."""
    (in_tmp_path / "app.py").write_text(HANDLER, encoding="utf-8")
    deployment = Deployment.of(environment={"TABLE": "Table"})
    spec = ProgramSpec(handler="app:handler", world=plan_of(mixed))
    scenario = Scenario(
        messages=(message_for(deployment.queue, "m1", "a1"),), deployment=deployment, seed=0
    )
    with Player.entered(spec, deployment) as player:
        for _ in range(2):
            run = player.play(scenario)
            assert run.worlds[-1]["dynamodb"] == {"Table": [{"id": "a1"}]}
        taken = []
        for _ in range(20):
            started = real_monotonic()
            player.world.fresh(PLAIN, 0)
            player.world.reset(player.program, PLAIN, 0)
            taken.append(real_monotonic() - started)
        assert statistics.median(taken) < 0.005
        assert (
            player.world.not_made[1]
            == "Db (AWS::RDS::DBInstance) is not made: the run goes on without"
        )
