"""Correct: fractions as Decimal, null like missing, and whatever else is wrong is reported."""

import json
from decimal import Decimal

import boto3

BREAKS = set()

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"], parse_float=Decimal)
            coupon = (order.get("coupon") or {}).get("code", "none")
            table.put_item(Item={"id": order["id"], "amount": order["amount"], "coupon": coupon})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
