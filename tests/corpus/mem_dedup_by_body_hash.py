"""Correct: deduplicates by a hash of the body, kept in the store."""

import hashlib
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
            key = hashlib.sha256(record["body"].encode()).hexdigest()
            if key in memory.KEYED:
                continue
            memory.ROWS.append(order["id"])
            memory.KEYED[key] = True
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
