"""Broken: stops in time, and what it has not begun is deleted unreported."""

import json

import boto3

BREAKS = {"no-loss"}
ALSO = {"exact-report"}
RESET = "corpus.tables:buckets"
BODIES = ['{"id": "a1"}', '{"id": "a2"}', '{"id": "a3"}']

s3 = boto3.client("s3")


def handler(event, context):
    failures, records = [], event["Records"]
    for place, record in enumerate(records):
        if context.get_remaining_time_in_millis() < 1000:
            break
        try:
            order = json.loads(record["body"])
            s3.put_object(Bucket="bucket", Key=order["id"], Body=b"order")
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
