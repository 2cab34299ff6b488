"""Returns the report as JSON text: a string to Lambda, no report."""

import json

from corpus import memory

BREAKS = {"response-shape"}
ALSO = {"isolation", "exact-report", "no-loss", "idempotent"}
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            memory.KEYED[order["id"]] = order
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    return json.dumps({"batchItemFailures": failures})
