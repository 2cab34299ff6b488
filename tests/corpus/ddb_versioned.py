"""Correct: the newest version wins, whatever the order of arrival."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
BODIES = [
    '{"id": "a", "version": 1, "state": "new"}',
    '{"id": "a", "version": 3, "state": "sent"}',
    '{"id": "a", "version": 2, "state": "paid"}',
]
table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(
                Item={"id": order["id"], "version": int(order["version"]), "state": order["state"]},
                ConditionExpression="attribute_not_exists(id) OR version < :v",
                ExpressionAttributeValues={":v": int(order["version"])},
            )
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            continue
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
