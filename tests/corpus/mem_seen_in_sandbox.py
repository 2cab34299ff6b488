"""What was done is remembered in the sandbox: a new one does it again."""

import json

from corpus import memory

BREAKS = {"idempotent"}
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"
seen = set()


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if order["id"] not in seen:
                memory.ROWS.append(order)
                seen.add(order["id"])
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
