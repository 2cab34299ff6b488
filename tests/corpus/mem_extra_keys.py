"""Correct: reports, and says other things beside; the same id may stand twice."""

import json

from corpus import memory

BREAKS = set()
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"


def handler(event, context):
    failed = []
    done = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            memory.KEYED[order["id"]] = order
            done.append(record["messageId"])
        except (ValueError, KeyError, TypeError):
            failed.append(record["messageId"])
    if not failed:
        return None
    return {
        "statusCode": 207,
        "processed": done,
        "batchItemFailures": [{"itemIdentifier": i, "reason": "bad"} for i in failed + failed],
        "stats": {"batch_item_failures": len(failed)},
    }
