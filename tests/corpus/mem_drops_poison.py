"""Correct: malformed bodies are dropped on purpose; no reports are asked for or made."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"
DEPLOYMENT = {"report_batch_item_failures": False}


def handler(event, context):
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            memory.KEYED[order["id"]] = order
        except (ValueError, KeyError, TypeError) as error:
            print("dropped", error)
