"""Deliveries per second: a message received, handled and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
from moto import mock_aws

from benchmarks.figures import Figure, best_rate, now, times
from sqs_contract import Deployment, Simulation

BATCH = 10
SIMULATED = 50_000
MOCKED = 500


def handler(event: Any, _context: Any) -> dict[str, Any]:
    """Do next to nothing: what is measured is the way to it."""
    for record in event["Records"]:
        record["body"]
    return {"batchItemFailures": []}


def measure(endpoint_url: str | None) -> Iterator[Figure]:
    """The simulator, a bare loop, moto in this process, and an SQS endpoint if one is given."""
    ours = max(_simulated() for _ in range(3))
    yield Figure("sqs-contract, simulator", ours, "deliveries/s")
    bare = _bare_loop()
    yield Figure("bare loop over ready events", bare, "deliveries/s", times(ours, bare))
    with mock_aws():
        mocked = _through_boto3(boto3.client("sqs", region_name="us-east-1", **_DUMMY))
    yield Figure(
        "moto in process (send, receive, delete)", mocked, "deliveries/s", times(ours, mocked)
    )
    if endpoint_url is None:
        print("  (no --endpoint-url: no SQS endpoint is measured)")
        return
    client = boto3.client("sqs", region_name="us-east-1", endpoint_url=endpoint_url, **_DUMMY)
    rate = _through_boto3(client)
    yield Figure(f"{endpoint_url} (send, receive, delete)", rate, "deliveries/s", times(ours, rate))


_DUMMY = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def _simulated() -> float:
    simulation = Simulation(handler, deployment=Deployment.of(report_batch_item_failures=True))
    for number in range(SIMULATED):
        simulation.send(f"message {number}")
    rate = SIMULATED / _timed(simulation.run)
    assert len(simulation.deleted) == SIMULATED
    return rate


def _timed(run: Any) -> float:
    started = now()
    run()
    return now() - started


def _bare_loop() -> float:
    record = {"messageId": "m", "receiptHandle": "r", "body": "message", "attributes": {}}
    events = [{"Records": [dict(record) for _ in range(BATCH)]} for _ in range(SIMULATED // BATCH)]

    def loop() -> None:
        for event in events:
            json.dumps(handler(event, None))

    return best_rate(SIMULATED, loop)


def _through_boto3(client: Any) -> float:
    url = client.create_queue(QueueName="sqs-contract-benchmark")["QueueUrl"]

    def deliver() -> None:
        """Batch by batch, so that the queue stays short: what is slow on long ones is not our point."""
        for start in range(0, MOCKED, BATCH):
            entries = [
                {"Id": str(number), "MessageBody": f"message {number}"}
                for number in range(start, start + BATCH)
            ]
            client.send_message_batch(QueueUrl=url, Entries=entries)
            handled = 0
            while handled < BATCH:
                handled += _handle_some(client, url)

    try:
        return best_rate(MOCKED, deliver)
    finally:
        client.delete_queue(QueueUrl=url)


def _handle_some(client: Any, url: str) -> int:
    got = client.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH).get("Messages", [])
    if not got:
        return 0
    handler({"Records": [{"body": message["Body"]} for message in got]}, None)
    client.delete_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(got)
        ],
    )
    return len(got)
