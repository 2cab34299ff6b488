"""Claims the order for as long as the function may run, does it, and marks it done.

A sandbox that dies in between leaves a claim that is over when the message comes back.
"""

import json
import time

import boto3
from boto3.dynamodb.conditions import Attr

BREAKS = set()
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
        Item={"id": order["id"], "status": "CLAIMED", "until": int(time.time()) + 3},
        ConditionExpression=Attr("id").not_exists() | Attr("until").lte(int(time.time())),
    )
    items.put_item(Item={"id": order["id"], "amount": order["amount"]})
    claims.put_item(Item={"id": order["id"], "status": "DONE", "until": 0})
