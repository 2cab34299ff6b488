"""Reports one failure only, whatever there are: a variable where a list was meant."""

import json

from corpus import memory

BREAKS = {"exact-report"}
ALSO = {"no-loss"}
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
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
