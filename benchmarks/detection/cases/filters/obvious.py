"""The filter lets through what there was when it was written. Changed orders came later: the
handler knows them, and never gets one."""

import json

import boto3

BREAKS = {"no-loss", "configuration"}
DEPLOYMENT = {"filters": ['{"body": {"type": ["order_placed"]}}']}

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
