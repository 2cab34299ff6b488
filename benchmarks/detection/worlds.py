"""The mocked AWS in which the tests of today run, with the eyes such a test has."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

import boto3
import simplejson

from benchmarks.detection.catalogue import Case

BOOKKEEPING: Final = frozenset({"processed", "locks"})
"""Tables in which a handler notes what it has done. A test does not look there."""

_ACCOUNT: Final = "123456789012"
_ROLE: Final = f"arn:aws:iam::{_ACCOUNT}:role/orders"
_CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}


@contextmanager
def aws_world() -> Iterator[World]:
    """An empty AWS of moto's."""
    from moto import mock_aws

    with (
        mock.patch.dict("os.environ", _CREDENTIALS),
        mock_aws(config={"lambda": {"use_docker": False}, "core": {"reset_boto3_session": False}}),
    ):
        yield World()


class World:
    """One handler in a mocked AWS."""

    def __init__(self) -> None:
        self.handler: Any = None
        self._show: Any = None
        self._looks_at: dict[str, list[str]] = {}
        self._fifo = False
        self._url = ""
        self._sent = 0

    def begin(self, case: Case, handler: Any, effects: Any) -> None:
        """The world is made: from now on the handler acts in it."""
        self.handler = handler
        self._show = effects
        self._looks_at = case.looks_at
        self._fifo = bool(case.deployment.get("fifo"))
        attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        self._url = _client("sqs").create_queue(
            QueueName=self.queue, Attributes=attributes if self._fifo else {}
        )["QueueUrl"]

    @property
    def queue(self) -> str:
        """The name of the queue the handler is fed from."""
        return "orders.fifo" if self._fifo else "orders"

    def received(self, body: str) -> dict[str, Any]:
        """A message with this body, sent and received: its receipt handle is good."""
        self._send(body)
        received = _client("sqs").receive_message(
            QueueUrl=self._url, AttributeNames=["All"], VisibilityTimeout=43_200
        )
        message: dict[str, Any] = received["Messages"][0]
        return message

    def _send(self, body: str) -> None:
        group = {"MessageGroupId": f"group-{self._sent}"} if self._fifo else {}
        self._sent += 1
        _client("sqs").send_message(QueueUrl=self._url, MessageBody=body, **group)

    def effects(self) -> Any:
        """What a test would look at: items, objects, messages handed on."""
        if self._show is not None:
            return json.loads(json.dumps(self._show(), default=str))
        return {"items": _items(self._looks_at), "objects": _objects(), "messages": _messages()}

    def send_through_mapping(self, bodies: Sequence[str], context: Any, batch_size: int) -> int:
        """Send messages to a queue that moto itself maps to the handler; how many still wait.

        moto's Lambda without Docker answers what it is told to. Here it calls the handler,
        and what that raises is a function error; the mapping is moto's own.
        """
        from moto.awslambda_simple.models import LambdaSimpleBackend

        def invoke(
            _backend: Any,
            function_name: str,
            qualifier: Any,
            body: Any,
            headers: Any,
            response_headers: dict[str, Any],
        ) -> bytes:
            del function_name, qualifier, headers
            try:
                return simplejson.dumps(self.handler(json.loads(body), context)).encode()
            except Exception as error:  # noqa: BLE001  a function error, whatever it is
                response_headers["x-amz-function-error"] = "Unhandled"
                return json.dumps({"errorMessage": str(error)}).encode()

        _client("lambda").create_event_source_mapping(
            EventSourceArn=f"arn:aws:sqs:us-east-1:{_ACCOUNT}:{self.queue}",
            FunctionName=_deploy(),
            BatchSize=batch_size,
        )
        with mock.patch.object(LambdaSimpleBackend, "invoke", invoke):
            for body in bodies:
                self._send(body)
        depth = _client("sqs").get_queue_attributes(QueueUrl=self._url, AttributeNames=["All"])
        return sum(
            int(depth["Attributes"][f"ApproximateNumberOfMessages{which}"])
            for which in ("", "NotVisible")
        )


@functools.cache
def _client(service: str) -> Any:
    """A client to look around with: one for all worlds, as making one takes long."""
    return boto3.Session(region_name="us-east-1").client(service)


def _deploy() -> str:
    """A function for moto to invoke: its code is never looked at."""
    _client("iam").create_role(RoleName="orders", AssumeRolePolicyDocument="{}")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("orders.py", "def handler(event, context): ...")
    _client("lambda").create_function(
        FunctionName="orders",
        Runtime="python3.12",
        Role=_ROLE,
        Handler="orders.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    return "orders"


def _items(looks_at: dict[str, list[str]]) -> dict[str, Any]:
    """The items of each table, or of those named, with their key and the attributes named."""
    dynamodb = _client("dynamodb")
    tables = looks_at or {
        name: [] for name in dynamodb.list_tables()["TableNames"] if name not in BOOKKEEPING
    }
    return {
        table: sorted(
            json.dumps(
                {n: v for n, v in item.items() if n in {"id", *attributes} or not attributes},
                sort_keys=True,
                default=str,
            )
            for item in dynamodb.scan(TableName=table)["Items"]
        )
        for table, attributes in tables.items()
    }


def _objects() -> list[Any]:
    s3 = _client("s3")
    return [
        (bucket["Name"], item["Key"], item["ETag"])
        for bucket in s3.list_buckets()["Buckets"]
        for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ())
    ]


def _messages() -> Any:
    """What waits in queues beside the handler's own, and what topics have published."""
    from moto.sns import sns_backends
    from moto.sqs import sqs_backends

    queues = sqs_backends[_ACCOUNT]["us-east-1"].queues
    topics = sns_backends[_ACCOUNT]["us-east-1"].topics
    waiting = {
        name: [message.body for message in queue._messages]
        for name, queue in queues.items()
        if name.removesuffix(".fifo") != "orders"
    }
    published = {
        arn: [notification[1] for notification in topic.sent_notifications]
        for arn, topic in topics.items()
    }
    return waiting, published
