"""Correct: records are handled by threads, all of which are waited for."""

import json
from concurrent.futures import ThreadPoolExecutor

import boto3

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:items"
client = boto3.client("dynamodb")


def handler(event, context):
    with ThreadPoolExecutor(max_workers=4) as pool:
        results = list(pool.map(attempt, event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": i} for i in results if i]}


def attempt(record):
    try:
        order = json.loads(record["body"])
        client.put_item(
            TableName="items",
            Item={"id": {"S": order["id"]}, "amount": {"N": str(int(order["amount"]))}},
        )
    except Exception:
        return record["messageId"]
    return None
