"""Goes on behind a record that failed, and reports that one alone."""

import json

import boto3

BREAKS = {"fifo-order"}
RESET = "corpus.tables:items"
DEPLOYMENT = {"fifo": True}

table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": order["amount"]})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
