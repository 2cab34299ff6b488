"""Keeps the tenant's table, so as not to look it up for each message: the table of the first
tenant this sandbox has met."""

import json

import boto3

BREAKS = {"stateless", "idempotent"}

dynamodb = boto3.resource("dynamodb")
_table = None


def table(tenant):
    global _table
    if _table is None:
        _table = dynamodb.Table(f"orders-{tenant}")
        _table.load()
    return _table


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table(order["tenant"]).put_item(
                Item={"id": order["id"], "amount": int(order["amount"])}
            )
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
