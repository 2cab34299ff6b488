"""What a handler leaves on this machine: files in /tmp, and open SQLite connections.

Lambda's /tmp lives as long as the execution environment, a connection as long
as its process. Both are seen by an audit hook, which does nothing while no
world runs. Only what the handler itself made is ever taken away, and only below
the directory for temporary files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqs_contract.world.life import Life, life_here
from sqs_contract.world.shelf import BESIDE, Shelf

_OURS: Final = 2
"""References to a connection nobody else has: the dictionary's, and the one that counts them."""

_LOOKS: Final = frozenset({"os.listdir", "os.scandir"})
_MAKES: Final = frozenset({"os.mkdir", "sqlite3.connect"})
_WATCHED: Final = _LOOKS | _MAKES | {"open", "os.rename", "sqlite3.connect/handle"}


class Leftovers:
    """The leftovers of the world that runs."""

    def __init__(self) -> None:
        self._made: dict[str, None] = {}
        self._shelves: list[Shelf] = []
        self._worlds: set[str] = set()
        self._ever_the_worlds: set[str] = set()
        """Of earlier runs too: `effects` may look for the first time when all is over."""
        self._connections: dict[int, Any] = {}
        self._whose: dict[int, Life] = {}
        self._databases: set[str] = set()
        self._below: tuple[str, ...] = ()
        self._not_below: tuple[str, ...] = ()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """See what is left behind, and take it away in the end."""
        temporary = tempfile.gettempdir()
        self._below = (_folder(temporary), _folder(os.path.realpath(temporary)))
        # A project that lies there, as in a test of ours, is the user's all the same.
        here = (_folder("."), _folder(os.path.realpath(".")))
        self._not_below = tuple(it for it in here if it.startswith(self._below))
        self._not_below = tuple(it for it in self._not_below if it not in self._below)
        before = _Hook.leftovers
        _install()
        _Hook.leftovers = self
        try:
            yield
        finally:
            self.close()
            self.fresh()
            _Hook.leftovers = before

    def fresh(self) -> None:
        """A new world: nothing is left of the one before, except databases that a handler
        which keeps its modules has open."""
        if self._made:
            kept = self._databases if self._connections else ()
            self._remove([path for path in self._made if path not in kept])
        with _unseen():
            while self._shelves:
                self._shelves.pop().remove()
        self._worlds.clear()

    def renew(self) -> None:
        """A new execution environment has a new /tmp. What the world looks at is the world's."""
        if self._made:
            self._remove([path for path in self._made if not self._is_the_worlds(path)])

    def set_aside(self) -> Callable[[], None]:
        """Another environment gets the word, with a /tmp of its own; what is returned takes
        its files away, and puts back those of this one."""
        mine = [path for path in self._made if not _are_related(path, self._ever_the_worlds)]
        shelf = self._shelve(mine) if mine else None

        def give_back() -> None:
            self.renew()
            if shelf is not None:
                self._take_from(shelf)

        return give_back

    def _shelve(self, paths: list[str]) -> Shelf:
        with _unseen():
            shelf = Shelf(paths)
        self._shelves.append(shelf)
        for path in paths:
            del self._made[path]
        return shelf

    def _take_from(self, shelf: Shelf) -> None:
        if shelf not in self._shelves:
            return  # the world that had it is gone
        self._shelves.remove(shelf)
        with _unseen():
            shelf.put_back()
        self._made.update(dict.fromkeys(shelf.paths))

    def wait_for_no_locks(self) -> None:
        """Another environment gets the word, and may be held in turn: whoever meets a lock of
        it is told at once that the database is locked, and does not wait in real time."""
        if not self._connections:
            return
        import sqlite3  # noqa: PLC0415  the handler has imported it

        for connection in self._connections.values():
            with contextlib.suppress(sqlite3.Error):  # one of another thread, or closed
                connection.execute("PRAGMA busy_timeout = 0")

    def close(self, life: Life | None = None, *, for_good: bool = True) -> None:
        """The process is gone: its connections lose what they had not committed, and their locks.

        Where the handler keeps its modules nevertheless, the connections stay open.
        Without a life, those of all processes are meant.
        """
        if not self._connections:
            return
        import sqlite3  # noqa: PLC0415  the handler has imported it

        self._let_go()
        for key in list(self._connections):
            if life is not None and self._whose[key] is not life:
                continue
            connection = self._connections.pop(key)
            # One of another thread refuses to be touched: it is freed with its thread.
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
                if for_good:
                    connection.close()
                else:
                    self._connections[key] = connection

    def _let_go(self) -> None:
        """Forget the connections that only we still refer to, which closes them. There are
        no weak references to connections."""
        for key in list(self._connections):
            if sys.getrefcount(self._connections[key]) <= _OURS:
                del self._connections[key]

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        """Something was opened."""
        if event == "sqlite3.connect/handle":
            life = life_here()
            if life is not None:
                self._let_go()
                self._connections[id(args[0])] = args[0]
                self._whose[id(args[0])] = life
            return
        if event == "os.rename":
            self._note_path(args[1], makes=True)
            return
        if isinstance(args[0], int) or args[0] is None:
            return
        if event == "sqlite3.connect":
            self._databases.add(_absolute(args[0]))
        self._note_path(
            args[0], makes=event in _MAKES or (event == "open" and bool(args[2] & os.O_CREAT))
        )

    def _note_path(self, given: Any, *, makes: bool) -> None:
        path = _absolute(given)
        if not path.startswith(self._below) or path.startswith(self._not_below):
            return
        if life_here() is None:
            self._worlds.add(path)
            self._ever_the_worlds.add(path)
        elif makes and path not in self._made and not os.path.lexists(path):
            self._made[path] = None

    def _is_the_worlds(self, path: str) -> bool:
        return _are_related(path, self._worlds)

    def _remove(self, paths: list[str]) -> None:
        with _unseen():
            for path in reversed(paths):
                self._made.pop(path, None)
                if Path(path).is_dir() and not Path(path).is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                    continue
                for name in (path, *(path + suffix for suffix in BESIDE)):
                    with contextlib.suppress(OSError):
                        Path(name).unlink()


def _absolute(path: Any) -> str:
    # No links are followed: it is the path that was named that counts, and is cheap.
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100


def _are_related(path: str, others: Collection[str]) -> bool:
    """Whether a path is one of the others, lies in one, or has one in it."""
    return any(
        _folder(path).startswith(_folder(other)) or _folder(other).startswith(_folder(path))
        for other in others
    )


def _folder(path: str) -> str:
    return _absolute(path).rstrip(os.sep) + os.sep


class _Hook:
    """The audit hook's only state: it cannot be taken away again."""

    leftovers: Leftovers | None = None
    installed = False
    busy = False


@contextmanager
def _unseen() -> Iterator[None]:
    """What we do ourselves is not the handler's."""
    before, _Hook.busy = _Hook.busy, True
    try:
        yield
    finally:
        _Hook.busy = before


def _install() -> None:
    if not _Hook.installed:
        _Hook.installed = True
        sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if _Hook.leftovers is None or event not in _WATCHED or _Hook.busy:
        return
    _Hook.busy = True
    try:
        with contextlib.suppress(Exception):  # whatever the handler gave: it is for `open` to say
            _Hook.leftovers.note(event, args)
    finally:
        _Hook.busy = False
