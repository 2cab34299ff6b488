"""Raises on a malformed body, so that what went before it in the batch comes back, done as it
is, and ends in the dead-letter queue."""

import json

import boto3

BREAKS = {"isolation"}
RESET = "corpus.tables:items"
DEPLOYMENT = {"fifo": True}

table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
    return {"batchItemFailures": []}
