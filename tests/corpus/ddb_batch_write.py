"""Correct: all good records in one batch write; if it fails, all of them are reported."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    good = {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if not isinstance(order["id"], str):
                raise TypeError("id must be text")
            good[order["id"]] = (
                record["messageId"],
                {"id": order["id"], "amount": int(order["amount"])},
            )
        except (ValueError, KeyError, TypeError):
            failures.append(record["messageId"])
    try:
        with table.batch_writer() as batch:
            for _, item in good.values():
                batch.put_item(Item=item)
    except Exception:
        failures += [r["messageId"] for r in event["Records"] if r["messageId"] not in failures]
    return {"batchItemFailures": [{"itemIdentifier": i} for i in failures]}
