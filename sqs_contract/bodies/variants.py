"""More good bodies from one: the same data about another thing.

A contract is best tested with a few messages that do not get in each other's
way. Where the user gives fewer, the fields that look like identifiers are
changed; whether the handler takes the result is found out by trying.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any, Final

_ID_NAME: Final = re.compile(r"(^|[_-])(id|uuid|key|number|no|reference|ref|sku|pk)$|Id$|ID$|Key$")
_UUID: Final = re.compile(r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)
_TRAILING_DIGITS: Final = re.compile(r"(\d+)$")


def variants_of(body: str, count: int) -> list[str]:
    """Up to `count` bodies like this one about other things; none if it names no thing."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    made = [
        json.dumps(_varied(value, step, None), ensure_ascii=False) for step in range(1, count + 1)
    ]
    return [text for text in made if json.loads(text) != value]


def _varied(value: Any, step: int, name: str | None) -> Any:
    if isinstance(value, dict):
        return {key: _varied(item, step, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_varied(item, step, name) for item in value]
    if name is None or not _ID_NAME.search(name) or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value + step
    return _varied_text(value, step) if isinstance(value, str) and value else value


def _varied_text(text: str, step: int) -> str:
    if _UUID.match(text):
        return str(uuid.UUID(int=(uuid.UUID(text).int + step) % 2**128))
    digits = _TRAILING_DIGITS.search(text)
    if digits:
        number = str(int(digits.group()) + step).zfill(len(digits.group()))
        return text[: digits.start()] + number
    return f"{text}-{step + 1}"
