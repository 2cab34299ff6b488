"""psycopg 3: connecting, each statement, each commit is a site, synchronous or not.

A fault breaks the connection, as PostgreSQL's server does when it goes away: what
was not committed is rolled back, and every later call on that connection fails.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, Final

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.open_connections import OpenConnections
from sqs_contract.faults.sites.passing import Mishaps, awaited, called, is_site, raising
from sqs_contract.faults.sites.patches import Patches
from sqs_contract.faults.sites.statements import COMMIT, statement_label

_LIBRARY: Final = "psycopg"
_COMMIT: Final = f"{_LIBRARY}.{COMMIT}"
_WAIT_FOR_NO_LOCKS: Final = b"SET lock_timeout TO 100"  # milliseconds; 0 is for ever
_GONE: Final = "server closed the connection unexpectedly"


def install(module: ModuleType, gate: Gate, patches: Patches, connections: OpenConnections) -> None:
    """Make what `psycopg` does at a server sites."""
    library: Any = module
    wrap = _Wraps(library, gate)

    def make_init(real: Any) -> Any:
        def init(connection: Any, *args: Any, **kwargs: Any) -> None:
            real(connection, *args, **kwargs)
            connections.note(connection)

        return init

    for kind in (library.Connection, library.AsyncConnection):
        patches.replace(kind, "__init__", make_init)
        patches.replace(kind, "connect", wrap.connecting)
        patches.replace(kind, "commit", wrap.committing)
    patches.replace(library, "connect", lambda _: library.Connection.connect)
    # A cursor of the server's has its own `execute`, and calls no other.
    for name in ("Cursor", "AsyncCursor", "ServerCursor", "AsyncServerCursor"):
        for method in ("execute", "executemany"):
            if method in vars(getattr(library, name)):
                patches.replace(getattr(library, name), method, wrap.executing)
    for kind in (library.Transaction, library.AsyncTransaction):
        leave = "__exit__" if "__exit__" in vars(kind) else "__aexit__"
        patches.replace(kind, leave, wrap.leaving)


class _Wraps:
    """What stands in the place of psycopg's own methods."""

    def __init__(self, library: Any, gate: Gate) -> None:
        self._library = library
        self._gate = gate

    def connecting(self, real: Any) -> Any:
        """`Connection.connect`, which is a class method."""
        function = real.__func__
        error = self._library.OperationalError
        refused = raising(lambda: error("connection failed: Connection refused"))
        mishaps = Mishaps(fails=refused, lost=refused)

        def connect(kind: Any, *args: Any, **kwargs: Any) -> Any:
            return self._call(
                f"{_LIBRARY}.connect", lambda: function(kind, *args, **kwargs), mishaps, function
            )

        return classmethod(connect)

    def committing(self, real: Any) -> Any:
        """`Connection.commit`; without a transaction it does nothing."""

        def commit(connection: Any) -> Any:
            label = _COMMIT if self._is_in_transaction(connection) else None
            return self._call(label, lambda: real(connection), self._mishaps(connection), real)

        return commit

    def executing(self, real: Any) -> Any:
        """`Cursor.execute` and `Cursor.executemany`."""

        def execute(cursor: Any, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
            connection = cursor.connection
            given = params if real.__name__ == "execute" else None
            label = statement_label(_LIBRARY, self._text(query, connection), given)

            def send() -> Any:
                self._wait_for_no_locks(connection)
                return real(cursor, query, params, *args, **kwargs)

            return self._call(label, send, self._mishaps(connection), real)

        return execute

    def leaving(self, real: Any) -> Any:
        """`Transaction.__exit__`: without an error, the outermost one commits."""

        def leave(transaction: Any, kind: Any, error: Any, trace: Any) -> Any:
            connection = transaction.connection
            commits = kind is None and getattr(transaction, "_outer_transaction", True)
            return self._call(
                _COMMIT if commits else None,
                lambda: real(transaction, kind, error, trace),
                self._mishaps(connection),
                real,
            )

        return leave

    def _call(self, label: str | None, send: Any, mishaps: Mishaps, real: Any) -> Any:
        if label is None or not is_site(self._gate):
            return send()
        if inspect.iscoroutinefunction(real):
            return awaited(self._gate, label, send, mishaps)
        return called(self._gate, label, send, mishaps)

    def _wait_for_no_locks(self, connection: Any) -> None:
        """While an invocation is held, whoever meets a lock of it is told soon: to wait is in
        vain, since it goes on only when the other has ended."""
        pgconn, states = connection.pgconn, self._library.pq.TransactionStatus
        if (
            self._gate.overlapping
            and pgconn.transaction_status in (states.IDLE, states.INTRANS)
            and not pgconn.pipeline_status
        ):
            pgconn.exec_(_WAIT_FOR_NO_LOCKS)

    def _is_in_transaction(self, connection: Any) -> bool:
        return bool(connection.info.transaction_status != self._library.pq.TransactionStatus.IDLE)

    def _text(self, query: Any, connection: Any) -> Any:
        if isinstance(query, str | bytes):
            return query
        as_string = getattr(query, "as_string", None)
        return as_string(connection) if as_string is not None else repr(query)

    def _mishaps(self, connection: Any) -> Mishaps:
        def gone() -> Exception:
            connection.pgconn.finish()
            error: Exception = self._library.OperationalError(_GONE)
            return error

        return Mishaps(fails=raising(gone), lost=raising(gone))
