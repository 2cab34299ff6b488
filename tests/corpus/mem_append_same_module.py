"""Appends once more on redelivery; store, effects and handler in one module."""

import json

BREAKS = {"idempotent"}
EFFECTS = "corpus.mem_append_same_module:effects"
ROWS = []


def effects():
    return ROWS


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            ROWS.append(json.loads(record["body"])["id"])
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
