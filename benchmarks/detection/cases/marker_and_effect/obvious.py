"""Marks first: what fails after the mark is skipped when it comes again."""

import json
import time

import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss"}

dynamodb = boto3.resource("dynamodb")
processed = dynamodb.Table("processed")
totals = dynamodb.Table("totals")


def already_processed(message_id):
    try:
        processed.put_item(
            Item={"id": message_id, "at": int(time.time())},
            ConditionExpression="attribute_not_exists(id)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return True
        raise
    return False


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            if already_processed(record["messageId"]):
                continue
            grant = json.loads(record["body"])
            totals.update_item(
                Key={"id": grant["account"]},
                UpdateExpression="ADD points :p",
                ExpressionAttributeValues={":p": int(grant["points"])},
            )
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
