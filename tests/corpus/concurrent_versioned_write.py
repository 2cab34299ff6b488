"""Reads the customer's account, adds the order to it, and writes it back if nobody else did."""

import json

import boto3
from boto3.dynamodb.conditions import Attr

BREAKS = set()
NIGHTLY = True
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
    account = totals.get_item(Key=key, ConsistentRead=True).get("Item")
    if account is None:
        account, unchanged = {**key, "orders": {}, "version": 0}, Attr("id").not_exists()
    else:
        unchanged = Attr("version").eq(account["version"])
    if order_id in account["orders"]:
        return
    account["orders"][order_id] = amount
    account["version"] += 1
    totals.put_item(Item=account, ConditionExpression=unchanged)
