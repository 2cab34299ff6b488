"""More good bodies from one: the same data about another thing.

A contract is best tested with a few messages that do not get in each other's
way. Where the user gives fewer, the fields that look like identifiers are
changed; whether the handler takes the result is found out by trying.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any, Final

from sqs_contract.bodies.refusal import why_sqs_refuses

_ID_NAME: Final = re.compile(
    r"(?:^|[_-])(?:id|uuid|key|number|no|reference|ref|sku|pk)$"
    r"|Id$|Key$"
    r"|(?:^|[_a-z0-9-])ID$"  # orderID, not PAID
)
_UUID: Final = re.compile(r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)
_UUID_LOW: Final = 2**62 - 1
_STYLES: Final[tuple[dict[str, Any], ...]] = (
    {"ensure_ascii": False},
    {"ensure_ascii": True},
    {"ensure_ascii": False, "separators": (",", ":")},
    {"ensure_ascii": True, "separators": (",", ":")},
)
_Identifier = str | int
_SIBLINGS_MAX: Final = 4
_TRAILING_DIGITS: Final = re.compile(r"[0-9]{1,18}\Z")


def variants_of(body: str, count: int) -> list[str]:
    """Up to `count` bodies like this one about other things; none if it names no thing."""
    try:
        value = json.loads(body)
        varied = [_varied(value, step) for step in range(1, count + 1)]
        texts = [_text(other) for other in varied if other != value]
    except (ValueError, RecursionError):
        return []
    return [text for text in texts if text is not None]


def siblings_of(body: str) -> list[str]:
    """Bodies in which one identifier alone is another: a second order of the same customer.

    One for each of the first identifiers; none where there are not two at least.
    """
    try:
        value = json.loads(body)
        identifiers = dict.fromkeys(_identifiers(value))
        if len(identifiers) <= 1:
            return []
        varied = [_varied(value, 1, only=one) for one in list(identifiers)[:_SIBLINGS_MAX]]
        texts = [_text(other) for other in varied]
    except (ValueError, RecursionError):
        return []
    return [text for text in texts if text is not None]


def _text(value: Any) -> str | None:
    """JSON text that SQS takes, as a person would write it if that can be; `None` if none can be.

    What JSON may hold escaped a body may not hold as it is, such as half a surrogate pair.
    """
    for style in _STYLES:
        text = json.dumps(value, **style)
        if why_sqs_refuses(text) is None:
            return text
    return None


def _varied(
    value: Any, step: int, name: str | None = None, *, only: _Identifier | None = None
) -> Any:
    if isinstance(value, dict):
        return {key: _varied(item, step, key, only=only) for key, item in value.items()}
    if isinstance(value, list):
        return [_varied(item, step, name, only=only) for item in value]
    if not _identifies(value, name):
        inner = _data_in(value)
        return value if inner is None else json.dumps(_varied(inner, step, name, only=only))
    if only is not None and only != value:
        return value
    return varied_text(value, step) if isinstance(value, str) else value + step


def _identifies(value: Any, name: str | None) -> bool:
    if name is None or not _ID_NAME.search(name) or isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and bool(value))


def _identifiers(value: Any, name: str | None = None) -> Iterator[_Identifier]:
    """The identifiers in a body, in its order; those that stand in several places, as often."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _identifiers(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _identifiers(item, name)
    elif _identifies(value, name):
        yield value
    elif (inner := _data_in(value)) is not None:
        yield from _identifiers(inner, name)


def _data_in(value: Any) -> Any:
    """The object or array that a text holds as JSON, as the message in an envelope of SNS does."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def varied_text(text: str, step: int) -> str:
    """Another identifier like this one: the UUID or the number at its end counts on."""
    if _UUID.match(text):
        number = uuid.UUID(text).int
        # What lies above tells version and variant, which stay.
        return str(uuid.UUID(int=number ^ (number ^ (number + step)) & _UUID_LOW))
    digits = _TRAILING_DIGITS.search(text)
    if digits:
        return text[: digits.start()] + str(int(digits.group()) + step).zfill(len(digits.group()))
    return f"{text}-{step + 1}"
