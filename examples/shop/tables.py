"""The shop's two tables, and the plain ways to write to them that the broken handlers share."""

import os
from typing import Any

import boto3

dynamodb = boto3.resource("dynamodb")
orders = dynamodb.Table(os.environ["ORDERS_TABLE"])
customers = dynamodb.Table(os.environ["CUSTOMERS_TABLE"])
AlreadyThere = dynamodb.meta.client.exceptions.ConditionalCheckFailedException


def put_order(order: dict[str, Any]) -> None:
    """Write the order; writing it again changes nothing."""
    orders.put_item(Item=_row(order))


def put_new_order(order: dict[str, Any]) -> None:
    """Write the order if it is not there yet; raise `AlreadyThere` if it is."""
    orders.put_item(Item=_row(order), ConditionExpression="attribute_not_exists(order_id)")


def has_order(order: dict[str, Any]) -> bool:
    """Whether the order is there."""
    return "Item" in orders.get_item(Key={"order_id": order["order_id"]}, ConsistentRead=True)


def add_to_total(order: dict[str, Any]) -> None:
    """Add the order's amount to the customer's total: again, if called again."""
    customers.update_item(
        Key={"customer": order["customer"]},
        UpdateExpression="ADD #total :amount",
        ExpressionAttributeNames={"#total": "total"},
        ExpressionAttributeValues={":amount": int(order["amount"])},
    )


def _row(order: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": order["order_id"],
        "customer": order["customer"],
        "amount": int(order["amount"]),
    }
