"""Message attributes, as an event record shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from sqs_contract.model.event import render_attributes
from sqs_contract.model.limits import MESSAGE_ATTRIBUTES_MAX
from sqs_contract.model.message import MessageAttribute
from sqs_contract.plan import Plan
from sqs_contract.strategies.arguments import check_sizes
from sqs_contract.strategies.expanding import expanded
from sqs_contract.strategies.places import chosen_places
from sqs_contract.strategies.pools import pool

_NAMES: Final = (
    "type", "source", "tenant", "version", "traceId", "content-type", "schema.name", "priority",
    "attempt", "Größe",
)  # fmt: skip

_HEADER_BYTES: Final = 2
_PLACE_BYTES: Final = 3


def message_attributes(
    *, min_size: int = 0, max_size: int = MESSAGE_ATTRIBUTES_MAX
) -> st.SearchStrategy[dict[str, dict[str, Any]]]:
    """The `messageAttributes` of a record: String, Number and Binary, with and without
    custom types (S4).

    Args:
        min_size: fewest attributes.
        max_size: most attributes; SQS takes 10 (S29).

    Shrinks to as few attributes as allowed, of type String with short values.
    """
    check_sizes("min_size", min_size, "max_size", max_size, range(MESSAGE_ATTRIBUTES_MAX + 1))
    size = _HEADER_BYTES + max_size * _PLACE_BYTES

    def expand(data: bytes) -> dict[str, dict[str, Any]]:
        return render_attributes(expand_attributes(data, min_size, max_size), nulls=False)

    return expanded("message_attributes", st.binary(min_size=size, max_size=size), expand)


def expand_attributes(data: bytes, fewest: int, most: int) -> dict[str, MessageAttribute]:
    """The attributes a plan stands for.

    Its first byte says how likely a place is to have one, and each place has bytes
    of its own, so that one attribute shrinks, or goes, without the others.
    """
    share, first_name = data[:_HEADER_BYTES]
    end = _HEADER_BYTES + most * _PLACE_BYTES
    found: dict[str, MessageAttribute] = {}
    for place in chosen_places(data[_HEADER_BYTES:end:_PLACE_BYTES], share, fewest):
        start = _HEADER_BYTES + place * _PLACE_BYTES + 1
        name = _NAMES[(first_name + place) % len(_NAMES)]
        found[name] = _expand_attribute(Plan(data[start : start + _PLACE_BYTES - 1]))
    return found


def _expand_attribute(plan: Plan) -> MessageAttribute:
    data_type, value = plan.choose(_TYPES)
    made = value(plan)
    if isinstance(made, bytes):
        return MessageAttribute(data_type=data_type, binary_value=made)
    return MessageAttribute(data_type=data_type, string_value=made)


def _whole(plan: Plan) -> int:
    """0, -1, 1, -2, ...: what is nearest to zero is simplest."""
    number = plan.byte()
    return -(number + 1) // 2 if number % 2 else number // 2


_JSON: Final = ("{}", '{"id": 0}', "[1, 2]", '{"tenant": "größe", "retry": true}')
_BYTES: Final = (b"\x00", b"\xff", b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n", "größe".encode())
_GZIP: Final = (
    bytes.fromhex("1f8b080000000000020303000000000000000000"),
    bytes.fromhex("1f8b0800000000000203ab56ca4c51b25230a80500c471cf4f09000000"),
)
"""Of no bytes, and of `{"id": 0}`."""

_TYPES: Final[tuple[tuple[str, Callable[[Plan], str | bytes]], ...]] = (
    ("String", lambda plan: plan.choose(pool("word"))),
    ("Number", lambda plan: str(_whole(plan))),
    ("Binary", lambda plan: plan.choose(_BYTES)),
    ("String.uuid", lambda plan: plan.choose(pool("uuid"))),
    ("String.json", lambda plan: plan.choose(_JSON)),
    ("Number.int", lambda plan: str(_whole(plan))),
    ("Number.float", lambda plan: str(_whole(plan) / 4)),
    ("Binary.gzip", lambda plan: plan.choose(_GZIP)),
)
"""Data types, custom ones with the values their names promise, the simplest first (S4)."""
