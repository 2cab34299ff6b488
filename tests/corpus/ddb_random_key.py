"""Every delivery writes a row under a new random key."""

import json
import uuid

import boto3

BREAKS = {"idempotent"}
RESET = "corpus.tables:items"
table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": str(uuid.uuid4()), "order": order["id"]})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
