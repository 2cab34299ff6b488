"""Correct: out of stock raises: reported until the DLQ, on purpose; done exactly once."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.services:with_stock"
BODIES = ['{"id": "a", "qty": 5}', '{"id": "b", "qty": 4}', '{"id": "c", "qty": 5}']

d = boto3.client("dynamodb")


def process(record):
    o = json.loads(record["body"])
    qty, oid = {"N": str(int(o["qty"]))}, {"S": o["id"]}
    try:
        d.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "items",
                        "Item": {"id": oid, "qty": qty},
                        "ConditionExpression": "attribute_not_exists(id)",
                    }
                },
                {
                    "Update": {
                        "TableName": "totals",
                        "Key": {"id": {"S": "stock"}},
                        "UpdateExpression": "SET n = n - :q",
                        "ConditionExpression": "n >= :q",
                        "ExpressionAttributeValues": {":q": qty},
                    }
                },
            ]
        )
    except d.exceptions.TransactionCanceledException as e:
        codes = [r["Code"] for r in e.response["CancellationReasons"]]
        if codes[0] == "ConditionalCheckFailed":
            return
        raise


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
