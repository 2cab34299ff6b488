"""Broken: partition by the day of processing: redelivery after midnight lands in another."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"idempotent"}
RESET = "corpus.tables:items"

import datetime as dt

t = boto3.resource("dynamodb").Table("items")


def process(record):
    o = json.loads(record["body"])
    day = dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d")
    t.put_item(Item={"id": f"{day}#{o['id']}", "amount": int(o["amount"])})


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
