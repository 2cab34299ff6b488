"""Correct: keyed by the order, whoever sends it and however often."""

import json

import boto3

BREAKS = set()

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            charge(order["order_id"], order["customer"], int(order["amount"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def charge(key, customer, amount):
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "processed",
                        "Item": {"id": {"S": key}},
                        "ConditionExpression": "attribute_not_exists(id)",
                    }
                },
                {
                    "Update": {
                        "TableName": "totals",
                        "Key": {"id": {"S": customer}},
                        "UpdateExpression": "ADD charged :a",
                        "ExpressionAttributeValues": {":a": {"N": str(amount)}},
                    }
                },
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = error.response.get("CancellationReasons", [])
        if not reasons or reasons[0].get("Code") != "ConditionalCheckFailed":
            raise
        print("already charged:", key)
