"""What all of these handlers do: write an order under its own key.

Writing it again changes nothing. A body that is no order is refused with a `ValueError`,
a `KeyError` or a `TypeError`; anything else that is raised may be over at the next try.
"""

import json
import os
from typing import Any

import boto3

BAD_BODY = (ValueError, KeyError, TypeError)

orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def book(record: dict[str, Any]) -> None:
    order = json.loads(record["body"])
    orders.put_item(
        Item={
            "order_id": str(order["order_id"]),
            "customer": str(order["customer"]),
            "amount": int(order["amount"]),
        }
    )
