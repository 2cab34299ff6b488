"""Looks whether the payment is there, and books it and the balance in one transaction: two
deliveries at once both find nothing, and both book."""

import json

import boto3

BREAKS = {"idempotent"}

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def book(payment):
    key = {"id": {"S": payment["id"]}}
    amount = {"N": str(int(payment["amount"]))}
    if "Item" in dynamodb.get_item(TableName="orders", Key=key, ConsistentRead=True):
        return
    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "orders", "Item": {**key, "amount": amount}}},
            {
                "Update": {
                    "TableName": "totals",
                    "Key": {"id": {"S": payment["account"]}},
                    "UpdateExpression": "ADD balance :a",
                    "ExpressionAttributeValues": {":a": amount},
                }
            },
        ]
    )
