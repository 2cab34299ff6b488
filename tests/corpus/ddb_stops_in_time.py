"""Correct: slow work; stops when time runs short and reports the rest as not done."""

import json
import time

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
DEPLOYMENT = {"function_timeout": 3, "max_receive_count": 6}
table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        if context.get_remaining_time_in_millis() < 1500:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        try:
            order = json.loads(record["body"])
            time.sleep(1)
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
