"""What moto's backends hold, as comparable data: the default effects.

Business state only: items, objects, messages. Ids and times that moto itself
makes up are left out where they are known; what remains of them is noise, and
masked like any other. Logs, metrics and traces are no effects.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any, Final

from moto.core.base_backend import BackendDict, BaseBackend

from sqs_contract.stage.moto_backends import backends_of
from sqs_contract.world.effects import Tree, canonical

TELEMETRY: Final = frozenset({"cloudwatch", "logs", "xray", "sts", "cloudtrail"})
"""Services that only watch: what is sent there is no effect."""

SPREADS_TO: Final = {
    "sns": ("sqs",),
    "events": ("sqs",),
    "s3": ("sqs", "sns"),
    "scheduler": ("sqs",),
    "iot-data": ("iot",),
}
"""Writing to the one may put messages into the other."""

_SHOWN_OBJECT_BYTES: Final = 4096
_MAX_DEPTH: Final = 12
_HOW_SENT: Final = "x-amz-content-sha256"


def service_state(service: str, uncertain: Collection[object] = ()) -> Tree:
    """The state of one service, over all accounts and regions.

    `uncertain` are ids of messages whose acknowledgement was lost: where an
    equal message is there too, they count as that one, since a transport that
    delivers at least once may have doubled it anyway.
    """
    collections: dict[str, Tree] = {}
    for account, region, backend in backends_of(service):
        prefix = "" if account == _DEFAULT_ACCOUNT and region in _MAIN_REGIONS else f"{region}/"
        for name, content in _READERS.get(service, _read_anything)(backend, uncertain).items():
            if content not in ([], {}):
                collections[prefix + name] = content
    return collections


_DEFAULT_ACCOUNT: Final = "123456789012"
_MAIN_REGIONS: Final = ("us-east-1", "aws", "global")


def _read_dynamodb(backend: Any, _: Collection[object]) -> dict[str, Tree]:
    return {
        name: [
            {key: _attribute(value) for key, value in item.attrs.items()}
            for item in table.all_items()
        ]
        for name, table in backend.tables.items()
    }


def _attribute(value: Any) -> Tree:
    """The plain value of one of moto's `DynamoType`s."""
    match value.type:
        case "N":
            return _number(value.value)
        case "L":
            return [_attribute(item) for item in value.value]
        case "M":
            return {key: _attribute(item) for key, item in value.value.items()}
        case "NULL":
            return None
        case "NS":
            return [_number(item) for item in value.value]
        case "SS" | "BS":
            return list(value.value)
    return value.value


def _number(text: str) -> int | float | str:
    """A number exactly: DynamoDB keeps 38 digits, more than a float does."""
    number = Decimal(text)
    if number == number.to_integral_value():
        return int(number)
    short = float(number)
    return short if Decimal(repr(short)) == number else format(number, "f").rstrip("0")


def _read_s3(backend: Any, _: Collection[object]) -> dict[str, Tree]:
    tags = backend.tagger.tags
    return {
        name: {
            key: {**_object(version), **_optional("tags", tags.get(version.arn, {}))}
            for key in bucket.keys
            # The latest version is a delete marker where the object is deleted.
            if hasattr(version := bucket.keys[key], "value")
        }
        for name, bucket in backend.buckets.items()
    }


def _object(key: Any) -> Tree:
    body: bytes = key.value
    shown = (
        body.decode("utf-8", "backslashreplace") if len(body) <= _SHOWN_OBJECT_BYTES else key.etag
    )
    # How the SDK sent the body says nothing about the object.
    metadata = {name: text for name, text in key.metadata.items() if name != _HOW_SENT}
    return {"body": shown, "metadata": metadata}


def _read_sqs(backend: Any, uncertain: Collection[object]) -> dict[str, Tree]:
    return {
        name: collapse(
            [
                (
                    message.id in uncertain,
                    {
                        "body": _body(message.body),
                        **_optional("group", message.group_id),
                        **_optional(
                            "attributes",
                            {
                                key: value.get("StringValue") or repr(value.get("BinaryValue"))
                                for key, value in message.message_attributes.items()
                            },
                        ),
                    },
                )
                for message in queue._messages
            ]
        )
        for name, queue in backend.queues.items()
    }


def _body(text: str) -> Tree:
    """A message's body; of one that SNS put into the queue what was published, for the
    rest is ids, times and a signature."""
    if _SIGNED not in text:
        return text
    try:
        envelope = json.loads(text)
    except ValueError:
        return text
    if not isinstance(envelope, dict) or envelope.get("Type") != "Notification":
        return text
    return {name: envelope[name] for name in _PUBLISHED if name in envelope}


_SIGNED: Final = '"SigningCertURL"'
_PUBLISHED: Final = ("TopicArn", "Subject", "Message", "MessageAttributes")


def _read_sns(backend: Any, uncertain: Collection[object]) -> dict[str, Tree]:
    topics: dict[str, Tree] = {
        topic.name: collapse(
            [
                (
                    message_id in uncertain,
                    {
                        "message": message,
                        **_optional("subject", subject),
                        **_optional("attributes", plain(attributes or {}, 0, ())),
                        **_optional("group", group),
                    },
                )
                for message_id, message, subject, attributes, group in topic.sent_notifications
            ]
        )
        for topic in backend.topics.values()
    }
    topics["sms"] = collapse(
        [
            (message_id in uncertain, {"phone": phone, "message": message})
            for message_id, (phone, message) in backend.sms_messages.items()
        ]
    )
    return topics


def _read_ses(backend: Any, uncertain: Collection[object]) -> dict[str, Tree]:
    return {
        "sent": collapse(
            [
                (
                    getattr(message, "id", None) in uncertain,
                    {
                        key: plain(value, 0, ())
                        for key, value in vars(message).items()
                        if key != "id"
                    },
                )
                for message in backend.sent_messages
            ]
        )
    }


def _read_ssm(backend: Any, uncertain: Collection[object]) -> dict[str, Tree]:
    """A parameter is its latest version; to write it again as it is changes nothing."""
    return {
        **_read_anything(backend, uncertain),
        "parameters": {
            name: {"type": versions[-1].parameter_type, "value": versions[-1].value}
            for name, versions in backend._parameters.items()
            if versions
        },
    }


def _read_secretsmanager(backend: Any, _: Collection[object]) -> dict[str, Tree]:
    return {
        "secrets": {
            name: {
                "description": secret.description,
                **_optional("deleted", secret.deleted_date is not None),
                **_optional("tags", plain(secret.tags, 0, ())),
                "versions": _staged(secret.versions),
            }
            for name, secret in backend.secrets.items()
        }
    }


def _staged(versions: dict[str, dict[str, Any]]) -> dict[str, Tree]:
    """A secret's values by stage. The one before is only the way back: to write the same
    value again changes it, and nothing that is of use."""
    return {
        stage: plain(version.get("secret_string", version.get("secret_binary")), 0, ())
        for version in versions.values()
        for stage in version["version_stages"]
        if stage != "AWSPREVIOUS"
    }


def _read_kinesis(backend: Any, _: Collection[object]) -> dict[str, Tree]:
    return {
        name: [
            {"partition_key": record.partition_key, "data": record.data}
            for shard in stream.shards.values()
            for record in shard.records.values()
        ]
        for name, stream in backend.streams.items()
    }


def _read_iot(backend: Any, uncertain: Collection[object]) -> dict[str, Tree]:
    """Things and the rest; a shadow without the number of times it was written."""
    state = _read_anything(backend, uncertain)
    for thing in state.get("things", {}).values():
        for shadow in thing["thing_shadows"].values():
            shadow.pop("version", None)
    return state


def _read_timestream(backend: Any, _: Collection[object]) -> dict[str, Tree]:
    """Rows by table. To write a record again as it is changes nothing."""
    return {
        f"{database.name}/{table.name}": list(
            {canonical(record): record for record in table.records}.values()
        )
        for database in backend.databases.values()
        for table in database.tables.values()
    }


def _optional(name: str, value: Tree) -> dict[str, Tree]:
    return {name: value} if value else {}


def collapse(messages: list[tuple[bool, Tree]]) -> list[Tree]:
    """Drop a message of uncertain fate where an equal one is there beside it."""
    kept = [content for uncertain, content in messages if not uncertain]
    known = {canonical(content) for content in kept}
    for uncertain, content in messages:
        if uncertain and canonical(content) not in known:
            known.add(canonical(content))
            kept.append(content)
    return kept


def _read_anything(backend: Any, _: Collection[object]) -> dict[str, Tree]:
    package = type(backend).__module__.split(".")[1]
    return {
        name.strip("_"): plain(value, 0, (backend,))
        for name, value in vars(backend).items()
        if name not in _NO_STATE
        and (
            isinstance(value, dict | list | set)
            # Some services keep what they hold in an object of their own.
            or (name.startswith("_") and type(value).__module__.startswith(f"moto.{package}."))
        )
    }


_NO_STATE: Final = frozenset(
    {
        "_client_token_to_experiment_id",
        "_client_token_to_template_id",
        "_db_cluster_options",
        "_errors",
        "_idempotency_tokens",
        "_message_public_keys",
        "_pages",
        "_pagination_tokens",
        "RESOURCE_TYPE_MAP",
        "resource_map",
    }
)
"""What backends keep for themselves."""


def plain(value: Any, depth: int, above: tuple[Any, ...]) -> Tree:
    """Any object of moto's as data: what it holds, but not what it belongs to."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return repr(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if depth > _MAX_DEPTH or any(value is item for item in above):
        return "..."
    above = (*above, value)
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1, above) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1, above) for item in value]
    if isinstance(value, BaseBackend | BackendDict | threading.Thread) or not hasattr(
        value, "__dict__"
    ):
        return type(value).__name__
    return {
        name: plain(item, depth + 1, above)
        for name, item in vars(value).items()
        if not callable(item) and not name.startswith("_")
    }


_READERS: Final[dict[str, Callable[[Any, Collection[object]], dict[str, Tree]]]] = {
    "dynamodb": _read_dynamodb,
    "s3": _read_s3,
    "sqs": _read_sqs,
    "sns": _read_sns,
    "ses": _read_ses,
    "ssm": _read_ssm,
    "secretsmanager": _read_secretsmanager,
    "kinesis": _read_kinesis,
    "iot": _read_iot,
    "timestream-write": _read_timestream,
}
