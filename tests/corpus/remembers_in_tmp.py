"""Broken: seen ids in /tmp: another sandbox knows nothing of them."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"idempotent"}
NIGHTLY = True
RESET = "corpus.tables:totals"

import os

SEEN = "/tmp/sqs-contract-corpus-seen.json"
t = boto3.resource("dynamodb").Table("totals")


def load():
    return set(json.load(open(SEEN))) if os.path.exists(SEEN) else set()


def process(record):
    seen = load()
    if record["messageId"] in seen:
        return
    o = json.loads(record["body"])
    t.update_item(
        Key={"id": o["customer"]},
        UpdateExpression="ADD spent :a",
        ExpressionAttributeValues={":a": int(o["amount"])},
    )
    with open(SEEN, "w") as f:
        json.dump(sorted(seen | {record["messageId"]}), f)


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
