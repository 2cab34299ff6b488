"""PyMySQL: connecting, each statement, each commit is a site.

A fault breaks the connection, as MySQL's server does when it goes away: what was
not committed is rolled back, and every later call on that connection fails.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.open_connections import OpenConnections
from sqs_contract.faults.sites.passing import Mishaps, called, is_site, raising
from sqs_contract.faults.sites.patches import Patches
from sqs_contract.faults.sites.statements import COMMIT, statement_label

_LIBRARY: Final = "pymysql"
_CANNOT_CONNECT: Final = (2003, "Can't connect to MySQL server ([Errno 111] Connection refused)")
_LOST: Final = (2013, "Lost connection to MySQL server during query")


def install(module: ModuleType, gate: Gate, patches: Patches, connections: OpenConnections) -> None:
    """Make what `pymysql` does at a server sites."""
    library: Any = module
    wrap = _Wraps(library, gate, connections)
    patches.replace(library.connections.Connection, "connect", wrap.connecting)
    patches.replace(library.connections.Connection, "commit", wrap.committing)
    patches.replace(library.cursors.Cursor, "execute", wrap.executing)
    patches.replace(library.cursors.Cursor, "executemany", wrap.executing)


class _Wraps:
    """What stands in the place of PyMySQL's own methods."""

    def __init__(self, library: Any, gate: Gate, connections: OpenConnections) -> None:
        self._error = library.err.OperationalError
        self._gate = gate
        self._connections = connections

    def connecting(self, real: Any) -> Any:
        """`Connection.connect`, which a new connection calls, and one that is to be mended."""
        refused = raising(lambda: self._error(*_CANNOT_CONNECT))
        mishaps = Mishaps(fails=refused, lost=refused)

        def connect(connection: Any, sock: Any = None) -> Any:
            if is_site(self._gate):
                label = f"{_LIBRARY}.connect"
                called(self._gate, label, lambda: real(connection, sock), mishaps)
            else:
                real(connection, sock)
            self._connections.note(connection)

        return connect

    def committing(self, real: Any) -> Any:
        """`Connection.commit`."""

        def commit(connection: Any) -> Any:
            if not is_site(self._gate):
                return real(connection)
            label = f"{_LIBRARY}.{COMMIT}"
            return called(self._gate, label, lambda: real(connection), self._mishaps(connection))

        return commit

    def executing(self, real: Any) -> Any:
        """`Cursor.execute` and `Cursor.executemany`."""

        def execute(cursor: Any, query: Any, args: Any = None) -> Any:
            given = args if real.__name__ == "execute" else None
            label = statement_label(_LIBRARY, query, given) if is_site(self._gate) else None
            if label is None:
                return real(cursor, query, args)
            mishaps = self._mishaps(cursor.connection)
            return called(self._gate, label, lambda: real(cursor, query, args), mishaps)

        return execute

    def _mishaps(self, connection: Any) -> Mishaps:
        def gone() -> Exception:
            connection._force_close()
            lost: Exception = self._error(*_LOST)
            return lost

        return Mishaps(fails=raising(gone), lost=raising(gone))
