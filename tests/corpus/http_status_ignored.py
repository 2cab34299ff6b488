"""Puts each charge under its own key, and does not look at the status of the answer."""

import json

from corpus.payments import URL, session

BREAKS = {"no-loss", "exact-report"}
EFFECTS = "corpus.payments:effects"
RESET = "corpus.payments:reset"


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            charge = {"amount": int(order["amount"])}
            session().put(f"{URL}/{order['id']}", json=charge, timeout=2)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
