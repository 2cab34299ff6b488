"""Breaks `exact-report`: one failure, and it reports the whole batch."""

import json
from typing import Any

from shop.orders import book


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failed = False
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception:
            failed = True
    reported = event["Records"] if failed else []
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in reported]}
