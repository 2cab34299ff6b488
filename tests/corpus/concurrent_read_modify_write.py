"""Reads the customer's account, adds the order to it, and writes it back as a whole.

An order that is on the account is not added again. But of two orders that are handled at
the same time, the one that writes first is gone.
"""

import json

import boto3

BREAKS = {"no-loss"}
RESET = "corpus.tables:create"

totals = boto3.resource("dynamodb").Table("totals")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            add(order["id"], order["amount"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def add(order_id, amount):
    key = {"id": "all"}
    account = totals.get_item(Key=key, ConsistentRead=True).get("Item", {**key, "orders": {}})
    if order_id in account["orders"]:
        return
    account["orders"][order_id] = amount
    totals.put_item(Item=account)
