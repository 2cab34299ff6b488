"""Keeps what each customer has spent in memory, and writes the sum of it: the sum of what this
sandbox has seen."""

import json
from collections import defaultdict

import boto3

BREAKS = {"stateless", "no-loss", "idempotent"}
EXPECTED_FROM = "obvious"

totals = boto3.resource("dynamodb").Table("totals")
SPENT = defaultdict(dict)


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            orders = SPENT[order["customer"]]
            orders[order["id"]] = int(order["amount"])
            totals.put_item(Item={"id": order["customer"], "spent": sum(orders.values())})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
