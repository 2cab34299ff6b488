"""How many records fit into one event."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis.errors import InvalidArgument

from sqs_contract.model.limits import PAYLOAD_MAX_BYTES

_ENVELOPE_BYTES: Final = len('{"Records":[]}')
_RECORD_MAX_BYTES: Final = 4_096
"""More than any record takes besides a body that is given; and than one with a body of ours."""
_CHARACTER_MAX_BYTES: Final = 4
"""Of a body's character in the event: UTF-8, or a backslash and a letter."""
SURELY_FIT: Final = PAYLOAD_MAX_BYTES // _RECORD_MAX_BYTES
"""As many records with bodies of ours fit into any event."""


def fitting(found: list[dict[str, Any]], fewest: int) -> list[dict[str, Any]]:
    """As many of the records as fit into an event (S69).

    Raises:
        InvalidArgument: they are fewer than are asked for.
    """
    characters = sum(len(record["body"]) for record in found)
    most = characters * _CHARACTER_MAX_BYTES + len(found) * _RECORD_MAX_BYTES
    if most <= PAYLOAD_MAX_BYTES:
        return found
    room = PAYLOAD_MAX_BYTES - _ENVELOPE_BYTES
    for kept, record in enumerate(found):
        room -= _json_bytes(record) + 1
        if room < 0:
            if kept < fewest:
                raise InvalidArgument(
                    f"min_records={fewest!r}: only {kept} of the records drawn fit into "
                    f"the {PAYLOAD_MAX_BYTES} bytes Lambda takes in one event (S69); ask for "
                    "fewer, or draw shorter bodies"
                )
            return found[:kept]
    return found


def _json_bytes(record: dict[str, Any]) -> int:
    return len(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())
