"""Correct: an object for each message that failed, with its id."""

import json

from cases import store

BREAKS = set()


def handler(event, context):
    failed = set()
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            store.save(order["id"], {"customer": order["customer"], "amount": order["amount"]})
        except Exception as error:
            print("failed", error)
            failed.add(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
