"""All good records in one batch write, whose UnprocessedItems nobody looks at."""

import json

import boto3

BREAKS = {"no-loss", "exact-report"}
RESET = "corpus.tables:items"
dynamodb = boto3.client("dynamodb")


def put_request(order):
    return {
        "PutRequest": {"Item": {"id": {"S": order["id"]}, "amount": {"N": str(order["amount"])}}}
    }


def handler(event, context):
    failures, requests = [], {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if not isinstance(order["id"], str):
                raise TypeError("id must be text")
            requests[order["id"]] = put_request({"id": order["id"], "amount": int(order["amount"])})
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    if requests:
        try:
            dynamodb.batch_write_item(RequestItems={"items": list(requests.values())})
        except Exception:
            return {
                "batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]]
            }
    return {"batchItemFailures": failures}
