"""A batch size of one: a failure has no neighbours to bring back."""

from typing import Any

from orders import book


def handler(event: dict[str, Any], context: Any) -> None:
    [record] = event["Records"]
    book(record)
