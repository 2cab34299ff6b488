"""The function of a recorded program where it is deployed: notes each invocation in a queue, and does
what the program's handler does.

Packaged alone: it knows the standard library, and botocore, which Lambda's Python runtime has. What
it is to do stands in a file beside it.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any

ORDERS = "orders.json"
"""The file that says what it does: for which bodies and receive counts it raises or reports, what it
returns, how long it takes."""

NOTES = "SQS_CONTRACT_NOTES"
"""The variable that names the queue of its notes."""

COUNTS = 50
"""For receive counts above it, what is said of this one holds."""


class Raised(Exception):
    """The handler of the program raises."""


def handler(event: Any, _context: Any) -> Any:
    """Do as the program says."""
    orders = json.loads(Path(__file__).with_name(ORDERS).read_text(encoding="utf-8"))
    if "Records" not in event:  # to have an environment begin before anything is sent
        _client()
        return {"ready": True}
    invocation = uuid.uuid4().hex
    counts = [int(record["attributes"]["ApproximateReceiveCount"]) for record in event["Records"]]
    records = [record["messageId"] for record in event["Records"]]
    _note(invocation, "begin", records=list(zip(records, counts, strict=True)))
    time.sleep(orders["sleep_s"])
    known = [
        [record["body"], min(count, COUNTS)]
        for record, count in zip(event["Records"], counts, strict=True)
    ]
    if any(item in orders["raises"] for item in known):
        _note(invocation, "end", failed=True)
        raise Raised("the handler of the program raises")
    if orders["reports"] is None:
        _note(invocation, "end")
        return event if orders["returns"] is None else json.loads(orders["returns"])
    reported = [
        record for record, item in zip(records, known, strict=True) if item in orders["reports"]
    ]
    _note(invocation, "end", reported=reported)
    return {"batchItemFailures": [{"itemIdentifier": record} for record in reported]}


def _note(invocation: str, what: str, **more: Any) -> None:
    """Tell what happens before it goes on, or it may be lost."""
    note = {"at": time.time_ns() // 1_000_000, "invocation": invocation, "what": what, **more}
    _client().send_message(QueueUrl=os.environ[NOTES], MessageBody=json.dumps(note))


@cache
def _client() -> Any:
    from botocore.session import Session  # noqa: PLC0415  of the runtime

    return Session().create_client("sqs")
