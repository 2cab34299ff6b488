"""Claims the order, does it, and marks it done; whoever finds a claim leaves it to its owner.

A sandbox that dies in between leaves a claim nobody releases: every later delivery is
refused, until the message is in the dead-letter queue.
"""

import json

import boto3
from boto3.dynamodb.conditions import Attr

BREAKS = {"drains"}
NIGHTLY = True
RESET = "corpus.tables:create"

claims = boto3.resource("dynamodb").Table("claims")
items = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(json.loads(record["body"]))
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def process(order):
    claim = claims.get_item(Key={"id": order["id"]}, ConsistentRead=True).get("Item")
    if claim is not None and claim["status"] == "DONE":
        return
    claims.put_item(
        Item={"id": order["id"], "status": "CLAIMED"}, ConditionExpression=Attr("id").not_exists()
    )
    items.put_item(Item={"id": order["id"], "amount": order["amount"]})
    claims.put_item(Item={"id": order["id"], "status": "DONE"})
