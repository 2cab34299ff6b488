"""Handles the first record only: fine in a test with one record."""

import json

from corpus import memory

BREAKS = {"no-loss"}
ALSO = {"isolation", "stateless"}
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"
DEPLOYMENT = {"report_batch_item_failures": False}


def handler(event, context):
    record = event["Records"][0]
    try:
        order = json.loads(record["body"])
        memory.KEYED[order["id"]] = order
    except (ValueError, KeyError, TypeError):
        return
