"""Message attributes, as an event record shows them."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.model.event import render_attributes
from sqs_contract.model.limits import MESSAGE_ATTRIBUTES_MAX
from sqs_contract.model.message import MessageAttribute
from sqs_contract.plan import Plan
from sqs_contract.strategies.pools import pool

_PLAN: Final = st.binary(min_size=40, max_size=40)
_NAMES: Final = (
    "type", "source", "tenant", "version", "traceId", "content-type", "schema.name", "priority",
    "attempt", "Größe",
)  # fmt: skip
_TEXT_TYPES: Final = ("String", "String.uuid", "String.json")
_NUMBER_TYPES: Final = ("Number", "Number.int", "Number.float")
_BINARY_TYPES: Final = ("Binary", "Binary.gzip")


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
    if not 0 <= min_size <= max_size <= MESSAGE_ATTRIBUTES_MAX:
        raise InvalidArgument(
            f"min_size={min_size!r} and max_size={max_size!r} must lie between 0 and "
            f"{MESSAGE_ATTRIBUTES_MAX}, in this order: SQS takes no more attributes"
        )

    def expand(plan: bytes) -> dict[str, dict[str, Any]]:
        return render_attributes(expand_attributes(Plan(plan), min_size, max_size), 0)

    return _PLAN.map(expand)


def expand_attributes(plan: Plan, min_size: int, max_size: int) -> dict[str, MessageAttribute]:
    """The attributes a plan stands for."""
    count = min_size + plan.below(max_size - min_size + 1)
    start = plan.byte()
    return {
        _NAMES[(start + place) % len(_NAMES)]: _expand_attribute(plan) for place in range(count)
    }


def _expand_attribute(plan: Plan) -> MessageAttribute:
    match plan.below(4):
        case 2:
            return MessageAttribute(
                data_type=plan.choose(_NUMBER_TYPES), string_value=str(plan.wide() - 128)
            )
        case 3:
            return MessageAttribute(
                data_type=plan.choose(_BINARY_TYPES), binary_value=bytes([plan.byte(), plan.byte()])
            )
    return MessageAttribute(
        data_type=plan.choose(_TEXT_TYPES), string_value=plan.choose(pool("word"))
    )
