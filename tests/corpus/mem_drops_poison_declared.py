"""Drops malformed bodies although the team declared that they are reported."""

import json

from corpus import memory

BREAKS = {"no-loss"}
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"
POISON = "report"


def handler(event, context):
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            memory.KEYED[order["id"]] = order
        except (ValueError, KeyError, TypeError):
            continue
    return {"batchItemFailures": []}
