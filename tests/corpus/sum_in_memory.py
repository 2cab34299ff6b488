"""Keeps the sum of all orders in the sandbox and writes it down each time."""

import json

import boto3

BREAKS = {"stateless"}
ALSO = {"idempotent", "no-loss", "exact-report"}
RESET = "corpus.tables:create"

totals = boto3.resource("dynamodb").Table("totals")
seen = {}


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            seen[order["id"]] = order["amount"]
            totals.put_item(Item={"id": "all", "amount": sum(seen.values())})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
