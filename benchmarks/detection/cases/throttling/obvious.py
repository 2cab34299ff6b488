"""A good handler behind a queue that dead-letters after one receive: one throttle, or one look
into the queue from the console, and a healthy message is in the dead-letter queue."""

import json

import boto3

BREAKS = {"drains", "configuration"}
DEPLOYMENT = {"max_receive_count": 1}

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
