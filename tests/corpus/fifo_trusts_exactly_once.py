"""Counts, and trusts the queue: a FIFO queue delivers again what was not deleted."""

import json

import boto3

BREAKS = {"idempotent"}
RESET = "corpus.tables:totals"
DEPLOYMENT = {"fifo": True}

table = boto3.resource("dynamodb").Table("totals")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        if failures:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        try:
            order = json.loads(record["body"])
            table.update_item(
                Key={"id": str(order["customer"])},
                UpdateExpression="ADD n :n",
                ExpressionAttributeValues={":n": int(order["amount"])},
            )
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
