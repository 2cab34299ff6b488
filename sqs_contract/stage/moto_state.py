"""What moto's backends hold, as comparable data: the default effects.

Business state only: items, objects, messages. Ids and times that moto itself
makes up are left out where they are known; what remains of them is noise, and
masked like any other. Logs, metrics and traces are no effects.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection
from typing import Any, Final, cast

from moto.core.base_backend import BackendDict, BaseBackend

from sqs_contract.world.effects import Tree, canonical

TELEMETRY: Final = frozenset({"cloudwatch", "logs", "xray", "sts", "cloudtrail"})
"""Services that only watch: what is sent there is no effect."""

SPREADS_TO: Final = {
    "sns": ("sqs",),
    "events": ("sqs",),
    "s3": ("sqs", "sns"),
    "scheduler": ("sqs",),
}
"""Writing to the one may put messages into the other."""

_SHOWN_OBJECT_BYTES: Final = 4096
_MAX_DEPTH: Final = 12


def service_state(service: str, uncertain: Collection[object] = ()) -> Tree:
    """The state of one service, over all accounts and regions.

    `uncertain` are ids of messages whose acknowledgement was lost: where an
    equal message is there too, they count as that one, since a transport that
    delivers at least once may have doubled it anyway.
    """
    collections: dict[str, Tree] = {}
    for account, region, backend in _backends(service):
        prefix = "" if account == _DEFAULT_ACCOUNT and region in _MAIN_REGIONS else f"{region}/"
        for name, content in _READERS.get(service, _read_anything)(backend, uncertain).items():
            if content not in ([], {}):
                collections[prefix + name] = content
    return collections


_DEFAULT_ACCOUNT: Final = "123456789012"
_MAIN_REGIONS: Final = ("us-east-1", "aws", "global")


def _backends(service: str) -> list[tuple[str, str, BaseBackend]]:
    found = [
        (account, region, backend)
        for backends in cast("Any", BackendDict)._instances  # no public way to list them
        if backends.service_name == service
        for account, regions in backends.items()
        for region, backend in regions.items()
    ]
    return sorted(found, key=lambda item: item[:2])


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
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 10**15 else number


def _read_s3(backend: Any, _: Collection[object]) -> dict[str, Tree]:
    return {
        name: {key: _object(bucket.keys[key]) for key in bucket.keys}
        for name, bucket in backend.buckets.items()
    }


def _object(key: Any) -> Tree:
    if not hasattr(key, "value"):
        return None  # a delete marker
    body: bytes = key.value
    shown = (
        body.decode("utf-8", "backslashreplace") if len(body) <= _SHOWN_OBJECT_BYTES else key.etag
    )
    return {"body": shown, "metadata": dict(key.metadata)}


def _read_sqs(backend: Any, uncertain: Collection[object]) -> dict[str, Tree]:
    return {
        name: collapse(
            [
                (
                    message.id in uncertain,
                    {
                        "body": message.body,
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
    return {
        name: plain(value, 0, (backend,))
        for name, value in vars(backend).items()
        if name not in {"region_name", "account_id", "partition"}
        and not name.startswith("_")
        and isinstance(value, dict | list | set)
    }


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
}
