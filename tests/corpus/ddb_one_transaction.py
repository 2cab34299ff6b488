"""Correct: the good records of a batch in one transaction, all or none, keyed."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
client = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    good = []
    puts = {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if not isinstance(order["id"], str):
                raise TypeError("id must be text")
            puts[order["id"]] = {
                "Put": {
                    "TableName": "items",
                    "Item": {"id": {"S": order["id"]}, "amount": {"N": str(int(order["amount"]))}},
                }
            }
            good.append(record["messageId"])
        except (ValueError, KeyError, TypeError):
            failures.append(record["messageId"])
    if puts:
        try:
            client.transact_write_items(TransactItems=list(puts.values()))
        except Exception:
            failures += good
    return {"batchItemFailures": [{"itemIdentifier": i} for i in failures]}
