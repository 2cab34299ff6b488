"""Correct: the queue hides messages six times as long as the function may run, and the marker is
written on condition that nobody else wrote it, together with the bill."""

import json
import time

import boto3

BREAKS = set()
DEPLOYMENT = {"visibility_timeout": 360, "function_timeout": 60, "batch_size": 3}

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            video = json.loads(record["body"])
            key = {"id": {"S": video["id"]}}
            if "Item" in dynamodb.get_item(TableName="processed", Key=key, ConsistentRead=True):
                continue
            bill(key, video["customer"], transcode(video))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def bill(key, customer, minutes):
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "processed",
                        "Item": key,
                        "ConditionExpression": "attribute_not_exists(id)",
                    }
                },
                {
                    "Update": {
                        "TableName": "totals",
                        "Key": {"id": {"S": customer}},
                        "UpdateExpression": "ADD billed_minutes :m",
                        "ExpressionAttributeValues": {":m": {"N": str(minutes)}},
                    }
                },
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException as error:
        reasons = error.response.get("CancellationReasons", [])
        if not reasons or reasons[0].get("Code") != "ConditionalCheckFailed":
            raise


def transcode(video):
    time.sleep(15)
    return int(video["minutes"])
