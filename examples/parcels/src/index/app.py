"""Keeps a row for each label in the bucket."""

import json
import os
from urllib.parse import unquote_plus

import boto3

table = boto3.resource("dynamodb").Table(os.environ["PARCELS_TABLE"])


def index(record):
    notification = json.loads(record["body"])
    if notification.get("Event") == "s3:TestEvent":
        return
    for entry in notification["Records"]:
        label = entry["s3"]["object"]
        table.put_item(
            Item={"pk": f"label#{unquote_plus(label['key'])}", "etag": label.get("eTag", "")}
        )


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            index(record)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
