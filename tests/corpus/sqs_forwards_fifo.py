"""Correct within SQS's five minutes: forwards with a deduplication id of the message."""

import json

import boto3
from corpus.tables import FORWARD_FIFO

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:create"
sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            sqs.send_message(
                QueueUrl=FORWARD_FIFO,
                MessageBody=json.dumps({"ship": order["id"]}),
                MessageGroupId="orders",
                MessageDeduplicationId=record["messageId"],
            )
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
