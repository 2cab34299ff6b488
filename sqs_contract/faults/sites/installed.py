"""All sites past boto3: installed as their libraries are imported, taken away in the end.

No library is imported for its site's sake: one that is there already is met at
once, the others when they are first imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from sqs_contract.faults.gate import Gate
from sqs_contract.faults.sites.functions import NamedFunction
from sqs_contract.faults.sites.open_connections import OpenConnections
from sqs_contract.faults.sites.otel import PREFIX, Instrumented
from sqs_contract.faults.sites.patches import Patches
from sqs_contract.world.importing import Action, AfterImport
from sqs_contract.world.life import Life

_SITES: Final[Mapping[str, tuple[str, str]]] = {
    "requests.sessions": ("requests_sessions", "install"),
    "urllib3.connectionpool": ("urllib3_pools", "install"),
    "httpx._client": ("httpx_clients", "install"),
    "aiohttp.client": ("aiohttp_sessions", "install"),
    "urllib.request": ("urllib_openers", "install"),
    "sqlite3": ("sqlite3_connections", "install"),
    "redis.client": ("redis_clients", "install"),
    "redis.asyncio.client": ("redis_clients", "install_async"),
}
"""By the module of the library: the module of ours that knows it, and its function."""

_SERVERS: Final[Mapping[str, tuple[str, str]]] = {
    "psycopg": ("psycopg_connections", "install"),
    "pymysql": ("pymysql_connections", "install"),
}
"""The same for libraries that hold connections to a server of a database."""


class FaultSites:
    """The sites of one world: those of libraries, and those the user named.

    Raises:
        UsageError: one of the names is none of a function, nor of an instrumentation.
    """

    def __init__(self, gate: Gate, names: Sequence[str] = ()) -> None:
        self._gate = gate
        given = list(dict.fromkeys(names))
        self._functions = [
            NamedFunction.parse(name) for name in given if not name.startswith(PREFIX)
        ]
        self.instrumented = [Instrumented.parse(name) for name in given if name.startswith(PREFIX)]
        self._patches = Patches()
        self._in_functions: dict[str, Patches] = {}
        self._connections = OpenConnections()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Make calls fault sites for as long as this is entered."""
        actions: dict[str, Action] = {}
        for name, (site, function) in (*_SITES.items(), *_SERVERS.items()):
            actions[name] = self._installing(name, site, function)
        for named in self._functions:
            actions[named.function.module] = self._install_functions
        for name, action in actions.items():
            if name in sys.modules:
                action(sys.modules[name])
        try:
            with ExitStack() as stack:
                stack.enter_context(AfterImport(actions).installed())
                for library in self.instrumented:
                    stack.enter_context(library.installed(self._gate))
                yield
        finally:
            for patches in self._in_functions.values():
                patches.undo()
            self._patches.undo()

    def check(self) -> None:
        """Make sure that the functions the user named are there.

        Raises:
            UsageError: one is not.
        """
        for function in self._functions:
            function.check()

    def environment_ended(self, life: Life, *, for_good: bool) -> None:
        """A process of the handler's is gone, and its connections with it."""
        self._connections.close(life, for_good=for_good)

    def _installing(self, name: str, site: str, function: str) -> Callable[[ModuleType], None]:
        def install(module: ModuleType) -> None:
            make: Any = getattr(import_module(f"sqs_contract.faults.sites.{site}"), function)
            more = (self._connections,) if name in _SERVERS else ()
            make(module, self._gate, self._patches, *more)

        return install

    def _install_functions(self, module: ModuleType) -> None:
        # A module that was imported anew has functions of its own; those of the old one stay
        # as they are, in a module that nobody has any more.
        patches = self._in_functions[module.__name__] = Patches()
        for function in self._functions:
            if function.function.module == module.__name__:
                function.install(module, self._gate, patches)
