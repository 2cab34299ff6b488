"""sqlite3: each statement and each commit of a connection is a site.

Connections are made of a subclass of the one that was asked for, since those of
the library cannot be changed. SQLAlchemy stands on them and is covered with them.
"""

from __future__ import annotations

from types import ModuleType, TracebackType
from typing import Any, Final

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.passing import Mishaps, called, is_site, raising
from sqs_contract.faults.sites.patches import Patches
from sqs_contract.faults.sites.statements import COMMIT, statement_label

_LIBRARY: Final = "sqlite3"
_TIMEOUT_PLACE: Final = 1
_FACTORY_PLACE: Final = 5


def install(module: ModuleType, gate: Gate, patches: Patches) -> None:
    """Make statements of connections of `sqlite3` sites."""
    library: Any = module
    classes = _Classes(library, gate)

    def make(connect: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if gate.overlapping:  # whoever holds a lock is held: to wait for it is in vain
                if len(args) > _TIMEOUT_PLACE:
                    args = (*args[:_TIMEOUT_PLACE], 0, *args[_TIMEOUT_PLACE + 1 :])
                else:
                    kwargs["timeout"] = 0
            if len(args) > _FACTORY_PLACE:
                base = args[_FACTORY_PLACE]
                given = (*args[:_FACTORY_PLACE], classes.connection(base))
                return connect(*given, *args[_FACTORY_PLACE + 1 :], **kwargs)
            base = kwargs.pop("factory", classes.library.Connection)
            return connect(*args, **kwargs, factory=classes.connection(base))

        return watched

    patches.replace(library, "connect", make)
    # SQLAlchemy takes the function from there.
    patches.replace(library.dbapi2, "connect", lambda _: library.connect)


class _Classes:
    """Subclasses of connections and cursors, each made once."""

    def __init__(self, library: ModuleType, gate: Gate) -> None:
        self.library: Any = library
        self._gate = gate
        self._connections: dict[Any, Any] = {}
        self._cursors: dict[Any, Any] = {}

    def connection(self, base: Any) -> Any:
        """The connections of this class, as sites; a factory that is no class is left alone."""
        if not isinstance(base, type):
            return base
        made = self._connections.get(base)
        if made is None:
            made = self._connections[base] = self._make_connection(base)
        return made

    def _cursor(self, base: Any) -> Any:
        if not isinstance(base, type):
            return base
        made = self._cursors.get(base)
        if made is None:
            made = self._cursors[base] = self._make_cursor(base)
        return made

    def _make_connection(self, base: Any) -> Any:
        classes, gate, library = self, self._gate, self.library

        class Connection(base):  # type: ignore[misc]
            """A connection whose statements and commits are fault sites."""

            def cursor(self, factory: Any = library.Cursor) -> Any:
                return super().cursor(classes._cursor(factory))

            def execute(self, sql: Any, *parameters: Any) -> Any:
                return self.cursor().execute(sql, *parameters)

            def executemany(self, sql: Any, parameters: Any, /) -> Any:
                return self.cursor().executemany(sql, parameters)

            def executescript(self, script: Any, /) -> Any:
                return self.cursor().executescript(script)

            def commit(self) -> None:
                if not self.in_transaction or not is_site(gate):
                    super().commit()
                    return
                label = f"{_LIBRARY}.{COMMIT}"
                called(gate, label, super().commit, classes.mishaps(self))

            def __exit__(
                self,
                kind: type[BaseException] | None,
                error: BaseException | None,
                trace: TracebackType | None,
            ) -> Any:
                if kind is not None:
                    return super().__exit__(kind, error, trace)
                try:
                    self.commit()
                except BaseException:
                    self.rollback()
                    raise
                return False

        Connection.__name__ = Connection.__qualname__ = base.__name__
        return Connection

    def _make_cursor(self, base: Any) -> Any:
        classes, gate = self, self._gate

        def watched(cursor: Any, run: Any, sql: Any, parameters: Any = None) -> Any:
            label = statement_label(_LIBRARY, sql, parameters) if is_site(gate) else None
            if label is None:
                return run()
            return called(gate, label, run, classes.mishaps(cursor.connection))

        class Cursor(base):  # type: ignore[misc]
            """A cursor whose statements are fault sites."""

            def execute(self, sql: Any, *parameters: Any) -> Any:
                run = super().execute
                return watched(self, lambda: run(sql, *parameters), sql, *parameters[:1])

            def executemany(self, sql: Any, parameters: Any, /) -> Any:
                run = super().executemany
                return watched(self, lambda: run(sql, parameters), sql)

            def executescript(self, script: Any, /) -> Any:
                run = super().executescript
                return watched(self, lambda: run(script), script)

        Cursor.__name__ = Cursor.__qualname__ = base.__name__
        return Cursor

    def mishaps(self, connection: Any) -> Mishaps:
        """A lock that is held by another, and a disk that fails: then SQLite rolls back what
        is not committed."""
        error = self.library.OperationalError

        def lost() -> Exception:
            if connection.in_transaction:
                connection.rollback()
            failed: Exception = error("disk I/O error")
            return failed

        return Mishaps(fails=raising(lambda: error("database is locked")), lost=raising(lost))
