"""Breaks `no-loss`: an error of the database is logged, and the message is gone."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shop.orders import book


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except (ClientError, BotoCoreError) as error:
            print(f"could not book: {error}")
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
