"""Reports as it should, to nobody: what it reports as failed is deleted."""

import json

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
    return {"batchItemFailures": failures}
