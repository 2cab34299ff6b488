"""The folder of a run: in memory if possible, locked while the run is on, and removed with it.

The keeper removes it where the run is killed; where the keeper is killed too, the next run does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = "sqs-contract-runtime-"
_LOCK: Final = "lock"
_YOUNG_S: Final = 3_600
"""A folder that has no lock yet may be one that is just being made."""


@contextmanager
def folder_of_run() -> Iterator[Path]:
    """A folder for this run; those of runs that are over are removed."""
    place = _place()
    for left in Path(place).glob(f"{_PREFIX}*"):
        if _is_over(left):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place) as name:
        folder = Path(name)
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def _place() -> str:
    """Where our own files lie: in memory if possible, and not in the /tmp that is hidden."""
    memory = "/dev/shm"  # noqa: S108  a folder of ours below it
    return memory if os.access(memory, os.W_OK | os.X_OK) else tempfile.gettempdir()


def _is_over(folder: Path) -> bool:
    """Whether nobody holds the lock of a folder."""
    with contextlib.suppress(OSError):
        if folder.stat().st_uid != os.getuid():
            return False
        if not (folder / _LOCK).exists():
            return time.time() - folder.stat().st_mtime > _YOUNG_S
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False
