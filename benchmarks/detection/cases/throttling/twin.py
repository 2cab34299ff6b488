"""Correct: the receive count is for the log."""

import json

import boto3

BREAKS = set()

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        if receives > 1:
            print("delivery", receives, "of", record["messageId"])
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
