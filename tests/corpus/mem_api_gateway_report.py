"""Wraps the report as an API Gateway response."""

import json

from corpus import memory

BREAKS = {"response-shape"}
ALSO = {"exact-report", "no-loss"}
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
    return {"statusCode": 200, "body": json.dumps({"batchItemFailures": failures})}
