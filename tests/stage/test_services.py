"""What a handler writes to any AWS service is seen, once for each time it counts."""

from __future__ import annotations

import contextlib
import sys

import boto3
import pytest
from botocore.exceptions import ClientError
from playing import error_types, nothing, playing

from sqs_contract.errors import UsageError
from sqs_contract.stage.world import OTHER
from sqs_contract.world.effects import canonical, noise_between

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/role"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine"
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


def c(service, **more):
    return boto3.client(service, **more)


def role():
    c("iam").create_role(RoleName="role", AssumeRolePolicyDocument='{"Version": "2012-10-17"}')


def machine():
    role()
    c("stepfunctions").create_state_machine(name="machine", definition=PASS, roleArn=ROLE)


def bucket():
    c("s3").create_bucket(Bucket="bucket")
    c("s3").put_object(Bucket="bucket", Key="old", Body=b"old")


def versioned_bucket():
    bucket()
    c("s3").put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})


def delivery_stream():
    role()
    bucket()
    c("firehose").create_delivery_stream(
        DeliveryStreamName="delivery",
        S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::bucket"},
    )


def job_queue():
    role()
    batch = c("batch")
    batch.create_compute_environment(
        computeEnvironmentName="place", type="UNMANAGED", state="ENABLED", serviceRole=ROLE
    )
    batch.create_job_queue(
        jobQueueName="jobs",
        state="ENABLED",
        priority=1,
        computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "place"}],
    )
    batch.register_job_definition(
        jobDefinitionName="job",
        type="container",
        containerProperties={"image": "x", "vcpus": 1, "memory": 128, "command": ["x"]},
    )


def glue_job():
    role()
    c("glue").create_job(
        Name="job", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://b/x"}
    )


def table_of_measures():
    c("timestream-write").create_database(DatabaseName="base")
    c("timestream-write").create_table(DatabaseName="base", TableName="table")


def user_pool():
    made = c("cognito-idp").create_user_pool(PoolName="pool")["UserPool"]
    c("ssm").put_parameter(Name="pool", Value=made["Id"], Type="String")


def pool_id():
    return c("ssm").get_parameter(Name="pool")["Parameter"]["Value"]


def mail(service):
    message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    to = {"ToAddresses": ["you@example.com"]}
    if service == "ses":
        c("ses").send_email(Source="me@example.com", Destination=to, Message=message)
    else:
        c("sesv2").send_email(
            FromEmailAddress="me@example.com", Destination=to, Content={"Simple": message}
        )


def queue_url(name):
    return f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}"


def topic_arn(name):
    return f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}"


def items_table():
    c("dynamodb").create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


ITEM = {"id": {"S": "a"}, "n": {"N": "1"}}
RECORD = {
    "MeasureName": "m",
    "MeasureValue": "1",
    "MeasureValueType": "DOUBLE",
    "Time": "1767603600000",
    "Dimensions": [{"Name": "a", "Value": "b"}],
}

SAME = {
    "dynamodb, an item": (
        items_table,
        lambda: c("dynamodb").put_item(TableName="items", Item=ITEM),
    ),
    "dynamodb, a batch": (
        items_table,
        lambda: c("dynamodb").batch_write_item(
            RequestItems={"items": [{"PutRequest": {"Item": ITEM}}]}
        ),
    ),
    "dynamodb, a transaction with a token": (
        items_table,
        lambda: c("dynamodb").transact_write_items(
            ClientRequestToken="token",
            TransactItems=[
                {
                    "Update": {
                        "TableName": "items",
                        "Key": {"id": {"S": "a"}},
                        "UpdateExpression": "ADD n :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}},
                    }
                }
            ],
        ),
    ),
    "s3, an object": (bucket, lambda: c("s3").put_object(Bucket="bucket", Key="k", Body=b"v")),
    "s3, a copy": (
        bucket,
        lambda: c("s3").copy_object(Bucket="bucket", Key="k", CopySource="bucket/old") and None,
    ),
    "s3, tags": (
        bucket,
        lambda: c("s3").put_object_tagging(
            Bucket="bucket", Key="old", Tagging={"TagSet": [{"Key": "a", "Value": "v"}]}
        ),
    ),
    "s3, a delete marker": (
        versioned_bucket,
        lambda: c("s3").delete_object(Bucket="bucket", Key="old"),
    ),
    "ssm": (
        lambda: None,
        lambda: c("ssm").put_parameter(Name="/p", Value="v", Type="String", Overwrite=True),
    ),
    "secretsmanager": (
        lambda: c("secretsmanager").create_secret(Name="s", SecretString="old"),
        lambda: c("secretsmanager").put_secret_value(SecretId="s", SecretString="v"),
    ),
    "stepfunctions, named": (
        machine,
        lambda: c("stepfunctions").start_execution(stateMachineArn=MACHINE, name="x", input="{}"),
    ),
    "events, a rule": (
        lambda: None,
        lambda: c("events").put_rule(Name="r", ScheduleExpression="rate(5 minutes)"),
    ),
    "scheduler": (
        role,
        lambda: c("scheduler").create_schedule(
            Name="s",
            ScheduleExpression="at(2026-02-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "RoleArn": ROLE},
        ),
    ),
    "sqs, fifo": (
        lambda: c("sqs").create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"}),
        lambda: c("sqs").send_message(
            QueueUrl=queue_url("q.fifo"),
            MessageBody="v",
            MessageGroupId="g",
            MessageDeduplicationId="d",
        ),
    ),
    "sns, fifo": (
        lambda: c("sns").create_topic(Name="t.fifo", Attributes={"FifoTopic": "true"}),
        lambda: c("sns").publish(
            TopicArn=topic_arn("t.fifo"),
            Message="v",
            MessageGroupId="g",
            MessageDeduplicationId="d",
        ),
    ),
    "iot, a shadow": (
        lambda: c("iot").create_thing(thingName="t"),
        lambda: c("iot-data").update_thing_shadow(
            thingName="t", payload=b'{"state": {"desired": {"a": 1}}}'
        ),
    ),
    "cognito-idp": (
        user_pool,
        lambda: c("cognito-idp").admin_create_user(UserPoolId=pool_id(), Username="u"),
    ),
    "timestream-write": (
        table_of_measures,
        lambda: c("timestream-write").write_records(
            DatabaseName="base", TableName="table", Records=[RECORD]
        ),
    ),
}
"""To do these again changes nothing, or is refused."""

MORE = {
    "dynamodb, a counter": (
        items_table,
        lambda: c("dynamodb").update_item(
            TableName="items",
            Key={"id": {"S": "a"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        ),
    ),
    "kinesis": (
        lambda: c("kinesis").create_stream(StreamName="s", ShardCount=1),
        lambda: c("kinesis").put_record(StreamName="s", Data=b"v", PartitionKey="p"),
    ),
    "firehose": (
        delivery_stream,
        lambda: c("firehose").put_record(DeliveryStreamName="delivery", Record={"Data": b"v"}),
    ),
    "stepfunctions": (
        machine,
        lambda: c("stepfunctions").start_execution(stateMachineArn=MACHINE, input="{}"),
    ),
    "events": (
        lambda: None,
        lambda: c("events").put_events(
            Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}]
        ),
    ),
    "ses": (
        lambda: c("ses").verify_email_identity(EmailAddress="me@example.com"),
        lambda: mail("ses"),
    ),
    "sesv2": (
        lambda: c("sesv2").create_email_identity(EmailIdentity="me@example.com"),
        lambda: mail("sesv2"),
    ),
    "sns": (
        lambda: c("sns").create_topic(Name="t"),
        lambda: c("sns").publish(TopicArn=topic_arn("t"), Message="v"),
    ),
    "sns, a batch": (
        lambda: c("sns").create_topic(Name="t"),
        lambda: c("sns").publish_batch(
            TopicArn=topic_arn("t"), PublishBatchRequestEntries=[{"Id": "1", "Message": "v"}]
        ),
    ),
    "sqs": (
        lambda: c("sqs").create_queue(QueueName="q"),
        lambda: c("sqs").send_message(QueueUrl=queue_url("q"), MessageBody="v", DelaySeconds=9),
    ),
    "sqs, a batch": (
        lambda: c("sqs").create_queue(QueueName="q"),
        lambda: c("sqs").send_message_batch(
            QueueUrl=queue_url("q"), Entries=[{"Id": "1", "MessageBody": "v"}]
        ),
    ),
    "iot-data": (lambda: None, lambda: c("iot-data").publish(topic="t", payload=b"v")),
    "rds-data": (
        lambda: None,
        lambda: c("rds-data").execute_statement(
            resourceArn=f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:x",
            secretArn=f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x",
            sql="insert into t values (1)",
        ),
    ),
    "redshift-data": (
        lambda: None,
        lambda: c("redshift-data").execute_statement(
            Database="d", Sql="insert into t values (1)", ClusterIdentifier="c"
        ),
    ),
    "athena": (
        lambda: None,
        lambda: c("athena").start_query_execution(
            QueryString="select 1", ResultConfiguration={"OutputLocation": "s3://b/x"}
        ),
    ),
    "glue": (glue_job, lambda: c("glue").start_job_run(JobName="job")),
    "batch": (
        job_queue,
        lambda: c("batch").submit_job(jobName="x", jobQueue="jobs", jobDefinition="job"),
    ),
    "apigatewaymanagementapi": (
        lambda: None,
        lambda: c(
            "apigatewaymanagementapi",
            endpoint_url="https://abc.execute-api.us-east-1.amazonaws.com/prod",
        ).post_to_connection(ConnectionId="x", Data=b"v"),
    ),
}
"""To do these again does something again."""


@pytest.fixture(scope="module")
def world():
    with playing(nothing) as stand:
        yield stand


def states(world, reset, work):
    """The world before, after doing it once, and after doing it twice, noise left out."""

    def times(number):
        def handler(*_):
            work()
            for _again in range(number - 1):
                with contextlib.suppress(ClientError):  # it is there already
                    work()

        stand = world.use(handler, reset=reset)
        run, other = stand.play("a"), stand.play("a", variant=OTHER)
        assert error_types(run) == [None]
        return run.worlds[-1], noise_between(run.worlds[-1], other.worlds[-1])

    (once, noise), (twice, more_noise) = times(1), times(2)
    mask = noise | more_noise
    return canonical(once, mask), canonical(twice, mask), once


def is_seen(state, moto_baseline):
    return any(
        canonical(rows) != canonical(moto_baseline.get(service, {}))
        for service, rows in state.items()
    )


@pytest.mark.parametrize("name", SAME)
def test_a_write_that_is_the_same_again_counts_once(world, name):
    world.player.world.moto.baseline.clear()
    once, twice, state = states(world, *SAME[name])
    assert is_seen(state, world.player.world.moto.baseline)
    assert once == twice


@pytest.mark.parametrize("name", MORE)
def test_a_write_that_adds_counts_each_time(world, name):
    world.player.world.moto.baseline.clear()
    once, twice, state = states(world, *MORE[name])
    assert is_seen(state, world.player.world.moto.baseline)
    assert once != twice


def test_a_deleted_object_of_a_versioned_bucket_is_gone(world):
    reset, work = SAME["s3, a delete marker"]
    run = world.use(lambda *_: work(), reset=reset).play("a")
    assert run.worlds[-1]["s3"] == {}


def test_numbers_of_dynamodb_are_exact(world):
    """Two that a float would take for the same are told apart."""

    def put(text):
        def handler(*_):
            c("dynamodb").put_item(TableName="items", Item={"id": {"S": "a"}, "n": {"N": text}})

        run = world.use(handler, reset=items_table).play("a")
        return run.worlds[-1]["dynamodb"]["items"][0]["n"]

    assert put("10.0") == 10
    assert put("0.1") == 0.1
    assert put("1e40") == 10**40
    assert put("12345678901234567890") == 12345678901234567890
    assert put("0.12345678901234567890") == "0.1234567890123456789"


def test_what_sns_puts_into_a_queue_is_what_was_published(world):
    """And no id, time or signature, which would hide that two messages are the same."""

    def reset():
        c("sns").create_topic(Name="t")
        c("sqs").create_queue(QueueName="q")
        c("sns").subscribe(
            TopicArn=topic_arn("t"), Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
        )

    def handler(*_):
        c("sns").publish(TopicArn=topic_arn("t"), Message="m", Subject="s")

    stand = world.use(handler, reset=reset)
    seen = [{"body": {"TopicArn": topic_arn("t"), "Subject": "s", "Message": "m"}}]
    assert stand.play("a").worlds[-1]["sqs"]["q"] == seen
    assert stand.play("a", variant=OTHER).worlds[-1]["sqs"]["q"] == seen


def test_logs_metrics_and_traces_are_no_effects(world):
    def handler(*_):
        c("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}])
        c("logs").create_log_group(logGroupName="g")

    assert world.use(handler).play("a").worlds[-1] == {}


def test_a_service_moto_cannot_play_for_want_of_an_extra_is_told_in_a_line(monkeypatch):
    """Whatever the handler makes of the exception."""

    def handler(*_):
        with contextlib.suppress(Exception):
            c("glue").create_database(DatabaseInput={"Name": "d"})

    for name in [name for name in sys.modules if name.startswith("moto.glue")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.split(".")[0] == "pyparsing"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyparsing", None)
    with playing(handler) as stand, pytest.raises(UsageError, match=r"moto\[glue\]") as caught:
        stand.play("a")
    assert "\n" not in str(caught.value)
