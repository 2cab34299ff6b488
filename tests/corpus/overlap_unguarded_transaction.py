"""Looks for the order, then adds it and counts it in one transaction, without a condition.

Whoever comes twice, one after the other, is counted once; who comes twice at the same
time, twice.
"""

import json

import boto3

BREAKS = {"idempotent"}
RESET = "corpus.tables:create"

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            key = {"id": {"S": order["id"]}}
            if "Item" in dynamodb.get_item(TableName="items", Key=key, ConsistentRead=True):
                continue
            count(order["customer"], order["amount"], key)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def count(customer, amount, key):
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "items", "Item": key}},
            {
                "Update": {
                    "TableName": "totals",
                    "Key": {"id": {"S": customer}},
                    "UpdateExpression": "ADD amount :amount",
                    "ExpressionAttributeValues": {":amount": {"N": str(amount)}},
                }
            },
        ]
    )
