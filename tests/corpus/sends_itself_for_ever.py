"""Sends what fails to its own queue once more, for ever."""

import json

import boto3
from corpus.services import SOURCE

BREAKS = {"drains"}
NIGHTLY = True
RESET = "corpus.services:create"

sqs = boto3.client("sqs")
items = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            try:
                order = json.loads(record["body"])
                items.put_item(Item={"id": order["id"], "amount": order["amount"]})
            except Exception:
                again(record)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def again(record):
    sqs.send_message(QueueUrl=SOURCE, MessageBody=record["body"], DelaySeconds=30)
