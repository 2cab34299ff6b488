"""Names for AWS calls: `dynamodb.PutItem orders a1`, what a person calls a call.

A label names the operation, the resource and, where one is given, the key; it
does not depend on what else the handler did, so a fault put at a label stays
where it is while a scenario shrinks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_MAX_KEY: Final = 40
_MAX_ACTIONS: Final = 4

_RESOURCE_PARAMETERS: Final = (
    "TableName",
    "Bucket",
    "QueueUrl",
    "TopicArn",
    "TargetArn",
    "StreamName",
    "StreamARN",
    "DeliveryStreamName",
    "FunctionName",
    "stateMachineArn",
    "SecretId",
    "Name",
)
_READ_PREFIXES: Final = (
    "Get",
    "List",
    "Describe",
    "Query",
    "Scan",
    "BatchGet",
    "TransactGet",
    "Head",
    "Select",
    "Receive",
    "Lookup",
    "Search",
)


def label_call(service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    """The label of a call with these parameters."""
    words = [f"{service}.{operation}"]
    actions = parameters.get("TransactItems")
    if isinstance(actions, Sequence) and not isinstance(actions, str):
        words.append(_targets_of(actions))
    resource = _resource(parameters)
    if resource:
        words.append(resource)
    key = _key(parameters)
    if key:
        words.append(key)
    return " ".join(words)


def is_read(operation: str) -> bool:
    """Whether an operation only looks."""
    return operation.startswith(_READ_PREFIXES)


def operation_of(label: str) -> str:
    """The `service.Operation` of a label."""
    return label.split(" ", 1)[0]


def _targets_of(actions: Sequence[Any]) -> str:
    """What a transaction writes to, by table and key."""
    targets: list[str] = []
    for action in actions[:_MAX_ACTIONS]:
        if isinstance(action, Mapping):
            targets += [
                f"{_resource(part)} {_key(part)}".strip()
                for part in action.values()
                if isinstance(part, Mapping)
            ]
    return " + ".join(targets)


def _resource(parameters: Mapping[str, Any]) -> str:
    for name in _RESOURCE_PARAMETERS:
        value = parameters.get(name)
        if isinstance(value, str) and value:
            return value.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    items = parameters.get("RequestItems")
    if isinstance(items, Mapping):
        return "+".join(sorted(map(str, items)))
    return ""


def _key(parameters: Mapping[str, Any]) -> str:
    key = parameters.get("Key")
    if isinstance(key, str):
        return key[:_MAX_KEY]
    if isinstance(key, Mapping):
        return "/".join(_scalar(value) for value in key.values())[:_MAX_KEY]
    item = parameters.get("Item")
    if isinstance(item, Mapping) and item:
        return _scalar(_key_of_item(item))[:_MAX_KEY]
    return ""


def _key_of_item(item: Mapping[str, Any]) -> object:
    """What looks like the key of a DynamoDB item: `pk`, an id, or else the first attribute."""
    for name, value in item.items():
        if name.lower() in {"pk", "id"} or name.lower().endswith(("id", "_key")):
            return value
    return next(iter(item.values()))


def _scalar(value: object) -> str:
    if isinstance(value, Mapping) and len(value) == 1:
        value = next(iter(value.values()))  # {"S": "a1"}
    return str(value) if isinstance(value, str | int | float) else type(value).__name__
