"""What SQS accepts of a message a producer sends, and what it says to the rest (S23-S35).

Owns the reading of one SendMessage request or batch entry. Knows no queue but
its settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqs_contract.model import sqs_errors as errors
from sqs_contract.model.limits import (
    ATTRIBUTE_NAME_MAX,
    ATTRIBUTE_TYPE_MAX,
    DELAY_MAX_S,
    GROUP_ID_MAX,
    MESSAGE_ATTRIBUTES_MAX,
    NUMBER_MAX_EXPONENT,
    NUMBER_MIN_EXPONENT,
    NUMBER_PRECISION_MAX,
    SECOND_MS,
)
from sqs_contract.model.message import DEFAULT_SENDER_ID, Message, MessageAttribute
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Refused

_NOT_ALLOWED: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Everything but the characters SQS takes (S27)."""

_ID: Final = re.compile(rf"[!-~]{{1,{GROUP_ID_MAX}}}")
"""Alphanumerics and ASCII punctuation (S33): exactly the printable characters but the blank."""

_RESERVED: Final = ("aws.", "amazon.")
_BASE_TYPES: Final = ("String", "Number", "Binary")
_TRACE_HEADER: Final = "AWSTraceHeader"
_ASCII_IN_NAMES: Final = frozenset("_-.")


def read_message(
    request: Mapping[str, Any],
    settings: QueueSettings,
    *,
    message_id: str,
    now_ms: int,
    in_batch: bool = False,
) -> Message:
    """The message of a SendMessage request or of one entry of a batch.

    Raises:
        Refused: SQS does not accept it.
    """
    body = request.get("MessageBody")
    if not body:
        raise Refused(errors.missing("MessageBody"))  # S28
    if _NOT_ALLOWED.search(body):
        raise Refused(errors.INVALID_CHARACTERS)
    attributes = _attributes(request.get("MessageAttributes") or {})
    message = Message(
        message_id=message_id,
        body=body,
        sent_ms=now_ms,
        attributes=attributes,
        sender_id=request.get("SenderId", DEFAULT_SENDER_ID),
        delay_ms=_delay_ms(request.get("DelaySeconds"), settings),
        trace_header=_trace_header(request.get("MessageSystemAttributes") or {}),
        group_id=_id(request, "MessageGroupId"),
        deduplication_id=_id(request, "MessageDeduplicationId"),
    )
    _check_queue_type(message, settings)
    if size_of(message) > settings.max_message_bytes:
        raise Refused(errors.too_long(settings.max_message_bytes, in_batch=in_batch))
    return message


def check_fifo(request: Mapping[str, Any], settings: QueueSettings) -> None:
    """What fails a whole batch, and not its entry alone (S26).

    Raises:
        Refused: an entry for a FIFO queue lacks its group or deduplication id.
    """
    if settings.fifo:
        if request.get("MessageGroupId") is None:
            raise Refused(errors.missing("MessageGroupId", code="InvalidParameterValue"))
        if request.get("MessageDeduplicationId") is None and not (
            settings.content_based_deduplication
        ):
            raise Refused(errors.NO_DEDUPLICATION_ID)


def size_of(message: Message) -> int:
    """Bytes that count: the body, and name, type and value of each attribute (S24)."""
    size = len(message.body.encode())
    for name, attribute in message.attributes.items():
        size += len(name.encode()) + len(attribute.data_type.encode())
        size += len(attribute.binary_value or (attribute.string_value or "").encode())
    return size


def request_size(request: Mapping[str, Any]) -> int:
    """Bytes one entry adds to a batch, before anything of it is judged (S25)."""
    size = len(str(request.get("MessageBody", "")).encode("utf-8", "surrogatepass"))
    for name, given in (request.get("MessageAttributes") or {}).items():
        value = given.get("BinaryValue", given.get("StringValue", ""))
        size += len(name.encode()) + len(str(given.get("DataType", "")).encode())
        size += len(value if isinstance(value, bytes) else str(value).encode())
    return size


def is_plain_id(value: object) -> bool:
    """Whether a value may be a group, deduplication or receive attempt id (S33, S55)."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _id(request: Mapping[str, Any], parameter: str) -> str | None:
    value: str | None = request.get(parameter)
    if value is not None and not is_plain_id(value):
        raise Refused(errors.bad_id(parameter, value))
    return value


def _delay_ms(seconds: object, settings: QueueSettings) -> int | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= DELAY_MAX_S:
        reason = f"DelaySeconds must be >= 0 and <= {DELAY_MAX_S}."
        raise Refused(errors.invalid_value("DelaySeconds", seconds, reason))
    if settings.fifo and seconds:
        raise Refused(errors.not_for_this_queue_type("DelaySeconds", seconds))
    return seconds * SECOND_MS


def _check_queue_type(message: Message, settings: QueueSettings) -> None:
    if settings.fifo:
        if message.group_id is None:
            raise Refused(errors.missing("MessageGroupId"))
        if message.deduplication_id is None and not settings.content_based_deduplication:
            raise Refused(errors.NO_DEDUPLICATION_ID)
    elif message.deduplication_id is not None:
        refusal = errors.not_for_this_queue_type("MessageDeduplicationId", message.deduplication_id)
        raise Refused(refusal)


def _trace_header(given: Mapping[str, Any]) -> str | None:
    for name in given:
        if name != _TRACE_HEADER:  # S35
            raise Refused(
                errors.Refusal(
                    "InvalidParameterValue", f"Message system attribute name '{name}' is invalid."
                )
            )
    value: str | None = given.get(_TRACE_HEADER, {}).get("StringValue")
    return value


def _attributes(given: Mapping[str, Any]) -> dict[str, MessageAttribute]:
    if len(given) > MESSAGE_ATTRIBUTES_MAX:
        raise Refused(
            errors.Refusal(
                "InvalidParameterValue",
                f"Number of message attributes [{len(given)}] exceeds the allowed maximum "
                f"[{MESSAGE_ATTRIBUTES_MAX}].",
            )
        )
    return {name: _attribute(name, value) for name, value in given.items()}


def _attribute(name: str, given: Mapping[str, Any]) -> MessageAttribute:
    _check_name(name)
    data_type = given.get("DataType")
    base = str(data_type).partition(".")[0]
    if not isinstance(data_type, str) or base not in _BASE_TYPES:
        raise Refused(
            errors.bad_attribute(
                f"'{name}' has an invalid message attribute type, the set of supported type "
                "prefixes is Binary, Number, and String."
            )
        )
    if len(data_type) > ATTRIBUTE_TYPE_MAX:
        raise Refused(errors.bad_attribute(f"'{name}' has a data type that is too long."))
    value = given.get("BinaryValue" if base == "Binary" else "StringValue")
    if not value:
        raise Refused(
            errors.bad_attribute(f"'{name}' must contain a non-empty value of type '{base}'.")
        )
    if base == "Binary":
        data = value if isinstance(value, bytes) else str(value).encode()
        return MessageAttribute(data_type=data_type, binary_value=data)
    if _NOT_ALLOWED.search(value):  # S27
        raise Refused(errors.bad_attribute(f"'{name}' contains invalid characters."))
    if base == "Number" and not _is_number(value):
        raise Refused(errors.bad_attribute(f"'{name}' could not be cast to a number."))
    return MessageAttribute(data_type=data_type, string_value=value)


def _check_name(name: str) -> None:
    """S29. AWS takes letters beyond ASCII, whatever the documented alphabet says."""
    if not 1 <= len(name) <= ATTRIBUTE_NAME_MAX:
        raise Refused(errors.bad_attribute(f"name must be 1 to {ATTRIBUTE_NAME_MAX} long."))
    if name.lower().startswith(_RESERVED):
        raise Refused(errors.bad_attribute(f"name '{name}' is reserved for internal use."))
    dots = name.startswith(".") or name.endswith(".") or ".." in name
    if dots or not all(char.isalnum() or char in _ASCII_IN_NAMES for char in name):
        raise Refused(
            errors.bad_attribute(
                f"name '{name}' is invalid. It can contain A-Z, a-z, 0-9, underscore (_), "
                "hyphen (-), and period (.), the last not at its ends nor twice in a row."
            )
        )


def _is_number(text: str) -> bool:
    """S30: 38 digits, between -10^128 and 10^126."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    if not number.is_finite():
        return False
    # Not `normalize()`: it rounds to the precision of the context.
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > NUMBER_PRECISION_MAX:
        return False
    return -(Decimal(10) ** NUMBER_MIN_EXPONENT) <= number <= Decimal(10) ** NUMBER_MAX_EXPONENT
