"""Keeps what it has looked up in the sandbox: to forget it costs a call and changes nothing."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:create"

dynamodb = boto3.resource("dynamodb")
totals = dynamodb.Table("totals")
items = dynamodb.Table("items")
discounts = {}


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            customer = order["customer"]
            if customer not in discounts:
                found = totals.get_item(Key={"id": customer}).get("Item", {"discount": 0})
                discounts[customer] = found["discount"]
            amount = order["amount"] - discounts[customer]
            items.put_item(Item={"id": order["id"], "amount": amount})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
