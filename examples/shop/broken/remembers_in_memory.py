"""Breaks `idempotent`: remembers what it did in the sandbox, which the next sandbox does not know."""

import json
from typing import Any

from shop.tables import add_to_total, put_order

done: set[str] = set()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        if record["messageId"] in done:
            continue
        try:
            order = json.loads(record["body"])
            put_order(order)
            add_to_total(order)
            done.add(record["messageId"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
