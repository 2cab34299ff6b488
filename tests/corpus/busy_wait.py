"""Correct: client-side rate limit by a busy wait."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:items"

import time

t = boto3.resource("dynamodb").Table("items")
last = 0.0


def process(record):
    global last
    o = json.loads(record["body"])
    while time.monotonic() - last < 0.05:
        pass
    last = time.monotonic()
    t.put_item(Item={"id": o["id"], "amount": int(o["amount"])})


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
