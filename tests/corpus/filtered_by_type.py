"""Correct: the mapping's filter lets orders through alone, so nothing else needs to be understood."""

import boto3
import json

BREAKS = set()
RESET = "corpus.tables:items"
BODIES = [
    '{"type": "order", "id": "a1", "amount": 5}',
    '{"type": "refund", "ref": "a1"}',
    "not an order",
]
DEPLOYMENT = {"filters": ['{"body": {"type": ["order"]}}']}

table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        assert order["type"] == "order"
        try:
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
