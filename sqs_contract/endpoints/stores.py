"""DynamoDB tables and S3 buckets with all they hold, as plain data: read in one place, made in
another. Works on an endpoint as in moto: it is given the clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.errors import UsageError

Clients = Callable[[str], Any]
"""boto3's client of a service, by its name."""

ITEMS_MAX: Final = 10_000
"""A table, or a bucket, that holds more than this is read to here, and told."""

_ELEMENTS: Final = 25


@dataclass(slots=True, kw_only=True)
class Stores:
    """What there is.

    Attributes:
        tables: by name, what CreateTable was told.
        items: by table, its items as DynamoDB has them on the wire.
        buckets: by name and key, the body and the metadata of each object.
    """

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    buckets: dict[str, dict[str, tuple[bytes, dict[str, str]]]] = field(default_factory=dict)


def read_all(clients: Clients) -> Stores:
    """Every table and every bucket there is: for moto, where all is the run's own."""
    dynamodb, s3 = clients("dynamodb"), clients("s3")
    tables = [
        name
        for page in dynamodb.get_paginator("list_tables").paginate()
        for name in page["TableNames"]
    ]
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    found = read(clients, tables, buckets)
    for name in tables:
        found.tables[name] = _definition(dynamodb.describe_table(TableName=name)["Table"])
    return found


def read(clients: Clients, tables: list[str], buckets: list[str]) -> Stores:
    """What these tables and buckets hold."""
    found = Stores()
    for name in tables:
        pages = (
            clients("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
        )
        found.items[name] = list(_at_most(name, (item for page in pages for item in page["Items"])))
    for name in buckets:
        s3 = clients("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
        keys = _at_most(name, (item["Key"] for page in pages for item in page.get("Contents", ())))
        found.buckets[name] = {key: _object(s3, name, key) for key in keys}
    return found


def _object(s3: Any, bucket: str, key: str) -> tuple[bytes, dict[str, str]]:
    answer = s3.get_object(Bucket=bucket, Key=key)
    return answer["Body"].read(), dict(answer.get("Metadata", {}))


def _at_most(name: str, items: Iterator[Any]) -> Iterator[Any]:
    for number, item in enumerate(items):
        if number >= ITEMS_MAX:
            raise UsageError(f"{name!r} holds more than {ITEMS_MAX} items, too many to look at")
        yield item


def _definition(described: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateTable is told for a table like this one."""
    definition: dict[str, Any] = {
        "TableName": described["TableName"],
        "KeySchema": described["KeySchema"],
        "AttributeDefinitions": described["AttributeDefinitions"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if described.get(kind):
            definition[kind] = [
                {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
                for index in described[kind]
            ]
    return definition


def fill(clients: Clients, stores: Stores) -> None:
    """Bring tables and buckets that are there to hold these things, and nothing else."""
    held = read(clients, list(stores.items), list(stores.buckets))
    for name, items in stores.items.items():
        _fill_table(clients("dynamodb"), name, held.items[name], items)
    for name, objects in stores.buckets.items():
        s3 = clients("s3")
        for key in held.buckets[name].keys() - objects.keys():
            s3.delete_object(Bucket=name, Key=key)
        for key, (body, metadata) in objects.items():
            if held.buckets[name].get(key) != (body, metadata):
                s3.put_object(Bucket=name, Key=key, Body=body, Metadata=metadata)


def _fill_table(dynamodb: Any, name: str, held: list[Any], items: list[Any]) -> None:
    described = dynamodb.describe_table(TableName=name)["Table"]
    keys = [element["AttributeName"] for element in described["KeySchema"]]
    requests: list[dict[str, Any]] = []
    wanted = [_key(item, keys) for item in items]
    requests += [
        {"DeleteRequest": {"Key": {key: item[key] for key in keys}}}
        for item in held
        if _key(item, keys) not in wanted
    ]
    requests += [{"PutRequest": {"Item": item}} for item in items if item not in held]
    for start in range(0, len(requests), _ELEMENTS):
        dynamodb.batch_write_item(RequestItems={name: requests[start : start + _ELEMENTS]})


def _key(item: Mapping[str, Any], keys: list[str]) -> list[Any]:
    return [item.get(key) for key in keys]
