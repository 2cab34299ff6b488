"""Correct: an in-progress lease, released by time; effect and completion in one transaction."""

import json
import time

import boto3

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:tables"
dynamodb = boto3.client("dynamodb")


class InProgress(Exception):
    pass


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(json.loads(record["body"]), context)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def process(order, context):
    now = int(time.time())
    key = {"id": {"S": order["id"]}}
    amount = {"N": str(int(order["amount"]))}
    try:
        dynamodb.put_item(
            TableName="claims",
            Item={**key, "state": {"S": "INPROGRESS"}, "until": {"N": str(now + 45)}},
            ConditionExpression="attribute_not_exists(id) OR (#s = :p AND #u < :now)",
            ExpressionAttributeNames={"#s": "state", "#u": "until"},
            ExpressionAttributeValues={":p": {"S": "INPROGRESS"}, ":now": {"N": str(now)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        item = dynamodb.get_item(TableName="claims", Key=key, ConsistentRead=True)["Item"]
        if item["state"]["S"] == "COMPLETED":
            return
        raise InProgress from None
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": "totals",
                    "Key": key,
                    "UpdateExpression": "ADD amount :a",
                    "ExpressionAttributeValues": {":a": amount},
                }
            },
            {
                "Update": {
                    "TableName": "claims",
                    "Key": key,
                    "UpdateExpression": "SET #s = :c REMOVE #u",
                    "ConditionExpression": "#s = :p",
                    "ExpressionAttributeNames": {"#s": "state", "#u": "until"},
                    "ExpressionAttributeValues": {
                        ":c": {"S": "COMPLETED"},
                        ":p": {"S": "INPROGRESS"},
                    },
                }
            },
        ]
    )
