"""The serialisation Lambda's Python runtime gives a return value (S124-S127).

It encodes with simplejson: Decimals become numbers, tuples arrays, NaN the bare
word. What it cannot encode is a function error.
"""

from __future__ import annotations

import decimal
import math
from typing import Any, Final

import simplejson
from simplejson.raw_json import RawJSON

from sqs_contract.model.invocation import (
    ErrorKind,
    FunctionError,
    Outcome,
    Returned,
    exited,
    too_large,
)
from sqs_contract.model.limits import PAYLOAD_MAX_BYTES
from sqs_contract.model.response import REPORT_KEY
from sqs_contract.references import first_line

_ESCAPING_RUNTIMES: Final = frozenset(
    {"python3.6", "python3.7", "python3.8", "python3.9", "python3.10", "python3.11"}
)
"""Runtimes that escape non-ASCII; from 3.12 on it is written as it is (S127)."""


_NO_FAILURES: Final[dict[str, list[object]]] = {REPORT_KEY: []}
_NULL: Final = Returned("null")
_EMPTY_REPORT: Final = Returned(f'{{"{REPORT_KEY}": []}}')


class _Encoder(simplejson.JSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, decimal.Decimal):
            return math.nan if o.is_nan() else RawJSON(str(o))
        return super().default(o)


class Marshaller:
    """Encodes return values as the runtime of one function does."""

    def __init__(self, runtime: str) -> None:
        self._encoder = _Encoder(
            use_decimal=False, ensure_ascii=runtime in _ESCAPING_RUNTIMES, allow_nan=True
        )

    def marshal(self, value: object, request_id: str) -> Outcome:
        """The payload Lambda gets (S124), or the function error it is instead (S125)."""
        if value is None:
            return _NULL
        if value == _NO_FAILURES and type(value) is dict and type(value[REPORT_KEY]) is list:
            return _EMPTY_REPORT
        if isinstance(value, bytes):
            return _sized(value, len(value))  # S126
        try:
            text = self._encoder.encode(value)
        except Exception as error:  # noqa: BLE001  the runtime catches exactly this
            return unserialisable(first_line(error))
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            return exited(request_id, 1)  # a lone surrogate kills the runtime process (S127)
        return _sized(text, size)


def unserialisable(reason: str) -> FunctionError:
    """The error of a return value that cannot be written down (S125)."""
    return FunctionError(
        kind=ErrorKind.UNSERIALISABLE,
        error_type="Runtime.MarshalError",
        message=f"Unable to marshal response: {reason}",
    )


def _sized(payload: str | bytes, size: int) -> Outcome:
    return too_large(PAYLOAD_MAX_BYTES) if size > PAYLOAD_MAX_BYTES else Returned(payload)
