"""Adds some figures to the response, the time among them."""

import json
from datetime import datetime, timezone

from cases import store

BREAKS = {"response-shape"}


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            store.save(order["id"], {"customer": order["customer"], "amount": order["amount"]})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {
        "batchItemFailures": failures,
        "processed": len(event["Records"]) - len(failures),
        "finished": datetime.now(timezone.utc),
    }
