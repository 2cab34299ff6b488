"""Correct: tries again by itself, with pauses that would take minutes of real time."""

import json
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:items"
DEPLOYMENT = {"function_timeout": 120, "visibility_timeout": 600}
table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            with_retries({"id": order["id"], "amount": int(order["amount"])})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def with_retries(item):
    for pause in (1, 5, 20, None):
        try:
            table.put_item(Item=item)
            return
        except (ClientError, BotoCoreError):
            if pause is None:
                raise
            time.sleep(pause)
