"""Forwards each message to another queue: a redelivered one twice."""

import json

import boto3
from corpus.tables import FORWARD

BREAKS = {"idempotent"}
RESET = "corpus.tables:create"
sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            sqs.send_message(QueueUrl=FORWARD, MessageBody=json.dumps({"ship": order["id"]}))
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
