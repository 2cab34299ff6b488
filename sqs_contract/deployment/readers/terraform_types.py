"""Terraform's resources of AWS in CloudFormation's words: one table, and what it cannot say.

Blocks are lists of objects, as both Terraform's own JSON and its language have them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqs_contract.deployment.policies import ATTACHMENT
from sqs_contract.deployment.values import Unresolved

Attributes = Mapping[str, Any]
Made = tuple[str, dict[str, Any]]


def to_cloudformation(kind: str, attributes: Attributes) -> Made | None:
    """CloudFormation's type and properties of a resource; `None` for a kind that is not known."""
    make = _KINDS.get(kind)
    return None if make is None else make(attributes)


def is_part(kind: str) -> bool:
    """Whether a resource is a part of another: a subscription's policy, a bucket's notification."""
    return kind in PARTS


def block(attributes: Attributes, name: str) -> Mapping[str, Any]:
    """The first block of a name; empty if there is none."""
    found = blocks(attributes, name)
    return found[0] if found else {}


def blocks(attributes: Attributes, name: str) -> list[Mapping[str, Any]]:
    """All blocks of a name."""
    given = attributes.get(name)
    items = given if isinstance(given, list) else [given]
    return [item for item in items if isinstance(item, Mapping)]


def _renamed(attributes: Attributes, table: Mapping[str, str]) -> dict[str, Any]:
    return {
        new: attributes[old]
        for old, new in table.items()
        if attributes.get(old) is not None and attributes[old] != ""
    }


def _plain(kind: str, **table: str) -> Callable[[Attributes], Made]:
    """A kind whose attributes are CloudFormation's properties by other names."""
    return lambda attributes: (kind, _renamed(attributes, table))


def _mapping(attributes: Attributes) -> Made:
    properties = _renamed(
        attributes,
        {
            "event_source_arn": "EventSourceArn",
            "function_name": "FunctionName",
            "batch_size": "BatchSize",
            "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
            "function_response_types": "FunctionResponseTypes",
            "enabled": "Enabled",
            "starting_position": "StartingPosition",
            "topics": "Topics",
            "queues": "Queues",
        },
    )
    scaling = block(attributes, "scaling_config")
    if scaling.get("maximum_concurrency") is not None:
        properties["ScalingConfig"] = {"MaximumConcurrency": scaling["maximum_concurrency"]}
    if blocks(attributes, "destination_config"):
        properties["DestinationConfig"] = dict(block(attributes, "destination_config"))
    criteria = attributes.get("filter_criteria")
    if isinstance(criteria, Unresolved):
        properties["FilterCriteria"] = criteria
    filters = blocks(block(attributes, "filter_criteria"), "filter")
    if filters:
        properties["FilterCriteria"] = {
            "Filters": [{"Pattern": item.get("pattern")} for item in filters]
        }
    return "AWS::Lambda::EventSourceMapping", properties


def _function(attributes: Attributes) -> Made:
    properties = _renamed(
        attributes,
        {
            "function_name": "FunctionName",
            "handler": "Handler",
            "runtime": "Runtime",
            "timeout": "Timeout",
            "memory_size": "MemorySize",
            "layers": "Layers",
            "role": "Role",
            "package_type": "PackageType",
        },
    )
    reserved = attributes.get("reserved_concurrent_executions")
    if reserved is not None and reserved != -1:  # -1 stands for none
        properties["ReservedConcurrentExecutions"] = reserved
    variables = block(attributes, "environment").get("variables")
    if isinstance(variables, Mapping):
        properties["Environment"] = {"Variables": dict(variables)}
    dead = block(attributes, "dead_letter_config").get("target_arn")
    if dead is not None:
        properties["DeadLetterConfig"] = {"TargetArn": dead}
    return "AWS::Lambda::Function", properties


def _table(attributes: Attributes) -> Made:
    properties: dict[str, Any] = _renamed(attributes, {"name": "TableName"})
    properties["KeySchema"] = _keys(attributes)
    properties["AttributeDefinitions"] = [
        {"AttributeName": item.get("name"), "AttributeType": item.get("type")}
        for item in blocks(attributes, "attribute")
    ]
    for name, new in (
        ("global_secondary_index", "GlobalSecondaryIndexes"),
        ("local_secondary_index", "LocalSecondaryIndexes"),
    ):
        indexes = [_index(item, attributes, new) for item in blocks(attributes, name)]
        if indexes:
            properties[new] = indexes
    if isinstance(attributes.get("stream_view_type"), str) and attributes["stream_view_type"]:
        properties["StreamSpecification"] = {"StreamViewType": attributes["stream_view_type"]}
    expiry = block(attributes, "ttl")
    if expiry.get("attribute_name"):
        properties["TimeToLiveSpecification"] = {
            "AttributeName": expiry["attribute_name"],
            "Enabled": expiry.get("enabled", True),
        }
    return "AWS::DynamoDB::Table", properties


def _keys(attributes: Attributes) -> list[dict[str, Any]]:
    return [
        {"AttributeName": attributes[name], "KeyType": kind}
        for name, kind in (("hash_key", "HASH"), ("range_key", "RANGE"))
        if attributes.get(name)
    ]


def _index(index: Attributes, table: Attributes, kind: str) -> dict[str, Any]:
    own = dict(index)
    if kind == "LocalSecondaryIndexes":  # under the key of the table
        own["hash_key"] = table.get("hash_key")
    projection: dict[str, Any] = {"ProjectionType": index.get("projection_type", "ALL")}
    if index.get("non_key_attributes"):
        projection["NonKeyAttributes"] = list(index["non_key_attributes"])
    return {"IndexName": index.get("name"), "KeySchema": _keys(own), "Projection": projection}


def _rule(attributes: Attributes) -> Made:
    return "AWS::Events::Rule", _renamed(
        attributes,
        {
            "name": "Name",
            "event_bus_name": "EventBusName",
            "event_pattern": "EventPattern",
            "schedule_expression": "ScheduleExpression",
        },
    )


def _role(attributes: Attributes) -> Made:
    properties = _renamed(attributes, {"name": "RoleName"})
    arns = attributes.get("managed_policy_arns")
    if isinstance(arns, list):
        properties["ManagedPolicyArns"] = arns
    inline = [
        {"PolicyName": item.get("name"), "PolicyDocument": item.get("policy")}
        for item in blocks(attributes, "inline_policy")
        if item.get("policy") is not None
    ]
    if inline:
        properties["Policies"] = inline
    return "AWS::IAM::Role", properties


def _queue_policy(attributes: Attributes) -> Made:
    return "AWS::SQS::QueuePolicy", {
        "Queues": [attributes.get("queue_url")],
        "PolicyDocument": attributes.get("policy"),
    }


_KINDS: Final[Mapping[str, Callable[[Attributes], Made]]] = {
    "aws_sqs_queue": _plain(
        "AWS::SQS::Queue",
        name="QueueName",
        visibility_timeout_seconds="VisibilityTimeout",
        message_retention_seconds="MessageRetentionPeriod",
        delay_seconds="DelaySeconds",
        max_message_size="MaximumMessageSize",
        receive_wait_time_seconds="ReceiveMessageWaitTimeSeconds",
        fifo_queue="FifoQueue",
        content_based_deduplication="ContentBasedDeduplication",
        deduplication_scope="DeduplicationScope",
        fifo_throughput_limit="FifoThroughputLimit",
        redrive_policy="RedrivePolicy",
        kms_master_key_id="KmsMasterKeyId",
    ),
    "aws_sqs_queue_policy": _queue_policy,
    "aws_lambda_function": _function,
    "aws_lambda_event_source_mapping": _mapping,
    "aws_lambda_layer_version": _plain("AWS::Lambda::LayerVersion", layer_name="LayerName"),
    "aws_dynamodb_table": _table,
    "aws_s3_bucket": _plain("AWS::S3::Bucket", bucket="BucketName"),
    "aws_sns_topic": _plain(
        "AWS::SNS::Topic",
        name="TopicName",
        fifo_topic="FifoTopic",
        content_based_deduplication="ContentBasedDeduplication",
    ),
    "aws_sns_topic_subscription": _plain(
        "AWS::SNS::Subscription",
        topic_arn="TopicArn",
        protocol="Protocol",
        endpoint="Endpoint",
        raw_message_delivery="RawMessageDelivery",
        filter_policy="FilterPolicy",
        filter_policy_scope="FilterPolicyScope",
    ),
    "aws_ssm_parameter": _plain("AWS::SSM::Parameter", name="Name", type="Type", value="Value"),
    "aws_secretsmanager_secret": _plain("AWS::SecretsManager::Secret", name="Name"),
    "aws_cloudwatch_event_bus": _plain("AWS::Events::EventBus", name="Name"),
    "aws_cloudwatch_event_rule": _rule,
    "aws_sfn_state_machine": _plain(
        "AWS::StepFunctions::StateMachine",
        name="StateMachineName",
        definition="DefinitionString",
        type="StateMachineType",
    ),
    "aws_kinesis_stream": _plain("AWS::Kinesis::Stream", name="Name", shard_count="ShardCount"),
    "aws_iam_role": _role,
    "aws_iam_policy": _plain(
        "AWS::IAM::ManagedPolicy", name="ManagedPolicyName", policy="PolicyDocument"
    ),
    "aws_iam_policy_attachment": _plain(ATTACHMENT, roles="Roles", policy_arn="PolicyArn"),
    "aws_iam_role_policy": _plain("AWS::IAM::RolePolicy", role="RoleName", policy="PolicyDocument"),
}

PARTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "aws_sqs_queue_redrive_policy": ("AWS::SQS::Queue", "queue_url", "RedrivePolicy"),
    "aws_s3_bucket_notification": ("AWS::S3::Bucket", "bucket", "NotificationConfiguration"),
    "aws_s3_bucket_versioning": ("AWS::S3::Bucket", "bucket", "VersioningConfiguration"),
    "aws_secretsmanager_secret_version": (
        "AWS::SecretsManager::Secret", "secret_id", "SecretString",
    ),
    "aws_cloudwatch_event_target": ("AWS::Events::Rule", "rule", "Targets"),
    "aws_iam_role_policy_attachment": ("AWS::IAM::Role", "role", "ManagedPolicyArns"),
}  # fmt: skip
"""Kinds that are a part of another resource: its type, the attribute that names it, and the
property the part becomes."""


def part_of(kind: str, attributes: Attributes) -> Any:
    """What a part adds to the resource it belongs to; lists are added to those of other parts."""
    match kind:
        case "aws_sqs_queue_redrive_policy":
            return attributes.get("redrive_policy")
        case "aws_s3_bucket_notification":
            told: dict[str, Any] = {
                "QueueConfigurations": [
                    {"Queue": item.get("queue_arn"), "Events": item.get("events", [])}
                    for item in blocks(attributes, "queue")
                ]
            }
            if attributes.get("eventbridge") is True:
                told["EventBridgeConfiguration"] = {}
            return told
        case "aws_s3_bucket_versioning":
            return {"Status": block(attributes, "versioning_configuration").get("status")}
        case "aws_secretsmanager_secret_version":
            return attributes.get("secret_string")
        case "aws_cloudwatch_event_target":
            target: dict[str, Any] = {"Arn": attributes.get("arn")}
            for name, new in (("input", "Input"), ("input_path", "InputPath")):
                if attributes.get(name) is not None:
                    target[new] = attributes[name]
            if blocks(attributes, "input_transformer"):
                target["InputTransformer"] = {}
            return [target]
    return [attributes.get("policy_arn")]


_OF_QUEUES: Final = ("*", "sqs:", "kms:")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _unresolved(value: Any) -> list[Unresolved]:
    return [part for part in _listed(value) if isinstance(part, Unresolved)]


_BY_EXCEPTION: Final[Mapping[str, str]] = {
    "not_actions": "NotAction", "not_resources": "NotResource", "condition": "Condition",
}  # fmt: skip
"""What makes a statement hard to tell; that it is there is enough."""


def _is_of_queues(statement: Mapping[str, Any]) -> bool:
    """Whether a statement may allow something of queues, or of the keys they have."""
    return any(
        isinstance(action, Unresolved) or str(action).lower().startswith(_OF_QUEUES)
        for action in _listed(statement.get("actions"))
    )


def policy_document(attributes: Attributes) -> str | Unresolved:
    """The JSON of the data source `aws_iam_policy_document`."""
    for name in ("source_policy_documents", "override_policy_documents"):
        if attributes.get(name):
            return Unresolved(f"hangs on {name}")
    open_ = next(iter(_unresolved(attributes.get("statement"))), None)
    if open_ is not None:
        return open_
    statements: list[dict[str, Any]] = []
    for item in blocks(attributes, "statement"):
        statement: dict[str, Any] = {"Effect": item.get("effect", "Allow")}
        statement |= {new: True for name, new in _BY_EXCEPTION.items() if item.get(name)}
        for name, new in (("sid", "Sid"), ("actions", "Action"), ("resources", "Resource")):
            if item.get(name) is not None:
                value = _listed(item[name])
                open_ = next(iter(_unresolved(value)), None)
                if open_ is not None and (name == "actions" or _is_of_queues(item)):
                    return open_
                # Of other services, a policy on what is not told decides nothing here.
                statement[new] = [str(part) for part in value]
        statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
