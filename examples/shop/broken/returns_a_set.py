"""Breaks `response-shape`: returns something Lambda cannot serialise."""

import json
from typing import Any

from shop.orders import book


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    booked = set()
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            book(order)
            booked.add(order["customer"])
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures, "customers": booked}
