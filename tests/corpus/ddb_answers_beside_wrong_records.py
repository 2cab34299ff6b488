"""Leaves out what it cannot read, and then looks for whose write failed among all records: the
answers no longer stand at the places of their records."""

import json

import boto3

BREAKS = {"exact-report"}
ALSO = {"no-loss"}
RESET = "corpus.tables:items"
table = boto3.resource("dynamodb").Table("items")


def read(record):
    try:
        order = json.loads(record["body"])
        return {"id": order["id"], "amount": int(order["amount"])}
    except (ValueError, KeyError, TypeError):
        return None


def write(item):
    try:
        table.put_item(Item=item)
    except Exception as error:
        return error
    return None


def handler(event, context):
    records = event["Records"]
    items = [read(record) for record in records]
    failed = [record for record, item in zip(records, items) if item is None]
    errors = [write(item) for item in items if item is not None]
    failed += [record for record, error in zip(records, errors) if error is not None]
    return {"batchItemFailures": [{"itemIdentifier": it["messageId"]} for it in failed]}
