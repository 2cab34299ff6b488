"""Correct, if untidy: changes the event it was given."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


def handler(event, context):
    failures = []
    while event["Records"]:
        record = event["Records"].pop()
        try:
            record["body"] = json.loads(record["body"])
            memory.KEYED[record["body"]["id"]] = record["body"]
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
