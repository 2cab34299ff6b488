"""An in-progress lease, but the effect and the completion are two writes."""

import json
import time

import boto3

BREAKS = {"idempotent"}
NIGHTLY = True
RESET = "corpus.tables:tables"
dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(json.loads(record["body"]))
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def process(order):
    now = int(time.time())
    key = {"id": {"S": order["id"]}}
    try:
        dynamodb.put_item(
            TableName="claims",
            Item={**key, "state": {"S": "INPROGRESS"}, "until": {"N": str(now + 20)}},
            ConditionExpression="attribute_not_exists(id) OR (#s = :p AND #u < :now)",
            ExpressionAttributeNames={"#s": "state", "#u": "until"},
            ExpressionAttributeValues={":p": {"S": "INPROGRESS"}, ":now": {"N": str(now)}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        item = dynamodb.get_item(TableName="claims", Key=key, ConsistentRead=True)["Item"]
        if item["state"]["S"] == "COMPLETED":
            return
        raise
    dynamodb.update_item(
        TableName="totals",
        Key=key,
        UpdateExpression="ADD amount :a",
        ExpressionAttributeValues={":a": {"N": str(int(order["amount"]))}},
    )
    dynamodb.update_item(
        TableName="claims",
        Key=key,
        UpdateExpression="SET #s = :c REMOVE #u",
        ExpressionAttributeNames={"#s": "state", "#u": "until"},
        ExpressionAttributeValues={":c": {"S": "COMPLETED"}},
    )
