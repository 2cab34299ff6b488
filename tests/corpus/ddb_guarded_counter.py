"""Correct: the counter remembers, in the same item, which messages it has counted."""

import json

import boto3

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:totals"
client = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            client.update_item(
                TableName="totals",
                Key={"id": {"S": order["customer"]}},
                UpdateExpression="ADD amount :a, counted :ids",
                ConditionExpression="NOT contains(counted, :id)",
                ExpressionAttributeValues={
                    ":a": {"N": str(int(order["amount"]))},
                    ":ids": {"SS": [order["id"]]},
                    ":id": {"S": order["id"]},
                },
            )
        except client.exceptions.ConditionalCheckFailedException:
            continue
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
