"""An object under a key of the moment: redelivery makes another."""

import json
import time

import boto3

BREAKS = {"idempotent"}
RESET = "corpus.tables:buckets"
s3 = boto3.client("s3")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            key = f"orders/{order['id']}-{time.time_ns()}.json"
            s3.put_object(Bucket="bucket", Key=key, Body=record["body"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
