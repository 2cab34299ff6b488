"""Broken: never asks for the result."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss"}
NIGHTLY = True
ALSO = {"exact-report"}
RESET = "corpus.tables:items"

from concurrent.futures import ThreadPoolExecutor, as_completed

t = boto3.resource("dynamodb").Table("items")


def process(r):
    o = json.loads(r["body"])
    t.put_item(Item={"id": str(o["id"]), "amount": int(o["amount"])})


def handler(event, context):
    failures = []
    with ThreadPoolExecutor(max_workers=4) as pool:
        futures = {pool.submit(process, r): r["messageId"] for r in event["Records"]}
        for f in as_completed(futures):
            print("done", futures[f], f.done())
    return {"batchItemFailures": failures}
