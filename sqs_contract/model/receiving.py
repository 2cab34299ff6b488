"""A received message as ReceiveMessage answers with it, and the choice of its attributes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqs_contract.model.digests import md5_of_attributes, md5_of_body
from sqs_contract.model.entry import Received
from sqs_contract.model.message import MessageAttribute

ALL = "All"
_PREFIX_END = ".*"


def system_attributes(received: Received, arn_of: Callable[[str], str]) -> dict[str, str]:
    """The system attributes of a received message, all of them strings (S8-S12).

    `arn_of` gives the ARN of a queue by its name.
    """
    entry = received.entry
    message = entry.message
    optional = {
        "SequenceNumber": entry.sequence_number,
        "MessageDeduplicationId": entry.deduplication_id,
        "MessageGroupId": message.group_id,
        "AWSTraceHeader": message.trace_header,
        "DeadLetterQueueSourceArn": (
            None if entry.dead_letter_source is None else arn_of(entry.dead_letter_source)
        ),
    }
    return {
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(received.first_received_ms),
        "ApproximateReceiveCount": str(received.receive_count),
        "SentTimestamp": str(message.sent_ms),
        **{name: value for name, value in optional.items() if value is not None},
    }


def render_received(
    received: Received,
    *,
    attribute_names: Collection[str],
    system_names: Collection[str],
    arn_of: Callable[[str], str],
) -> dict[str, Any]:
    """One message of a ReceiveMessage answer, with the attributes that were asked for.

    The digest covers the attributes that are returned (S20).
    """
    message = received.entry.message
    rendered: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": received.receipt_handle,
        "MD5OfBody": md5_of_body(message.body),
        "Body": message.body,
    }
    chosen = {
        name: value
        for name, value in system_attributes(received, arn_of).items()
        if ALL in system_names or name in system_names
    }
    if chosen:
        rendered["Attributes"] = chosen
    attributes = chosen_attributes(message.attributes, attribute_names)
    if attributes:
        rendered["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
        rendered["MessageAttributes"] = {
            name: attribute_value(attribute) for name, attribute in attributes.items()
        }
    return rendered


def chosen_attributes(
    attributes: Mapping[str, MessageAttribute], names: Collection[str]
) -> dict[str, MessageAttribute]:
    """The user attributes that MessageAttributeNames asks for.

    `All` and `.*` are all; `prefix.*` is every name that begins so; a name that
    there is none of, or that could be none, chooses nothing.
    """
    if ALL in names or _PREFIX_END in names:
        return dict(attributes)
    prefixes = tuple(name.removesuffix(_PREFIX_END) for name in names if name.endswith(_PREFIX_END))
    return {
        name: value
        for name, value in attributes.items()
        if name in names or name.startswith(prefixes)
    }


def attribute_value(attribute: MessageAttribute) -> dict[str, Any]:
    """An attribute as the API returns it."""
    if attribute.binary_value is not None:
        return {"BinaryValue": attribute.binary_value, "DataType": attribute.data_type}
    return {"StringValue": attribute.string_value, "DataType": attribute.data_type}
