"""Broken: own retry of 3, then falls through without raising."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss"}
ALSO = {"exact-report"}
RESET = "corpus.tables:items"

import time, functools

t = boto3.resource("dynamodb").Table("items")


def retry(times, delay=0.1):
    def deco(fn):
        @functools.wraps(fn)
        def inner(*a, **k):
            for attempt in range(1, times + 1):
                try:
                    return fn(*a, **k)
                except ClientError as e:
                    print("attempt", attempt, e)
                    pass
                    time.sleep(delay * 2**attempt)

        return inner

    return deco


@retry(times=3)
def save(item):
    t.put_item(Item=item)


def process(record):
    o = json.loads(record["body"])
    save({"id": str(o["id"]), "amount": int(o["amount"])})


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
