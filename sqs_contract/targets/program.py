"""The user's program: the handler, and the functions that show and reset the world.

Owns which modules are imported again, and when. A cold start runs the
handler's modules again, as a new execution environment does. The modules of
`effects` and `reset` are the world: they outlive a sandbox. Where both need the
same module there are two ways to look at it:

- its state is elsewhere (a database, moto): handler and world get a copy each;
- its state is the world (an in-memory store): they share it, and it is
  imported again only with a new world.

Which of them holds is found out by trying (`verify.prepare`), and is
`shares_world` here.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sqs_contract.deployment.creation import Plan
from sqs_contract.deployment.origin import Origin
from sqs_contract.errors import UsageError
from sqs_contract.references import Reference, first_line, import_for, users_traceback
from sqs_contract.targets.known_code import KnownCode
from sqs_contract.targets.modules import (
    ModuleSet,
    forget,
    imported_names,
    is_project_module,
    project_imports,
    source_of,
)
from sqs_contract.targets.purity import only_talks_to_aws

ASYNC_ADVICE: Final = (
    "Lambda's Python runtime would get a coroutine and could not serialise it; "
    "give a plain function that calls asyncio.run"
)

_ASKS: Final = b"get_remaining_time_in_millis"

UserFunction = Callable[..., Any]
Given = str | UserFunction
"""A `module:name` reference, or the function itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSpec:
    """What the user gave: references or the objects themselves.

    Attributes:
        world: what the template deploys; made in every world where there is no `reset`.
        code: directories the handler is imported from, the first in front.
        origin: the template it all comes from, if it was found there.
        fault_sites: functions, `module:function`, whose calls are fault sites.
    """

    handler: Given
    effects: Given | None = None
    reset: Given | None = None
    world: Plan | None = None
    code: tuple[Path, ...] = ()
    origin: Origin | None = None
    fault_sites: tuple[str, ...] = ()


class Program:
    """The handler and the world functions, imported as a world or a cold start needs them."""

    def __init__(self, spec: ProgramSpec) -> None:
        self.spec = spec
        self._before = dict(sys.modules)
        self._handler_ref = _reference(spec.handler, "handler")
        self._effects_ref = _reference(spec.effects, "effects")
        self._reset_ref = _reference(spec.reset, "reset")
        self._world_names = self._closure(spec.effects, spec.reset)
        self._overlap = (
            frozenset(self._world_names) & frozenset(project_imports(self._handler_ref.module))
            if self._handler_ref is not None
            else frozenset()
        )
        self._world_modules: dict[str, ModuleType] = {}
        self._world_code = KnownCode()
        self._sandbox: ModuleSet | None = None
        self._reloads_world = not (callable(spec.effects) or callable(spec.reset))
        self.shares_world = False
        self.warm_only: str | None = None
        """Why cold starts cannot be played, if they cannot."""
        self.handler: UserFunction = _unloaded
        self.effects: UserFunction | None = None
        self.reset: UserFunction | None = None
        self._load_world()
        self.share_world(shared=False)

    def close(self) -> None:
        """Give the person's own modules back: those that were there before stand for themselves."""
        for name, module in self._before.items():
            if sys.modules.get(name) is not module and is_project_module(module):
                self._activate({name: module})

    @property
    def overlaps(self) -> bool:
        """Whether handler and world functions need the same modules."""
        return bool(self._overlap)

    def share_world(self, *, shared: bool) -> None:
        """Choose how modules that both sides need are seen; the next world follows it."""
        self.shares_world = shared
        if self._handler_ref is None:
            self.handler = _handler(self.spec.handler, repr(self.spec.handler))
            self.warm_only = "the handler was given as a function, not as module:name"
            return
        self.warm_only = None
        names = self._world_names if shared else ()
        self._sandbox = ModuleSet(self._handler_ref.module, shared=names)
        if shared and self._handler_ref.module in self._world_names:
            self.warm_only = (
                f"module {self._handler_ref.module!r} holds both the handler and the effects"
            )

    def new_world(self) -> None:
        """Import the modules of the world again, where their state is the world."""
        if self.shares_world and self._reloads_world and self._world_names:
            self._load_world()

    def cold_start(self, *, new_world: bool = False) -> None:
        """Import the handler's modules again, as a new execution environment does."""
        if self._handler_ref is None or self._sandbox is None:
            return
        if self.warm_only and not new_world:
            return
        if self.shares_world:
            self._activate(self._world_modules)
        try:
            module = import_for(self._handler_ref, "handler", self._load_handler)
        except UsageError as error:
            if self.handler is _unloaded:
                raise
            # It could be imported once: the module cannot live twice in a process.
            self.warm_only = str(error)
            return
        found = self._handler_ref.find(module, "handler")
        self.handler = _handler(found, str(self._handler_ref))

    def set_aside(self) -> Callable[[], None]:
        """Another execution environment imports the handler for itself; what is returned
        gives the modules back to the one that has them now."""
        handler = self.handler
        names = self._sandbox.names if self._sandbox is not None else ()
        modules = {name: sys.modules[name] for name in names if name in sys.modules}

        def give_back() -> None:
            self.handler = handler
            self._activate(modules)

        return give_back

    @cached_property
    def libraries(self) -> frozenset[str]:
        """The names that the handler's own modules import, of the project and from outside."""
        reference = self._handler_ref
        module = self.handler.__module__ if reference is None else reference.module
        return frozenset(
            name
            for project_module in project_imports(module)
            for name in imported_names(project_module)
        )

    @cached_property
    def asks_for_time(self) -> bool:
        """Whether the handler's own modules ask for the time that an invocation has left."""
        reference = self._handler_ref
        module = self.handler.__module__ if reference is None else reference.module
        sources = map(source_of, project_imports(module))
        return any(source is not None and _ASKS in source.read_bytes() for source in sources)

    @property
    def outlives_worlds(self) -> bool:
        """Whether code the handler calls is not imported again with a new world."""
        return self._handler_ref is None or (self.shares_world and not self._reloads_world)

    @cached_property
    def _reset_only_talks_to_aws(self) -> bool:
        return self._reset_ref is not None and only_talks_to_aws(self._reset_ref.module)

    @property
    def reset_can_be_replayed(self) -> bool:
        """Whether what `reset` does can be put back from a snapshot of AWS: nothing
        else does it touch, and the handler shares no module with it."""
        if self.shares_world or self._handler_ref is None:
            return False
        return self.reset is None or self._reset_only_talks_to_aws

    @contextmanager
    def world_active(self) -> Iterator[None]:
        """Let the world functions see their own copies of the modules they import."""
        if not self._overlap or self.shares_world:
            yield
            return
        sandbox = {name: sys.modules[name] for name in self._overlap if name in sys.modules}
        # What a world function imports only when it is called is to be its own copy too.
        for name in sandbox:
            forget(name)
        self._activate(self._world_modules)
        try:
            yield
        finally:
            for name in self._overlap:
                if name in sys.modules:
                    self._world_modules[name] = sys.modules[name]
                    forget(name)
            self._activate(sandbox)

    def call_reset(self) -> None:
        """Call the user's `reset`, if there is one.

        Raises:
            UsageError: it raised.
        """
        if self.reset is not None:
            self._call(self.reset, "reset", self._reset_ref)

    def call_effects(self) -> Any:
        """Call the user's `effects`.

        Raises:
            UsageError: it raised.
        """
        assert self.effects is not None
        return self._call(self.effects, "effects", self._effects_ref)

    def _call(self, function: UserFunction, what: str, reference: Reference | None) -> Any:
        try:
            if not self._overlap:
                return function()
            with self.world_active():
                return function()
        except UsageError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the user's code raises
            name = str(reference) if reference else getattr(function, "__name__", "?")
            raise UsageError(
                f"{what} {name!r} raised {type(error).__name__}: {first_line(error)}",
                detail=users_traceback(error),
            ) from None

    def _load_handler(self, name: str) -> ModuleType:
        assert self._sandbox is not None
        if self.shares_world and name in self._world_names:
            return importlib.import_module(name)
        return self._sandbox.load()

    def _load_world(self) -> None:
        if self._reloads_world:
            for name in self._world_names:
                sys.modules.pop(name, None)
        with self._world_code.importable():
            self.effects = self._resolve(self.spec.effects, self._effects_ref, "effects")
            self.reset = self._resolve(self.spec.reset, self._reset_ref, "reset")
        self._world_modules = {
            name: sys.modules[name] for name in self._world_names if name in sys.modules
        }
        for name, module in self._world_modules.items():
            self._world_code.remember(name, module)

    def _resolve(
        self, given: Given | None, reference: Reference | None, what: str
    ) -> UserFunction | None:
        if given is None:
            return None
        if reference is None:
            return _callable(given, what, repr(given))
        module = import_for(reference, what)
        return _callable(reference.find(module, what), what, str(reference))

    @staticmethod
    def _closure(*given: Given | None) -> dict[str, None]:
        modules = [
            Reference.parse(item, "reference").module if isinstance(item, str) else item.__module__
            for item in given
            if item is not None
        ]
        return project_imports(*filter(None, modules))  # a built-in's method is of no module

    @staticmethod
    def _activate(modules: dict[str, ModuleType]) -> None:
        for name, module in modules.items():
            sys.modules[name] = module
            package, dot, last = name.rpartition(".")
            if dot and package in sys.modules:
                setattr(sys.modules[package], last, module)


def _reference(given: Given | None, what: str) -> Reference | None:
    return Reference.parse(given, what) if isinstance(given, str) else None


def _callable(value: Any, what: str, shown: str) -> UserFunction:
    if not callable(value):
        raise UsageError(f"{what} {shown!r} is {type(value).__name__}, which cannot be called")
    return value  # type: ignore[no-any-return]


def _handler(value: Any, shown: str) -> UserFunction:
    handler = _callable(value, "handler", shown)
    call = getattr(handler, "__call__", None)  # noqa: B004  the method is looked at, not called
    for function in (handler, call):
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise UsageError(f"handler {shown!r} is async: {ASYNC_ADVICE}")
    return handler


def _unloaded(*_: object) -> None:
    raise AssertionError("the handler has not been imported yet")
