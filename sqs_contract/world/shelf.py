"""Files in /tmp that stand aside while another execution environment has the word."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Sequence
from typing import Final

BESIDE: Final = ("-journal", "-wal", "-shm")
"""What SQLite puts beside a file, and may find there again."""

_numbers = itertools.count(1)


class Shelf:
    """A folder that holds the files and folders of some paths until they are put back.

    What a path's process has open stays open: files are renamed on one file system.

    Args:
        paths: as they were made: a folder before what lies in it. Some may be gone by now.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = tuple(paths)
        name = f"sqs-contract-aside-{os.getpid()}-{next(_numbers)}"
        # Not `mkdtemp`: the names it draws are the handler's to draw.
        self._folder = os.path.join(tempfile.gettempdir(), name)  # noqa: PTH118
        os.mkdir(self._folder)  # noqa: PTH102
        self._moved = [
            (path, aside)
            for number, given in enumerate(paths)
            for path, aside in self._places(given, number)
            if _renamed(path, aside)
        ]

    def put_back(self) -> None:
        """All is where it was."""
        for path, aside in self._moved:
            _renamed(aside, path)
        self.remove()

    def remove(self) -> None:
        """The folder is gone, and what is still in it."""
        self._moved = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def _places(self, path: str, number: int) -> Sequence[tuple[str, str]]:
        aside = os.path.join(self._folder, str(number))  # noqa: PTH118
        return [(path + suffix, aside + suffix) for suffix in ("", *BESIDE)]


def _renamed(path: str, to: str) -> bool:
    """Whether it was there: what lies in a folder goes with the folder."""
    with contextlib.suppress(OSError):
        os.rename(path, to)  # noqa: PTH104
        return True
    return False
