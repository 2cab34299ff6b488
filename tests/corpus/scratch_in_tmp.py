"""Correct: /tmp as scratch: write, upload, unlink."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:buckets"

import tempfile, os

s3 = boto3.client("s3")


def process(record):
    o = json.loads(record["body"])
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as f:
        json.dump({"id": o["id"], "amount": int(o["amount"])}, f)
    try:
        s3.upload_file(f.name, "bucket", f"orders/{o['id']}.json")
    finally:
        os.unlink(f.name)


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
