"""Breaks `idempotent`: marks the order as done after its effect; dying in between doubles it."""

import json
from typing import Any

from shop.tables import add_to_total, has_order, put_order


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if not has_order(order):
                add_to_total(order)
                put_order(order)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
