"""Broken: toggles a flag."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"idempotent"}
NIGHTLY = True
ALSO = {"no-loss"}
RESET = "corpus.tables:items"

t = boto3.resource("dynamodb").Table("items")


def process(record):
    o = json.loads(record["body"])
    on = t.get_item(Key={"id": o["id"]}).get("Item", {}).get("on", False)
    t.put_item(Item={"id": o["id"], "on": not on})


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
