"""No reports: one bad body brings the batch back, and the good ones are done again."""

import json

from corpus import memory

BREAKS = {"idempotent", "isolation"}
EFFECTS = "corpus.memory:effects"
RESET = "corpus.memory:reset"
DEPLOYMENT = {"report_batch_item_failures": False}


def handler(event, context):
    for record in event["Records"]:
        memory.ROWS.append(json.loads(record["body"])["id"])
