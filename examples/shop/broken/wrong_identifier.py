"""Breaks `response-shape`: identifies records by their receipt handle."""

import json
from typing import Any

from shop.orders import book


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception:
            failures.append({"itemIdentifier": record["receiptHandle"]})
    return {"batchItemFailures": failures}
