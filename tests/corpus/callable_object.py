"""Correct: the handler is an object that can be called."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


class Handler:
    def __call__(self, event, context):
        failures = []
        for record in event["Records"]:
            try:
                order = json.loads(record["body"])
                memory.KEYED[order["id"]] = order
            except (ValueError, KeyError, TypeError):
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}


handler = Handler()
