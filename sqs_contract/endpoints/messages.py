"""What is said between a run and the process that calls the endpoint, and how it is sent.

Both sides are ours; what an endpoint said is in it as plain data.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from os import read, write
from typing import Any, Final

_LENGTH: Final = struct.Struct("=Q")
_CHUNK: Final = 1 << 20


class Closed(Exception):
    """The other side is gone."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A `UsageError` there: its one line."""

    message: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of our own there, with its traceback."""

    text: str


def send(descriptor: int, message: object) -> None:
    """Send a message.

    Raises:
        Closed: the other side is gone.
    """
    data = pickle.dumps(message)
    rest = memoryview(_LENGTH.pack(len(data)) + data)
    try:
        while rest:
            rest = rest[write(descriptor, rest[:_CHUNK]) :]
    except OSError:
        raise Closed from None


def receive(descriptor: int) -> Any:
    """Wait for a message.

    Raises:
        Closed: the other side is gone.
    """
    (size,) = _LENGTH.unpack(_exactly(descriptor, _LENGTH.size))
    return pickle.loads(_exactly(descriptor, size))


def _exactly(descriptor: int, size: int) -> bytes:
    data = bytearray()
    try:
        while len(data) < size:
            part = read(descriptor, min(size - len(data), _CHUNK))
            if not part:
                raise Closed
            data += part
    except OSError:
        raise Closed from None
    return bytes(data)
