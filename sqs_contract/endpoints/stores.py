"""DynamoDB tables and S3 buckets with all they hold, as plain data: read in one place, made in
another. Works on an endpoint as in moto: it is given the clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

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


class OurStores:
    """Tables and buckets of one run on an endpoint. They bear the names the handler knows, so
    tags alone say whose they are.

    Args:
        clients: boto3's clients of the endpoint.
        name: what the endpoint is called.
        tags: what tells that they are ours.
    """

    def __init__(self, clients: Clients, name: str, tags: Mapping[str, str]) -> None:
        self._clients = clients
        self._name = name
        self._tags = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._tables: list[str] = []
        self._buckets: list[str] = []

    def make(self, stores: Stores) -> None:
        """Make tables and buckets, as far as that is not done, and bring them to hold this.

        Raises:
            UsageError: somebody else has one of the name there.
        """
        for name, definition in stores.tables.items():
            if name not in self._tables:
                self._make("table", name, "dynamodb", "create_table", definition)
                self._tables.append(name)
        for name in stores.buckets:
            if name not in self._buckets:
                self._make_bucket(name)
        fill(self._clients, stores)

    def read(self) -> Stores:
        """What our tables and buckets hold."""
        return read(self._clients, self._tables, self._buckets)

    def close(self) -> None:
        """Remove them."""
        for name in list(self._tables):
            self._clients("dynamodb").delete_table(TableName=name)
            self._tables.remove(name)
        for name in list(self._buckets):
            _remove_bucket(self._clients("s3"), name)
            self._buckets.remove(name)

    def clean(self, why_not_ours: Callable[[Mapping[str, str]], str | None]) -> Iterator[str]:
        """Remove the tables and buckets that runs which are over left: each name."""
        try:
            yield from self._clean_tables(why_not_ours)
            yield from self._clean_buckets(why_not_ours)
        except ClientError:  # an endpoint without these services has nothing of ours
            return

    def _clean_tables(
        self, why_not_ours: Callable[[Mapping[str, str]], str | None]
    ) -> Iterator[str]:
        dynamodb = self._clients("dynamodb")
        for page in dynamodb.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
                found = dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", [])
                if why_not_ours(_plain(found)) is None:
                    dynamodb.delete_table(TableName=name)
                    yield name

    def _clean_buckets(
        self, why_not_ours: Callable[[Mapping[str, str]], str | None]
    ) -> Iterator[str]:
        s3 = self._clients("s3")
        for bucket in s3.list_buckets().get("Buckets", ()):
            name = bucket["Name"]
            try:
                found = s3.get_bucket_tagging(Bucket=name)["TagSet"]
            except ClientError:  # it has none
                continue
            if why_not_ours(_plain(found)) is None:
                _remove_bucket(s3, name)
                yield name

    def _make_bucket(self, name: str) -> None:
        region = self._clients("s3").meta.region_name
        where = {} if region == "us-east-1" else {
            "CreateBucketConfiguration": {"LocationConstraint": region}
        }  # fmt: skip
        s3 = self._clients("s3")
        if any(found["Name"] == name for found in s3.list_buckets()["Buckets"]):
            raise self._taken("bucket", name)
        s3.create_bucket(Bucket=name, **where)
        self._buckets.append(name)
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": self._tags})

    def _make(
        self, what: str, name: str, service: str, method: str, arguments: Mapping[str, Any]
    ) -> None:
        client = self._clients(service)
        try:
            getattr(client, method)(**arguments, Tags=self._tags)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceInUseException":
                raise self._taken(what, name) from None
            raise
        client.get_waiter("table_exists").wait(
            TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def _taken(self, what: str, name: str) -> UsageError:
        return UsageError(
            f"{self._name} has a {what} {name!r} already, and what is not ours is never touched: "
            "remove it, or use an endpoint without it; sqs-contract clean removes what a run left"
        )


def _remove_bucket(s3: Any, name: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for item in page.get("Contents", ()):
            s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def _plain(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
