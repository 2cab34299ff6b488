"""The tables and buckets of one run on an endpoint: made under the names the handler knows, with tags
of their own, and removed again. Runs where nothing is mocked (`process`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import NOT_FOUND
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from sqs_contract.endpoints.stores import Clients, Stores, fill, read
from sqs_contract.errors import UsageError


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

    def sees(self, stores: Stores) -> bool:
        """Whether a table or a bucket of one of these names is there, whoever made it."""
        dynamodb, s3 = self._clients("dynamodb"), self._clients("s3")
        return any(
            _answers(dynamodb.describe_table, TableName=name) for name in stores.tables
        ) or any(_answers(s3.head_bucket, Bucket=name) for name in stores.buckets)

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
        """Remove the tables and buckets that runs which are over left: what each is and its
        name."""
        for cleaning in (self._clean_tables, self._clean_buckets):
            with suppress(ClientError):  # an endpoint without the service has nothing of ours
                yield from cleaning(why_not_ours)

    def _clean_tables(
        self, why_not_ours: Callable[[Mapping[str, str]], str | None]
    ) -> Iterator[str]:
        dynamodb = self._clients("dynamodb")
        for page in dynamodb.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
                try:
                    found = dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", [])
                except ClientError:  # nobody may read them, or it is gone
                    continue
                if why_not_ours(_plain(found)) is None:
                    dynamodb.delete_table(TableName=name)
                    yield f"table {name}"

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
                yield f"bucket {name}"

    def _make_bucket(self, name: str) -> None:
        s3 = self._clients("s3")
        region = s3.meta.region_name
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        if any(found["Name"] == name for found in s3.list_buckets()["Buckets"]):
            raise self._taken("bucket", name)
        try:
            # Tagged from the first moment, as far as the endpoint knows how: this may be killed.
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={**where, "Tags": self._tags})
        except ParamValidationError:  # botocore does not know how
            s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
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


def _answers(call: Callable[..., Any], **parameters: Any) -> bool:
    try:
        call(**parameters)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = error.response.get("Error", {}).get("Code")
        return not (status == NOT_FOUND or code == "ResourceNotFoundException")
    return True


def _remove_bucket(s3: Any, name: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for item in page.get("Contents", ()):
            s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def _plain(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
