"""Correct: keyed put; a tenth (here: half) of the messages is sampled to S3 for audit"""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.services:create"

import random

s3 = boto3.client("s3")
t = boto3.resource("dynamodb").Table("items")


def process(record):
    o = json.loads(record["body"])
    t.put_item(Item={"id": o["id"], "amount": int(o["amount"])})
    if random.random() < 0.5:
        s3.put_object(Bucket="bucket", Key=f"samples/{record['messageId']}", Body=record["body"])


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
