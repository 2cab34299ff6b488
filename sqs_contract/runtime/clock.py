"""At which date runtime processes live: the real time, moved by an offset they share with us.

Two runs are then played at dates as far apart as a clause wants them, and a slow call takes time
without anybody waiting. In between their clock goes on as the real one does.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Final

_NUMBER: Final = struct.Struct("<q")
_OFFSET, _FOLLOWS, _SHARES_TMP = (place * _NUMBER.size for place in range(3))
_SIZE: Final = 3 * _NUMBER.size


class SharedClock:
    """An offset in microseconds, in a file that a process has mapped or reads, and what the
    process has said of itself. Each has its own place: nobody writes what is another's.

    Args:
        path: of the file; it is made where it is not there.
    """

    def __init__(self, path: str | Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < _SIZE:
                os.ftruncate(descriptor, _SIZE)
            self._memory = mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)

    @property
    def offset_us(self) -> int:
        """What is added to the real time."""
        return self._read(_OFFSET)

    @offset_us.setter
    def offset_us(self, offset_us: int) -> None:
        self._write(_OFFSET, offset_us)

    @property
    def is_followed(self) -> bool:
        """Whether the process has said that it lives by it: one of which we do not know lives
        at the real date."""
        return bool(self._read(_FOLLOWS))

    def follow(self) -> None:
        """Say so."""
        self._write(_FOLLOWS, 1)

    @property
    def shares_tmp(self) -> bool:
        """Whether the process has the same /tmp as all others."""
        return bool(self._read(_SHARES_TMP))

    def share_tmp(self) -> None:
        """Say so."""
        self._write(_SHARES_TMP, 1)

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()

    def _read(self, place: int) -> int:
        return int(_NUMBER.unpack_from(self._memory, place)[0])

    def _write(self, place: int, number: int) -> None:
        _NUMBER.pack_into(self._memory, place, number)
