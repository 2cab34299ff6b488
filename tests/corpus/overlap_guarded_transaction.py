"""Looks for the order, then adds it and counts it in one transaction, on the condition that it is new.

Who comes second, or at the same time, is refused, and that is no failure.
"""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:create"

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            key = {"id": {"S": order["id"]}}
            if "Item" in dynamodb.get_item(TableName="items", Key=key, ConsistentRead=True):
                continue
            count(order["customer"], order["amount"], key)
        except dynamodb.exceptions.TransactionCanceledException as error:
            reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
            if reasons[0] != "ConditionalCheckFailed":
                failures.append({"itemIdentifier": record["messageId"]})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def count(customer, amount, key):
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": "items",
                    "Item": key,
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            },
            {
                "Update": {
                    "TableName": "totals",
                    "Key": {"id": {"S": customer}},
                    "UpdateExpression": "ADD amount :amount",
                    "ExpressionAttributeValues": {":amount": {"N": str(amount)}},
                }
            },
        ]
    )
