"""Books orders: correct.

One transaction holds the order and the customer's total, and the order can be
written once only. So a message may come as often as it likes. What fails is
reported, record by record.
"""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
ORDERS = os.environ["ORDERS_TABLE"]
CUSTOMERS = os.environ["CUSTOMERS_TABLE"]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Book every order of the batch and report those that failed."""
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception as error:
            print(f"order not booked: {error}")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def book(order: dict[str, Any]) -> None:
    """Write the order and add to the customer's total, both or neither, once."""
    order_id, customer = order["order_id"], order["customer"]
    amount = {"N": str(int(order["amount"]))}
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": ORDERS,
                        "Item": {
                            "order_id": {"S": order_id},
                            "customer": {"S": customer},
                            "amount": amount,
                        },
                        "ConditionExpression": "attribute_not_exists(order_id)",
                    }
                },
                {
                    "Update": {
                        "TableName": CUSTOMERS,
                        "Key": {"customer": {"S": customer}},
                        "UpdateExpression": "ADD #total :amount",
                        "ExpressionAttributeNames": {"#total": "total"},
                        "ExpressionAttributeValues": {":amount": amount},
                    }
                },
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
        if reasons[0] != "ConditionalCheckFailed":
            raise
