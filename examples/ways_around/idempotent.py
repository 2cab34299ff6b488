"""Idempotent processing: the whole batch may come back, for doing it again changes nothing.

What can be done is done before the batch is refused. Healthy messages beside one that is never
accepted are done, but go the way of the batch: into the dead-letter queue.
"""

from typing import Any

from orders import book


def handler(event: dict[str, Any], context: Any) -> None:
    failed = []
    for record in event["Records"]:
        try:
            book(record)
        except Exception as error:
            failed.append(f"{record['messageId']}: {error}")
    if failed:
        raise RuntimeError(f"not done: {failed}")
