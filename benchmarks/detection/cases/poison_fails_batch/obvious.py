"""No try at all: what one record raises, the whole batch pays for."""

import json
import os

import boto3

BREAKS = {"isolation"}
DEPLOYMENT = {"report_batch_item_failures": False}

table = boto3.resource("dynamodb").Table(os.environ.get("ORDERS_TABLE", "orders"))


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        table.put_item(
            Item={
                "id": order["id"],
                "customer": order["customer"],
                "amount": int(order["amount"]),
            }
        )
    return {"statusCode": 200}
