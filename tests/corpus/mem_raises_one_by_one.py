"""Correct: raises, but a batch is one message, and writing is under a key."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"
DEPLOYMENT = {"report_batch_item_failures": False, "batch_size": 1}


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        memory.KEYED[order["id"]] = order
    return {"statusCode": 200, "body": "ok"}
