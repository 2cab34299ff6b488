"""Connections to database servers that the handler's process holds open.

When the process is gone they are too, and the server rolls back what was not committed.
"""

from __future__ import annotations

import contextlib
import inspect
import weakref
from typing import Any

from sqs_contract.world.life import life_here


class OpenConnections:
    """What the handler has opened and not closed yet."""

    def __init__(self) -> None:
        self._open: dict[int, weakref.ref[Any]] = {}

    def note(self, connection: Any) -> None:
        """A connection was made. One that is none of the handler's own is left alone."""
        if life_here() is not None:
            key = id(connection)
            self._open[key] = weakref.ref(connection, lambda _: self._open.pop(key, None))

    def close(self, *, for_good: bool) -> None:
        """The process is gone. Where the handler keeps its modules nevertheless, what is not
        committed is rolled back and the connections stay; but for those of an event loop,
        which is gone in any case."""
        for reference in list(self._open.values()):
            connection = reference()
            if connection is None:
                continue
            with contextlib.suppress(Exception):  # it may be broken in any way by now
                if inspect.iscoroutinefunction(connection.close):
                    connection.pgconn.finish()
                elif for_good:
                    connection.close()
                else:
                    connection.rollback()
        if for_good:
            self._open.clear()
