"""From instances of Terraform's resources, wherever they were read, to the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment import names
from sqs_contract.deployment.names import Account
from sqs_contract.deployment.picture import draw
from sqs_contract.deployment.readers.code import found
from sqs_contract.deployment.readers.terraform_types import (
    PARTS,
    is_part,
    part_of,
    to_cloudformation,
)
from sqs_contract.deployment.resources import Code, Stack
from sqs_contract.deployment.values import Place, RawResource, Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A resource of Terraform's with its attributes worked out.

    Attributes:
        id: its address: `module.shop.aws_sqs_queue.orders["a"]`.
        label: what it is called where it has no name.
        folder: what paths in it are relative to.
    """

    id: str
    kind: str
    label: str
    attributes: Mapping[str, Any]
    place: Place
    lines: Mapping[str, int] = field(default_factory=dict)
    folder: Path = Path()


_CODE: Final = frozenset({"AWS::Lambda::Function", "AWS::Lambda::LayerVersion"})


def value_of(
    kind: str, attributes: Mapping[str, Any], label: str, attribute: str, account: Account
) -> Any:
    """What a reference to an attribute of a resource gives."""
    given = attributes.get(attribute)
    if given is not None and not (isinstance(given, Unresolved) and attribute in _NAMES):
        return given
    made = to_cloudformation(kind, attributes)
    if made is None:
        if attribute == "id" and isinstance(attributes.get("name"), str):
            return attributes["name"]
        return Unresolved(f"hangs on {attribute} of {kind}.{label}, which only a deployment tells")
    kind_made, properties = made
    naming = {key: value for key, value in properties.items() if not isinstance(value, Unresolved)}
    name = _name(kind_made, naming, label)
    if attribute in ("arn", "invoke_arn", "qualified_arn", "topic_arn", "layer_arn"):
        return names.arn_of(kind_made, name, naming, account)
    if attribute in ("name", "bucket", "function_name", "layer_name"):
        return name
    if attribute in ("id", "url") and kind_made == "AWS::SQS::Queue":
        return names.queue_url(name, account)
    if attribute == "id":
        by_arn = (
            "AWS::SNS::Topic",
            "AWS::SecretsManager::Secret",
            "AWS::StepFunctions::StateMachine",
        )
        return names.arn_of(kind_made, name, naming, account) if kind_made in by_arn else name
    if attribute == "stream_arn":
        return names.attribute(kind_made, name, "StreamArn", naming, account)
    return Unresolved(
        f"hangs on {attribute} of {kind}.{label}, which only a deployment tells",
        f"--parameter {kind}.{label}.{attribute}=VALUE",
    )


_NAMES: Final = ("name", "bucket", "function_name", "layer_name")


def _name(kind: str, naming: Mapping[str, Any], label: str) -> str:
    own = names.name_property(kind)
    if own is not None and isinstance(naming.get(own), str):
        return str(naming[own])
    return names.name_of(kind, label, naming)


def stack_of(
    instances: Sequence[Instance],
    *,
    file: str,
    kind: str,
    account: Account,
    notes: Sequence[str] = (),
) -> Stack:
    """The picture of some instances.

    Raises:
        UsageError: a setting is of another kind than it can be.
    """
    told = list(notes)
    raw: list[RawResource] = []
    code: dict[str, Instance] = {}
    for instance in instances:
        if is_part(instance.kind) or not instance.kind.startswith("aws_"):
            continue
        raw.append(_raw(instance, told))
        code[instance.id] = instance
    for instance in instances:
        if is_part(instance.kind):
            _join(instance, raw, account, told)

    def code_of(item: RawResource) -> Code:
        return _code(code[item.id])

    return draw(raw, file=file, kind=kind, account=account, code_of=code_of, notes=told)


def _raw(instance: Instance, told: list[str]) -> RawResource:
    made = to_cloudformation(instance.kind, instance.attributes)
    if made is None:
        return RawResource(
            id=instance.id,
            type=f"terraform::{instance.kind}",
            properties={},
            place=instance.place,
            lines=instance.lines,
            written=_written(instance.kind),
        )
    kind, properties = made
    own = names.name_property(kind)
    if own is not None and not isinstance(properties.get(own), str):
        open_ = properties.pop(own, None)
        properties[own] = names.name_of(kind, instance.label, properties)
        if isinstance(open_, Unresolved):
            told.append(
                f"{instance.place}: the name of {instance.id} {open_}; it is called "
                f"{properties[own]}"
            )
    return RawResource(
        id=instance.id,
        type=kind,
        properties=properties,
        place=instance.place,
        lines=_lines(instance),
    )


_WRITTEN: Final[Mapping[str, str]] = {
    "aws_iam_": "AWS::IAM::", "aws_lambda_": "AWS::Lambda::", "aws_cloudwatch_": "AWS::CloudWatch::",
    "aws_vpc": "AWS::EC2::", "aws_subnet": "AWS::EC2::", "aws_security_group": "AWS::EC2::",
    "aws_api_gateway": "AWS::ApiGateway::", "aws_apigatewayv2": "AWS::ApiGateway::",
    "aws_sns_topic_policy": "AWS::SNS::TopicPolicy", "aws_s3_bucket_": "AWS::S3::BucketPolicy",
    "aws_s3_object": "AWS::S3::BucketPolicy", "aws_kms_alias": "AWS::KMS::Alias",
    "aws_scheduler": "AWS::Scheduler::", "aws_appautoscaling": "AWS::ApplicationAutoScaling::",
    "aws_codedeploy": "AWS::CodeDeploy::", "aws_pipes": "AWS::Pipes::",
    "aws_secretsmanager_secret_": "AWS::SecretsManager::ResourcePolicy",
}  # fmt: skip
"""Kinds that no handler calls, under CloudFormation's names for such."""


def _written(kind: str) -> str:
    return next((new for old, new in _WRITTEN.items() if kind.startswith(old)), kind)


_LINES: Final[Mapping[str, str]] = {
    "visibility_timeout_seconds": "VisibilityTimeout", "redrive_policy": "RedrivePolicy",
    "message_retention_seconds": "MessageRetentionPeriod", "delay_seconds": "DelaySeconds",
    "batch_size": "BatchSize", "function_response_types": "FunctionResponseTypes",
    "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
    "timeout": "Timeout", "memory_size": "MemorySize", "handler": "Handler",
    "reserved_concurrent_executions": "ReservedConcurrentExecutions",
    "event_source_arn": "EventSourceArn", "function_name": "FunctionName",
    "fifo_queue": "FifoQueue", "kms_master_key_id": "KmsMasterKeyId",
    "scaling_config": "ScalingConfig", "filter_criteria": "FilterCriteria", "role": "Role",
    "destination_config": "DestinationConfig", "dead_letter_config": "DeadLetterConfig",
}  # fmt: skip


def _lines(instance: Instance) -> dict[str, int]:
    """The line of each attribute, also by CloudFormation's name."""
    lines = dict(instance.lines)
    return {**lines, **{_LINES[name]: line for name, line in lines.items() if name in _LINES}}


def _join(instance: Instance, raw: list[RawResource], account: Account, told: list[str]) -> None:
    """Make a part a property of the resource it belongs to."""
    kind, key, name = PARTS[instance.kind]
    owner = instance.attributes.get(key)
    part = part_of(instance.kind, instance.attributes)
    for item in raw:
        if item.type != kind:
            continue
        own = names.name_of(item.type, item.id, item.properties)
        known = (
            own,
            names.arn_of(kind, own, item.properties, account),
            names.reference(kind, own, item.properties, account),
        )
        if owner in known:
            properties: Any = item.properties
            if isinstance(part, list) and isinstance(properties.get(name), list):
                properties[name] = [*properties[name], *part]
            else:
                properties[name] = part
            return
    if isinstance(owner, Unresolved):
        told.append(f"{instance.place}: what {instance.id} belongs to {owner}")


def _code(instance: Instance) -> Code:
    attributes = instance.attributes
    if attributes.get("package_type") == "Image" or attributes.get("image_uri"):
        return Code(missing="is a container image")
    given = attributes.get("filename")
    if given is None:
        where = "lies in a bucket" if attributes.get("s3_bucket") else "is not named"
        return Code(missing=where)
    if isinstance(given, Unresolved):
        return Code(missing=str(given))
    for path in (instance.folder / str(given), Path(str(given))):
        if path.exists():
            return found(path)
    return Code(missing=f"is to be in {str(given)!r}, and there is no such place")
