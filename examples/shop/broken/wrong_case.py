"""Breaks `response-shape`: the right report under a key in the wrong case."""

import json
from typing import Any

from shop.orders import book


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"BatchItemFailures": failures}
