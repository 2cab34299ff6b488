"""How a JSON value that was drawn becomes a body."""

from __future__ import annotations

import json
from typing import Any

from hypothesis.errors import InvalidArgument

from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.strategies.arguments import shown


def as_body(value: Any) -> str:
    """JSON text that SQS takes: as a person would write it, or else in ASCII, where every
    character a body may not have is escaped (S27).

    Raises:
        InvalidArgument: the value is no JSON, or larger than SQS takes.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if why_sqs_refuses(text) is not None:
            text = json.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(
            f"{shown(value)} was drawn, which is no JSON ({error}); draw text, numbers that are "
            "finite, booleans, None, lists and dicts with text as keys"
        ) from None
    reason = why_sqs_refuses(text)
    if reason is not None:
        raise InvalidArgument(f"{shown(text)} was drawn: {reason}")
    return text
