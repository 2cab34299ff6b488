"""Correct: goes through the batch from its end, and reports in any order."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


def handler(event, context):
    failed = set()
    for record in reversed(event["Records"]):
        try:
            order = json.loads(record["body"])
            memory.KEYED[order["id"]] = order
        except (ValueError, KeyError, TypeError):
            failed.add(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": i} for i in failed]}
