"""Sends what fails to its own queue once more, with a count of the tries, three at the most.

What fails for good is put aside.
"""

import json

import boto3
from corpus.services import PARKING, SOURCE

BREAKS = set()
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
    tries = int(record["messageAttributes"].get("tries", {}).get("stringValue", "0"))
    if tries >= 3:
        sqs.send_message(QueueUrl=PARKING, MessageBody=record["body"])
        return
    sqs.send_message(
        QueueUrl=SOURCE,
        MessageBody=record["body"],
        DelaySeconds=30,
        MessageAttributes={"tries": {"DataType": "Number", "StringValue": str(tries + 1)}},
    )
