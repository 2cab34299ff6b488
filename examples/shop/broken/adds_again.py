"""Breaks `idempotent`: looks right, reports record by record, and adds once more on redelivery."""

import json
from typing import Any

from shop.tables import add_to_total, put_order


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            put_order(order)
            add_to_total(order)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
