"""Correct: an object under a key of the order."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:buckets"
s3 = boto3.client("s3")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            s3.put_object(Bucket="bucket", Key=f"orders/{order['id']}.json", Body=record["body"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
