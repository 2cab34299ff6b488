"""Remembers which orders had a failure, and rightly leaves their later events alone; but does
not report those, so that Lambda deletes them."""

import json

import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss", "exact-report"}

orders = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    failed_groups = set()
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        if group in failed_groups:
            print("skipping", record["messageId"], "behind a failure in", group)
            continue
        try:
            append(json.loads(record["body"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failed_groups.add(group)
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
