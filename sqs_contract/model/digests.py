"""The MD5 digests SQS puts on bodies and on message attributes (S18, S19)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping

from sqs_contract.model.message import MessageAttribute

_TEXT = b"\x01"
_BINARY = b"\x02"


def md5_of_body(body: str) -> str:
    """32 lower-case hex digits over the UTF-8 body (S18)."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Mapping[str, MessageAttribute]) -> str | None:
    """The digest over all user attributes, or `None` where there are none (S19)."""
    if not attributes:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        digest.update(_sized(name.encode()))
        digest.update(_sized(attribute.data_type.encode()))
        if attribute.binary_value is not None:
            digest.update(_BINARY + _sized(attribute.binary_value))
        else:
            digest.update(_TEXT + _sized((attribute.string_value or "").encode()))
    return digest.hexdigest()


def md5_of_trace_header(trace_header: str | None) -> str | None:
    """The digest over the system attributes of a send, of which there is but one (S19, S35)."""
    if trace_header is None:
        return None
    value = MessageAttribute(data_type="String", string_value=trace_header)
    return md5_of_attributes({"AWSTraceHeader": value})


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data
