"""What a producer sends beside a body: its attributes and who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqs_contract.model.message import DEFAULT_SENDER_ID, NO_ATTRIBUTES, MessageAttribute

SNS_SENDER: Final = "AIDAIT2UOQQY3AUEKVGXU"
"""SNS in us-east-1 (S15)."""
S3_SENDER: Final = "AROAIOSFODNN7EXAMPLE2:S3-PROD-END"
"""S3 (S15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message as it was sent, where a body alone does not say it all.

    Every strategy of ours that takes `bodies` takes one that draws these too.

    Attributes:
        body: the exact text (S17).
        attributes: message attributes (S4).
        sender_id: who sent it (S15).
    """

    body: str
    attributes: Mapping[str, MessageAttribute] = field(default_factory=lambda: NO_ATTRIBUTES)
    sender_id: str = DEFAULT_SENDER_ID


def attributes_bytes(attributes: Mapping[str, MessageAttribute]) -> int:
    """What attributes count towards a message's size (S24)."""
    size = 0
    for name, attribute in attributes.items():
        value = attribute.binary_value or (attribute.string_value or "").encode()
        size += len(name.encode()) + len(attribute.data_type.encode()) + len(value)
    return size
