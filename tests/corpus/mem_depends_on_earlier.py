"""Correct: a payment waits for its order; alone it is refused, after the order it is taken."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"
BODIES = [
    '{"kind": "order", "id": "a"}',
    '{"kind": "payment", "id": "a"}',
    '{"kind": "order", "id": "b"}',
]


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            message = json.loads(record["body"])
            if message["kind"] == "order":
                memory.KEYED.setdefault(message["id"], "open")
            elif message["id"] in memory.KEYED:
                memory.KEYED[message["id"]] = "paid"
            else:
                raise ValueError("no such order yet")
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
