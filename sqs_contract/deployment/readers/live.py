"""Reads how a function is deployed from an account, or from an emulator, through boto3.

Only asked for by name, never on its own; only reading calls are made. Credentials, region and
endpoint are those boto3 finds in the person's own environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqs_contract.deployment.names import Account
from sqs_contract.deployment.picture import draw
from sqs_contract.deployment.resources import Code, Stack
from sqs_contract.deployment.values import Place, RawResource
from sqs_contract.errors import UsageError

_TABLE_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_TABLES_MAX: Final = 20
"""Variables of the environment that are tried as names of tables."""

_CODE: Final = Code(missing="lies on AWS")
_SETTINGS: Final = (
    "VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds", "MaximumMessageSize",
    "ReceiveMessageWaitTimeSeconds", "FifoQueue", "ContentBasedDeduplication",
    "DeduplicationScope", "FifoThroughputLimit", "KmsMasterKeyId", "RedrivePolicy",
)  # fmt: skip


def read_function(name: str) -> Stack:
    """The picture of a function, the queues that feed it, their dead-letter queues, and the
    tables its environment names.

    Raises:
        UsageError: AWS does not answer, or knows no such function.
    """
    import boto3  # noqa: PLC0415  heavy
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return _Reader(boto3.Session(), name).stack()
    except ClientError as error:
        told = error.response.get("Error", {})
        raise UsageError(
            f"AWS: {error.operation_name} of {name!r} failed: {told.get('Code', '?')}: "
            f"{str(told.get('Message', '')).splitlines()[0] if told.get('Message') else ''}"
        ) from None
    except BotoCoreError as error:
        raise UsageError(f"AWS: {str(error).splitlines()[0]}") from None


class _Reader:
    def __init__(self, session: Any, name: str) -> None:
        self._session = session
        self._place = Place(f"aws:{name}")
        self._clients: dict[str, Any] = {}
        function = self._client("lambda").get_function(FunctionName=name)
        self._function: Mapping[str, Any] = function["Configuration"]
        self._reserved = (function.get("Concurrency") or {}).get("ReservedConcurrentExecutions")
        parts = str(self._function["FunctionArn"]).split(":")
        self._account = Account(region=parts[3], id=parts[4])

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
        return self._clients[service]

    def stack(self) -> Stack:
        mappings = list(self._mappings())
        queues: dict[str, RawResource] = {}
        for mapping in mappings:
            self._add_queue(str(mapping.properties["EventSourceArn"]), queues)
        raw = [self._function_item(), *mappings, *queues.values(), *self._tables()]
        return draw(
            raw,
            file=self._place.file,
            kind="aws",
            account=self._account,
            code_of=lambda _: _CODE,
        )

    def _item(self, name: str, kind: str, properties: Mapping[str, Any]) -> RawResource:
        given = {key: value for key, value in properties.items() if value not in (None, "")}
        return RawResource(id=name, type=kind, properties=given, place=self._place)

    def _function_item(self) -> RawResource:
        function = self._function
        variables = (function.get("Environment") or {}).get("Variables") or {}
        dead = (function.get("DeadLetterConfig") or {}).get("TargetArn")
        return self._item(
            function["FunctionName"],
            "AWS::Lambda::Function",
            {
                **{
                    key: function.get(key)
                    for key in ("FunctionName", "Handler", "Runtime", "Timeout", "MemorySize")
                },
                "PackageType": function.get("PackageType"),
                "Environment": {"Variables": variables},
                "Layers": [layer["Arn"] for layer in function.get("Layers") or ()],
                "ReservedConcurrentExecutions": self._reserved,
                "DeadLetterConfig": {"TargetArn": dead} if dead else None,
            },
        )

    def _mappings(self) -> Iterator[RawResource]:
        pages = self._client("lambda").get_paginator("list_event_source_mappings")
        for page in pages.paginate(FunctionName=self._function["FunctionName"]):
            for mapping in page["EventSourceMappings"]:
                if ":sqs:" not in str(mapping.get("EventSourceArn")):
                    continue
                criteria = mapping.get("FilterCriteria") or {}
                yield self._item(
                    mapping["UUID"],
                    "AWS::Lambda::EventSourceMapping",
                    {
                        "FunctionName": self._function["FunctionArn"],
                        "EventSourceArn": mapping["EventSourceArn"],
                        "BatchSize": mapping.get("BatchSize"),
                        "MaximumBatchingWindowInSeconds": mapping.get(
                            "MaximumBatchingWindowInSeconds"
                        ),
                        "FunctionResponseTypes": mapping.get("FunctionResponseTypes"),
                        "ScalingConfig": mapping.get("ScalingConfig"),
                        "FilterCriteria": criteria if criteria.get("Filters") else None,
                        "Enabled": mapping.get("State") not in ("Disabled", "Disabling"),
                    },
                )

    def _add_queue(self, arn: str, queues: dict[str, RawResource]) -> None:
        """A queue of this account, and its dead-letter queue."""
        if arn in queues or arn.split(":")[4:5] != [self._account.id]:
            return
        name = arn.rsplit(":", 1)[-1]
        sqs = self._client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        settings = {key: found[key] for key in _SETTINGS if key in found}
        queues[arn] = self._item(name, "AWS::SQS::Queue", {"QueueName": name, **settings})
        policy = json.loads(settings.get("RedrivePolicy") or "{}")
        if isinstance(policy.get("deadLetterTargetArn"), str):
            self._add_queue(policy["deadLetterTargetArn"], queues)

    def _tables(self) -> Iterator[RawResource]:
        variables = (self._function.get("Environment") or {}).get("Variables") or {}
        wanted = [
            value for value in dict.fromkeys(variables.values()) if _TABLE_NAME.fullmatch(value)
        ]
        if not wanted:
            return
        dynamodb = self._client("dynamodb")
        for name in wanted[:_TABLES_MAX]:
            try:
                table = dynamodb.describe_table(TableName=name)["Table"]
            except dynamodb.exceptions.ClientError:  # no table, or not ours to see
                continue
            indexes = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
            yield self._item(
                name,
                "AWS::DynamoDB::Table",
                {
                    "TableName": name,
                    "KeySchema": table["KeySchema"],
                    "AttributeDefinitions": table["AttributeDefinitions"],
                    **{
                        kind: [
                            {key: one[key] for key in ("IndexName", "KeySchema", "Projection")}
                            for one in table[kind]
                        ]
                        for kind in indexes
                        if table.get(kind)
                    },
                },
            )
