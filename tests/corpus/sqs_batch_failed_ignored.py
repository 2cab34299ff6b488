"""Forwards a batch to another queue, and does not look at what failed of it."""

import json

import boto3
from corpus.tables import FORWARD

BREAKS = {"no-loss", "exact-report", "idempotent"}
RESET = "corpus.tables:create"
sqs = boto3.client("sqs")


def handler(event, context):
    failures, entries = [], []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            text = json.dumps({"id": order["id"], "amount": int(order["amount"])})
            entries.append({"Id": record["messageId"], "MessageBody": text})
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    if entries:
        sqs.send_message_batch(QueueUrl=FORWARD, Entries=entries)
    return {"batchItemFailures": failures}
