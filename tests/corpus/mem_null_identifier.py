"""On success reports one item without an identifier."""

import json

from corpus import memory

BREAKS = {"response-shape"}
ALSO = {"exact-report", "no-loss"}
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


def handler(event, context):
    failed = None
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            memory.KEYED[order["id"]] = order
        except (ValueError, KeyError, TypeError):
            failed = record["messageId"]
    return {"batchItemFailures": [{"itemIdentifier": failed}]}
