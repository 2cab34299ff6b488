"""Correct: writes under a key; store, effects and handler in one module."""

import json

BREAKS = set()
EFFECTS = "corpus.mem_keyed_same_module:effects"
RESET = "corpus.mem_keyed_same_module:reset"
ROWS = {}


def effects():
    return ROWS


def reset():
    ROWS.clear()


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            ROWS[order["id"]] = order
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
