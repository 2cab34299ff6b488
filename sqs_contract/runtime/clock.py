"""At which date runtime processes live: the real time, moved by an offset they share with us.

Two runs are then played at dates as far apart as a clause wants them, and a slow call takes time
without anybody waiting. In between their clock goes on as the real one does.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path
from typing import Final

_LAYOUT: Final = struct.Struct("<qq")

# Bound once, before anything is patched.
_real_time_ns: Final = time.time_ns


class SharedClock:
    """An offset in microseconds, in a file that the processes have mapped or read, and whether
    one has said that it lives by it.

    Args:
        path: of the file; it is made where it is not there.
    """

    def __init__(self, path: str | Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < _LAYOUT.size:
                os.ftruncate(descriptor, _LAYOUT.size)
            self._memory = mmap.mmap(descriptor, _LAYOUT.size)
        finally:
            os.close(descriptor)

    @property
    def offset_us(self) -> int:
        """What is added to the real time."""
        return int(_LAYOUT.unpack_from(self._memory)[0])

    @offset_us.setter
    def offset_us(self, offset_us: int) -> None:
        _LAYOUT.pack_into(self._memory, 0, offset_us, self.is_followed)

    @property
    def is_followed(self) -> bool:
        """Whether a process has said so: one of which we do not know lives at the real date."""
        return bool(_LAYOUT.unpack_from(self._memory)[1])

    def follow(self) -> None:
        """Say so."""
        _LAYOUT.pack_into(self._memory, 0, self.offset_us, True)

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
