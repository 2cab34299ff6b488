"""Reports a record that failed and all behind it, and does those behind it all the same."""

import json

import boto3

BREAKS = {"fifo-order"}
ALSO = {"exact-report"}
RESET = "corpus.tables:items"
DEPLOYMENT = {"fifo": True}

table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failed = False
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": order["amount"]})
        except Exception:
            failed = True
        if failed:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
