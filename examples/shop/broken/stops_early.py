"""Breaks `isolation`: stops at the first failure and forgets the records behind it."""

import json
from typing import Any

from shop.orders import book


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception:
            return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    return {"batchItemFailures": []}
