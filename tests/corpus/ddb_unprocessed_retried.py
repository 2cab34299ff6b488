"""Correct: what a batch write leaves unprocessed is tried again, and then it is a failure."""

import json
import time

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
dynamodb = boto3.client("dynamodb")


def write(requests):
    left = {"items": requests}
    for attempt in range(4):
        left = dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems")
        if not left:
            return
        time.sleep(0.05 * 2**attempt)
    raise RuntimeError("some items are still unprocessed")


def handler(event, context):
    failures, requests = [], {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if not isinstance(order["id"], str):
                raise TypeError("id must be text")
            item = {"id": {"S": order["id"]}, "amount": {"N": str(int(order["amount"]))}}
            requests[order["id"]] = {"PutRequest": {"Item": item}}
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    if requests:
        try:
            write(list(requests.values()))
        except Exception:
            return {
                "batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]]
            }
    return {"batchItemFailures": failures}
