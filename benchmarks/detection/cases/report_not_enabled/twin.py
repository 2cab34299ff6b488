"""Correct: without reports, one record at a time, and what fails raises."""

import json

from cases import store

BREAKS = set()
DEPLOYMENT = {"report_batch_item_failures": False, "batch_size": 1}


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        store.save(order["id"], {"customer": order["customer"], "amount": order["amount"]})
    return {"batchItemFailures": []}
