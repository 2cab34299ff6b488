"""What resources are called once they are deployed: names, ARNs, URLs, and what a reference to
a resource or to one of its attributes gives. One table; nothing here reads a template."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION, partition_of

_NAME_PROPERTY: Final[Mapping[str, str]] = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SSM::Parameter": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::KMS::Alias": "AliasName",
}
_BUCKET_MAX: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where things are deployed."""

    region: str = DEFAULT_REGION
    id: str = DEFAULT_ACCOUNT

    @property
    def partition(self) -> str:
        """The partition the region lies in (S16)."""
        return partition_of(self.region)

    def arn(self, service: str, rest: str, *, regional: bool = True) -> str:
        """An ARN of this account."""
        where = f"{self.region}:{self.id}" if regional else f":{self.id}"
        return f"arn:{self.partition}:{service}:{where}:{rest}"


def name_of(kind: str, logical_id: str, properties: Mapping[str, Any]) -> str:
    """The name a resource is deployed under; one that follows from its id where none is given.

    A queue that is FIFO is named so (S16).
    """
    given = properties.get(_NAME_PROPERTY.get(kind, ""))
    if isinstance(given, str) and given:
        return given
    if kind == "AWS::S3::Bucket":
        return re.sub(r"[^a-z0-9-]", "-", logical_id.lower()).strip("-")[:_BUCKET_MAX].ljust(3, "0")
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", logical_id)
    if kind in ("AWS::SQS::Queue", "AWS::SNS::Topic"):
        fifo = properties.get("FifoQueue", properties.get("FifoTopic"))
        return f"{plain}.fifo" if fifo in (True, "true") else plain
    return plain


def has_name(kind: str) -> bool:
    """Whether resources of a kind may be given a name."""
    return kind in _NAME_PROPERTY


def name_property(kind: str) -> str | None:
    """The property that names a resource of a kind."""
    return _NAME_PROPERTY.get(kind)


def arn_of(kind: str, name: str, properties: Mapping[str, Any], account: Account) -> str:
    """The ARN of a resource; one made up in the manner of AWS for kinds that are not listed."""
    make = _ARNS.get(kind)
    if make is not None:
        return make(name, properties, account)
    service, _, what = kind.removeprefix("AWS::").partition("::")
    return account.arn(service.lower(), f"{what.lower()}/{name}")


def _rule_arn(name: str, properties: Mapping[str, Any], account: Account) -> str:
    bus = properties.get("EventBusName")
    bus = bus.rsplit("/", 1)[-1] if isinstance(bus, str) else "default"
    return account.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")


def secret_arn(name: str, account: Account) -> str:
    """AWS puts six characters of its own behind the name, which nobody knows before. An ARN
    without them is taken by AWS and by moto too."""
    return account.arn("secretsmanager", f"secret:{name}")


_ARNS: Final[Mapping[str, Callable[[str, Mapping[str, Any], Account], str]]] = {
    "AWS::SQS::Queue": lambda name, _, account: account.arn("sqs", name),
    "AWS::SNS::Topic": lambda name, _, account: account.arn("sns", name),
    "AWS::DynamoDB::Table": lambda name, _, account: account.arn("dynamodb", f"table/{name}"),
    "AWS::DynamoDB::GlobalTable": lambda name, _, account: account.arn("dynamodb", f"table/{name}"),
    "AWS::S3::Bucket": lambda name, _, account: f"arn:{account.partition}:s3:::{name}",
    "AWS::Lambda::Function": lambda name, _, account: account.arn("lambda", f"function:{name}"),
    "AWS::SSM::Parameter": lambda name, _, account: account.arn(
        "ssm", f"parameter/{name.removeprefix('/')}"
    ),
    "AWS::SecretsManager::Secret": lambda name, _, account: secret_arn(name, account),
    "AWS::Events::EventBus": lambda name, _, account: account.arn("events", f"event-bus/{name}"),
    "AWS::Events::Rule": _rule_arn,
    "AWS::StepFunctions::StateMachine": lambda name, _, account: account.arn(
        "states", f"stateMachine:{name}"
    ),
    "AWS::IAM::Role": lambda name, _, account: account.arn("iam", f"role/{name}", regional=False),
    "AWS::IAM::ManagedPolicy": lambda name, _, account: account.arn(
        "iam", f"policy/{name}", regional=False
    ),
    "AWS::KMS::Key": lambda name, _, account: account.arn("kms", f"key/{name}"),
}

_REF_IS_ARN: Final = frozenset(
    {
        "AWS::SNS::Topic",
        "AWS::SecretsManager::Secret",
        "AWS::StepFunctions::StateMachine",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Version",
        "AWS::IAM::ManagedPolicy",
    }
)
"""Kinds of which `Ref` gives the ARN; of a queue it gives the URL, of the rest the name."""


def queue_url(name: str, account: Account) -> str:
    """URL of a queue."""
    return f"https://sqs.{account.region}.amazonaws.com/{account.id}/{name}"


def reference(kind: str, name: str, properties: Mapping[str, Any], account: Account) -> Any:
    """What `Ref` gives."""
    if kind == "AWS::SQS::Queue":
        return queue_url(name, account)
    if kind in _REF_IS_ARN:
        return arn_of(kind, name, properties, account)
    return name


def attribute(
    kind: str, name: str, attribute: str, properties: Mapping[str, Any], account: Account
) -> str | None:
    """What `Fn::GetAtt` gives; `None` for an attribute that only a deployment tells."""
    if attribute in ("Arn", "TopicArn", "RoleArn", "FunctionArn", "SecretArn", "Id") and not (
        attribute == "Id" and kind != "AWS::SecretsManager::Secret"
    ):
        return arn_of(kind, name, properties, account)
    if attribute in ("QueueName", "TopicName", "Name", "TableName", "FunctionName"):
        return name
    match kind, attribute:
        case "AWS::SQS::Queue", "QueueUrl":
            return queue_url(name, account)
        case "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "StreamArn":
            return f"{arn_of(kind, name, properties, account)}/stream/2026-01-01T00:00:00.000"
        case "AWS::S3::Bucket", "DomainName":
            return f"{name}.s3.amazonaws.com"
        case "AWS::S3::Bucket", "RegionalDomainName":
            return f"{name}.s3.{account.region}.amazonaws.com"
        case "AWS::SSM::Parameter", "Value" | "Type":
            value = properties.get(attribute)
            return value if isinstance(value, str) else None
    return None
