"""Reports what failed, and goes on: as is right on a standard queue. Here the next event of the
order is done before the one that failed."""

import json

import boto3
from botocore.exceptions import ClientError

BREAKS = {"fifo-order"}

orders = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            append(json.loads(record["body"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def append(event):
    try:
        orders.update_item(
            Key={"id": event["order"]},
            UpdateExpression="SET history = list_append(if_not_exists(history, :none), :s) ADD seen :e",
            ConditionExpression="attribute_not_exists(seen) OR NOT contains(seen, :id)",
            ExpressionAttributeValues={
                ":none": [],
                ":s": [event["status"]],
                ":e": {str(event["event_id"])},
                ":id": str(event["event_id"]),
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
