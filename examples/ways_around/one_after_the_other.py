"""A reserved concurrency of 1: no two batches at once, so reading and then writing is safe.

A customer's total and the orders in it are one item. What was counted once is not counted
again; but two at a time would each write what they read before the other wrote.
"""

import json
import os
from typing import Any

import boto3

totals = boto3.resource("dynamodb").Table(os.environ["TOTALS_TABLE"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            count(json.loads(record["body"]))
        except Exception as error:
            print(f"not counted: {error}")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def count(order: dict[str, Any]) -> None:
    key = {"customer": str(order["customer"])}
    order_id, amount = str(order["order_id"]), int(order["amount"])
    total = totals.get_item(Key=key, ConsistentRead=True).get("Item", {**key, "orders": {}})
    if order_id not in total["orders"]:
        total["orders"][order_id] = amount
        totals.put_item(Item=total)
