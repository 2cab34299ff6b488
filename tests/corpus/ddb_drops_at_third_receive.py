"""Lets go of whatever fails at the third receive, a healthy order in a table that is down too:
earlier receives may have been used up by throttling or by sandboxes that died."""

import json

import boto3

BREAKS = {"no-loss"}
ALSO = {"exact-report"}
RESET = "corpus.tables:items"
table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": str(order["id"]), "amount": int(order["amount"])})
        except Exception as error:
            if int(record["attributes"]["ApproximateReceiveCount"]) >= 3:
                print("given up", record["messageId"], error)
                continue
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
