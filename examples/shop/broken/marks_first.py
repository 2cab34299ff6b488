"""Breaks `no-loss`: marks the order as taken before its effect; dying in between loses it."""

import json
from typing import Any

from shop.tables import AlreadyThere, add_to_total, put_new_order


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            try:
                put_new_order(order)
            except AlreadyThere:
                continue  # a duplicate
            add_to_total(order)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
