"""Reports identifiers as UUID objects, which Lambda cannot serialise."""

import json
import uuid

from corpus import memory

BREAKS = {"response-shape"}
ALSO = {"isolation"}
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            memory.KEYED[order["id"]] = order
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": uuid.UUID(record["messageId"])})
    return {"batchItemFailures": failures}
