"""Correct: puts each charge under its own key, and takes an error status for a failure."""

import json

from corpus.payments import URL, session

BREAKS = set()
EFFECTS = "corpus.payments:effects"
RESET = "corpus.payments:reset"


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            charge = {"amount": int(order["amount"])}
            session().put(f"{URL}/{order['id']}", json=charge, timeout=2).raise_for_status()
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
