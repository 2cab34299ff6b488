"""Correct: what was done is remembered in the store, which outlives the sandbox."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if order["id"] not in memory.KEYED:
                memory.KEYED[order["id"]] = True
                memory.ROWS.append(order)
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
