"""Receipt handles: made for each receive, read back by the queue that made them (S14)."""

from __future__ import annotations

import functools
import hashlib
from typing import Final

_PREFIX: Final = "AQEB"
_SEQUENCE_DIGITS: Final = 12
_RECEIVE_DIGITS: Final = 8
_FILLER_BYTES: Final = 368
"""Gives a handle the length AWS's have, about 390 characters (S14)."""


class ReceiptHandleIsInvalid(ValueError):
    """The handle was not given out by this queue (S41)."""

    def __init__(self, receipt_handle: str) -> None:
        super().__init__(f"The input receipt handle {receipt_handle!r} is invalid.")


class ReceiptHandleExpired(ValueError):
    """The visibility timeout of this receive is over, on a FIFO queue (S50)."""

    def __init__(self, receipt_handle: str) -> None:
        super().__init__(f"The receipt handle {receipt_handle!r} has expired.")


def receipt_handle(sequence: int, receive: int, *, name: str = "orders", salt: int = 0) -> str:
    """A receipt handle as a queue gives out, for records made without one (S14)."""
    return f"{handle_stem(name, salt)}{sequence:012X}{receive:08X}"


@functools.lru_cache
def handle_stem(name: str, salt: int) -> str:
    """What all the handles of one queue begin with."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    digest = hashlib.shake_128(f"{name} {salt}".encode()).digest(_FILLER_BYTES)
    return _PREFIX + "".join(alphabet[byte & 63] for byte in digest)


def read_handle(stem: str, handle: str) -> tuple[int, int]:
    """The message's place in its queue and the receive a handle was given out for."""
    tail = handle[len(stem) :]
    if not handle.startswith(stem) or len(tail) != _SEQUENCE_DIGITS + _RECEIVE_DIGITS:
        raise ReceiptHandleIsInvalid(handle)
    try:
        return int(tail[:_SEQUENCE_DIGITS], 16), int(tail[_SEQUENCE_DIGITS:], 16)
    except ValueError:
        raise ReceiptHandleIsInvalid(handle) from None
