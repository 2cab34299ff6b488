"""Reports what a FIFO queue deduplicates by, and not the message id: Lambda knows no such id."""

import json

import boto3

BREAKS = {"response-shape"}
ALSO = {"isolation", "drains"}
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
        failures.append({"itemIdentifier": record["attributes"]["MessageDeduplicationId"]})
    return {"batchItemFailures": failures}
