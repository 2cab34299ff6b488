"""Correct: keeps out heartbeats alone, about which the handler would do nothing."""

import json

import boto3

BREAKS = set()
DEPLOYMENT = {"filters": ['{"body": {"type": [{"anything-but": ["heartbeat"]}]}}']}

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            message = json.loads(record["body"])
            if message["type"] in ("order_placed", "order_changed"):
                table.put_item(
                    Item={
                        "id": f"{message['type']}#{message['id']}",
                        "amount": int(message["amount"]),
                    }
                )
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
