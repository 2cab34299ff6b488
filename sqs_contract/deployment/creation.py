"""What must be called to make the resources of a picture: plain data, in the order of the calls.

Whoever makes a world of it calls each through boto3. Resources that no handler reaches at run
time (roles, permissions, alarms, ...) are left out without a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.deployment import resources as r
from sqs_contract.deployment.values import Unresolved, unresolved_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that makes something.

    Attributes:
        service: boto3's name of the service.
        method: the client's method.
        arguments: its arguments.
        makes: what it makes, for a message: "Orders (a DynamoDB table)".
    """

    service: str
    method: str
    arguments: Mapping[str, Any]
    makes: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How the world of a template is made.

    Attributes:
        calls: what is called, in order.
        left_out: what is not made though a handler may want it, one sentence each.
    """

    calls: tuple[Call, ...] = ()
    left_out: tuple[str, ...] = field(default=())


_QUEUE_ATTRIBUTES: Final = (
    "VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds", "MaximumMessageSize",
    "ReceiveMessageWaitTimeSeconds", "FifoQueue", "ContentBasedDeduplication",
    "DeduplicationScope", "FifoThroughputLimit", "KmsMasterKeyId",
)  # fmt: skip

_FIFO_ATTRIBUTES: Final = (
    "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
)  # fmt: skip

_UNREACHED: Final = (
    "AWS::IAM::", "AWS::Lambda::", "AWS::Logs::", "AWS::CloudWatch::", "AWS::ApiGateway",
    "AWS::CDK::", "AWS::CloudFormation::", "AWS::EC2::", "AWS::Budgets::", "AWS::CodeDeploy::",
    "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy",
    "AWS::SecretsManager::RotationSchedule", "AWS::SecretsManager::ResourcePolicy",
    "AWS::ApplicationAutoScaling::", "AWS::Events::", "AWS::Scheduler::", "AWS::Chatbot::",
    "AWS::CloudFront::", "AWS::Route53", "AWS::WAF", "AWS::Synthetics::", "AWS::XRay::",
    "AWS::Serverless::Connector", "AWS::Pipes::", "AWS::SQS::QueueInlinePolicy",
    "AWS::SecretsManager::SecretTargetAttachment", "AWS::KMS::Alias", "Custom::", "terraform::",
    "AWS::ResourceGroups::", "AWS::ApplicationInsights::", "AWS::CodeBuild::", "AWS::SSO::",
)  # fmt: skip
"""What is there to deploy, to guard or to watch, and not to be called by a handler."""


def plan_of(stack: r.Stack) -> Plan:
    """The calls that make what a stack deploys and a handler may use."""
    calls: list[Call] = []
    left_out: list[str] = []
    for call in _calls(stack):
        open_ = next(unresolved_in(call.arguments), None)
        if open_ is None:
            calls.append(call)
        else:
            left_out.append(f"{call.makes} is not made: a part of it {open_}")
    left_out += _not_made(stack)
    return Plan(tuple(calls), tuple(left_out))


def _calls(stack: r.Stack) -> Iterator[Call]:
    yield from map(_queue, stack.queues)
    for queue in stack.queues:
        yield from _redrive(stack, queue)
    for table in stack.tables:
        yield from _table(table)
    for bucket in stack.buckets:
        yield from _bucket(bucket, stack.region)
    yield from map(_topic, stack.topics)
    yield from (_subscription(item) for item in stack.subscriptions if _delivers_here(stack, item))
    yield from map(_parameter, stack.parameters)
    yield from map(_secret, stack.secrets)
    yield from map(_bus, stack.buses)
    yield from (_state_machine(machine, stack.account) for machine in stack.state_machines)
    yield from (_OTHERS[other.type](other) for other in stack.others if other.type in _OTHERS)


def _topic(topic: r.Topic) -> Call:
    attributes = {"FifoTopic": "true"} if topic.fifo else {}
    if topic.properties.get("ContentBasedDeduplication") in (True, "true"):
        attributes["ContentBasedDeduplication"] = "true"
    return Call(
        service="sns",
        method="create_topic",
        arguments={"Name": topic.name, "Attributes": attributes},
        makes=f"{topic.id} (an SNS topic)",
    )


def _parameter(parameter: r.Parameter) -> Call:
    return Call(
        service="ssm",
        method="put_parameter",
        arguments={
            "Name": parameter.name,
            "Value": "" if parameter.value is None else parameter.value,
            "Type": parameter.kind,
        },
        makes=f"{parameter.id} (an SSM parameter)",
    )


def _secret(secret: r.Secret) -> Call:
    value = {} if secret.value is None else {"SecretString": secret.value}
    return Call(
        service="secretsmanager",
        method="create_secret",
        arguments={"Name": secret.name, **value},
        makes=f"{secret.id} (a secret)",
    )


def _bus(bus: r.Bus) -> Call:
    return Call(
        service="events",
        method="create_event_bus",
        arguments={"Name": bus.name},
        makes=f"{bus.id} (an event bus)",
    )


def _queue(queue: r.Queue) -> Call:
    given = {name: queue.properties[name] for name in _QUEUE_ATTRIBUTES if name in queue.properties}
    attributes = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
        # A setting that is open is told where a verdict hangs on it.
        if isinstance(value, str | int | float | bool)
    }
    if queue.fifo:
        attributes["FifoQueue"] = "true"
    else:
        # SQS does not take these for a standard queue, not even as false.
        for name in _FIFO_ATTRIBUTES:
            attributes.pop(name, None)
    return Call(
        service="sqs",
        method="create_queue",
        arguments={"QueueName": queue.name, "Attributes": attributes},
        makes=f"{queue.id} (a queue)",
    )


def _redrive(stack: r.Stack, queue: r.Queue) -> Iterator[Call]:
    policy = queue.redrive
    if policy is None or stack.queue_of(policy.dead_letter_arn) is None:
        return
    if not isinstance(policy.max_receive_count, int):
        return
    text = json.dumps(
        {
            "deadLetterTargetArn": policy.dead_letter_arn,
            "maxReceiveCount": policy.max_receive_count,
        }
    )
    yield Call(
        service="sqs",
        method="set_queue_attributes",
        arguments={"QueueUrl": queue.url, "Attributes": {"RedrivePolicy": text}},
        makes=f"the redrive policy of {queue.id}",
    )


def _table(table: r.Table) -> Iterator[Call]:
    properties = table.properties
    arguments: dict[str, Any] = {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": properties.get("KeySchema", []),
        "AttributeDefinitions": properties.get("AttributeDefinitions", []),
    }
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        indexes = properties.get(kind)
        if isinstance(indexes, list) and indexes:
            arguments[kind] = [
                {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
                if isinstance(index, Mapping)
                and {"IndexName", "KeySchema"} <= set(index)
                and "Projection" in index
                else index
                for index in indexes
            ]
    stream = properties.get("StreamSpecification")
    if isinstance(stream, Mapping) and isinstance(stream.get("StreamViewType"), str):
        arguments["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": stream["StreamViewType"],
        }
    yield Call(
        service="dynamodb",
        method="create_table",
        arguments=arguments,
        makes=f"{table.id} (a DynamoDB table)",
    )
    expiry = properties.get("TimeToLiveSpecification")
    if isinstance(expiry, Mapping) and isinstance(expiry.get("AttributeName"), str):
        yield Call(
            service="dynamodb",
            method="update_time_to_live",
            arguments={
                "TableName": table.name,
                "TimeToLiveSpecification": {
                    "Enabled": expiry.get("Enabled") in (True, "true"),
                    "AttributeName": expiry["AttributeName"],
                },
            },
            makes=f"the time to live of {table.id}",
        )


def _bucket(bucket: r.Bucket, region: str) -> Iterator[Call]:
    where = {} if region == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": region}
    }  # fmt: skip
    yield Call(
        service="s3",
        method="create_bucket",
        arguments={"Bucket": bucket.name, **where},
        makes=f"{bucket.id} (an S3 bucket)",
    )
    versions = bucket.properties.get("VersioningConfiguration")
    if isinstance(versions, Mapping) and versions.get("Status") == "Enabled":
        yield Call(
            service="s3",
            method="put_bucket_versioning",
            arguments={
                "Bucket": bucket.name,
                "VersioningConfiguration": {"Status": "Enabled"},
            },
            makes=f"the versions of {bucket.id}",
        )


def _delivers_here(stack: r.Stack, subscription: r.Subscription) -> bool:
    """Whether a subscription brings messages into a queue of the stack."""
    return (
        subscription.protocol == "sqs"
        and stack.queue_of(subscription.endpoint) is not None
        and any(topic.arn == subscription.topic for topic in stack.topics)
    )


def _subscription(subscription: r.Subscription) -> Call:
    attributes: dict[str, str] = {}
    if subscription.raw:
        attributes["RawMessageDelivery"] = "true"
    policy = subscription.filter_policy
    if isinstance(policy, Mapping | str) and policy:
        attributes["FilterPolicy"] = policy if isinstance(policy, str) else json.dumps(policy)
        scope = subscription.properties.get("FilterPolicyScope")
        if isinstance(scope, str):
            attributes["FilterPolicyScope"] = scope
    return Call(
        service="sns",
        method="subscribe",
        arguments={
            "TopicArn": subscription.topic,
            "Protocol": "sqs",
            "Endpoint": subscription.endpoint,
            "Attributes": attributes,
        },
        makes=f"{subscription.id} (a subscription)",
    )


def _state_machine(machine: r.StateMachine, account: str) -> Call:
    kind = machine.properties.get("StateMachineType", machine.properties.get("Type"))
    return Call(
        service="stepfunctions",
        method="create_state_machine",
        arguments={
            "name": machine.name,
            "definition": machine.definition
            or '{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}',
            "roleArn": f"arn:aws:iam::{account}:role/states",
            "type": kind if kind in ("STANDARD", "EXPRESS") else "STANDARD",
        },
        makes=f"{machine.id} (a state machine)",
    )


def _stream(stream: r.Other) -> Call:
    shards = stream.properties.get("ShardCount")
    return Call(
        service="kinesis",
        method="create_stream",
        arguments={
            "StreamName": stream.name,
            "ShardCount": int(str(shards)) if str(shards).isdecimal() else 1,
        },
        makes=f"{stream.id} (a Kinesis stream)",
    )


_OTHERS: Final = {"AWS::Kinesis::Stream": _stream}


def _not_made(stack: r.Stack) -> Iterator[str]:
    for subscription in stack.subscriptions:
        if not _delivers_here(stack, subscription) and subscription.protocol == "sqs":
            yield (
                f"{subscription.id} (a subscription) is not made: its topic or its queue is not "
                "in the template"
            )
    missing = [
        f"{other.id} ({other.type})"
        for other in stack.others
        if other.type not in _OTHERS and not other.type.startswith(_UNREACHED)
    ]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        yield f"{_listed(missing)} {are} not made: the run goes on without"


def _listed(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def open_variables(function: r.Function) -> Iterator[tuple[str, Unresolved]]:
    """The variables of a function that the template alone does not tell, and why."""
    for name, value in function.environment.items():
        if isinstance(value, Unresolved):
            yield name, value
