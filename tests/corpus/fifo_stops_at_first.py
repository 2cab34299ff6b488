"""Correct: AWS's documented way on a FIFO queue. Stops at the first failure, and reports it and
all that follows."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
DEPLOYMENT = {"fifo": True}

table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        if not failures:
            try:
                order = json.loads(record["body"])
                table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
                continue
            except Exception as error:
                print("failed", record["messageId"], error)
        failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
