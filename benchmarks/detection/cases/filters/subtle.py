"""Lets through orders over nothing. One producer sends amounts as text, which no numeric pattern
matches, and the handler would have taken them."""

import json

import boto3

BREAKS = {"no-loss", "configuration"}
DEPLOYMENT = {"filters": ['{"body": {"amount": [{"numeric": [">", 0]}]}}']}

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
