"""Correct: one write does both. The account itself remembers which grants it has had."""

import json

import boto3
from botocore.exceptions import ClientError

BREAKS = set()

totals = boto3.resource("dynamodb").Table("totals")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            grant(json.loads(record["body"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def grant(order):
    try:
        totals.update_item(
            Key={"id": order["account"]},
            UpdateExpression="ADD points :p, grants :this",
            ConditionExpression="attribute_not_exists(grants) OR NOT contains(grants, :id)",
            ExpressionAttributeValues={
                ":p": int(order["points"]),
                ":this": {str(order["id"])},
                ":id": str(order["id"]),
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
