"""Messages between two processes of ours, over a pipe or a socket: how they are framed and sent."""

from __future__ import annotations

import copyreg
import io
import pickle
import struct
from collections.abc import Mapping
from os import read, write  # bound before any handler can put its own in their place
from types import MappingProxyType
from typing import Any, Final

_LENGTH: Final = struct.Struct("=Q")
_CHUNK: Final = 1 << 20


class Closed(Exception):
    """The other side is gone."""


class _Pickler(pickle.Pickler):
    """Writes down the mappings that nobody may change, too."""

    dispatch_table: Mapping[Any, Any] = {
        **copyreg.dispatch_table,
        MappingProxyType: lambda proxy: (_read_only, (dict(proxy),)),
    }


def _read_only(data: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(data)


def send(descriptor: int, message: object) -> None:
    """Send a message.

    Raises:
        Closed: the other side is gone.
    """
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(message)
    data = buffer.getvalue()
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
    arriving = Arriving()
    while not arriving.complete:
        arriving.read_from(descriptor)
    return arriving.message()


class Arriving:
    """A message of which a part has arrived: for whoever must look elsewhere while it waits."""

    def __init__(self) -> None:
        self._size: int | None = None
        self._data = bytearray()

    @property
    def complete(self) -> bool:
        """Whether all of it is there."""
        return len(self._data) == self._size

    def read_from(self, descriptor: int) -> None:
        """Read some more of it, and nothing beyond it; waits if there is nothing to read yet.

        Raises:
            Closed: the other side is gone.
        """
        missing = (_LENGTH.size if self._size is None else self._size) - len(self._data)
        try:
            part = read(descriptor, min(missing, _CHUNK))
        except OSError:
            raise Closed from None
        if not part:
            raise Closed
        self._data += part
        if self._size is None and len(self._data) == _LENGTH.size:
            (self._size,) = _LENGTH.unpack(self._data)
            self._data.clear()

    def message(self) -> Any:
        """The message, once it is complete."""
        assert self.complete, "the rest is still to come"
        return pickle.loads(self._data)
