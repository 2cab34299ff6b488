"""Transcodes for 20 seconds a video, up to ten in a batch, on a queue that hides messages for
30: AWS checks that against the function's timeout when the mapping is made, not when somebody
raises the timeout later. The second video is delivered again while the first run works on it."""

import json
import time

import boto3

BREAKS = {"idempotent", "configuration"}
DEPLOYMENT = {"visibility_timeout": 30, "function_timeout": 300}

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            video = json.loads(record["body"])
            key = {"id": {"S": video["id"]}}
            if "Item" in dynamodb.get_item(TableName="processed", Key=key, ConsistentRead=True):
                continue
            minutes = transcode(video)
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "processed", "Item": key}},
                    {
                        "Update": {
                            "TableName": "totals",
                            "Key": {"id": {"S": video["customer"]}},
                            "UpdateExpression": "ADD billed_minutes :m",
                            "ExpressionAttributeValues": {":m": {"N": str(minutes)}},
                        }
                    },
                ]
            )
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def transcode(video):
    time.sleep(20)
    return int(video["minutes"])
