"""Connections to database servers that the handler's process holds open.

When the process is gone they are too, and the server rolls back what was not committed.
"""

from __future__ import annotations

import contextlib
import inspect
import weakref
from typing import Any

from sqs_contract.world.life import Life, life_here


class OpenConnections:
    """What the handler has opened and not closed yet."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[weakref.ref[Any], Life]] = {}

    def note(self, connection: Any) -> None:
        """A connection was made. One that is none of the handler's own is left alone."""
        life = life_here()
        if life is not None:
            key = id(connection)
            reference = weakref.ref(connection, lambda _: self._open.pop(key, None))
            self._open[key] = reference, life

    def close(self, life: Life, *, for_good: bool) -> None:
        """The process of this life is gone. Where the handler keeps its modules nevertheless, what is not
        committed is rolled back and the connections stay; but for those of an event loop,
        which is gone in any case."""
        for key, (reference, whose) in list(self._open.items()):
            connection = reference()
            if connection is None or whose is not life:
                continue
            if for_good:
                del self._open[key]
            with contextlib.suppress(Exception):  # it may be broken in any way by now
                if inspect.iscoroutinefunction(connection.close):
                    connection.pgconn.finish()
                elif for_good:
                    connection.close()
                else:
                    connection.rollback()
