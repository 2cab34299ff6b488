"""Remembers a payment for five minutes, on a queue that hides messages for fifteen: a delivery
whose delete was lost comes back when nobody remembers it."""

import json
import time

import boto3

BREAKS = {"idempotent"}

dynamodb = boto3.client("dynamodb")
REMEMBERED_S = 300


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            pay(json.loads(record["body"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def pay(payment):
    now = int(time.time())
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "processed",
                        "Item": {
                            "id": {"S": payment["id"]},
                            "expires": {"N": str(now + REMEMBERED_S)},
                        },
                        "ConditionExpression": "attribute_not_exists(id) OR expires < :now",
                        "ExpressionAttributeValues": {":now": {"N": str(now)}},
                    }
                },
                {
                    "Update": {
                        "TableName": "totals",
                        "Key": {"id": {"S": payment["account"]}},
                        "UpdateExpression": "ADD paid :a",
                        "ExpressionAttributeValues": {":a": {"N": str(int(payment["amount"]))}},
                    }
                },
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = error.response.get("CancellationReasons", [])
        if not reasons or reasons[0].get("Code") != "ConditionalCheckFailed":
            raise
