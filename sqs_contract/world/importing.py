"""Doing something with a module each time it has been imported, whoever imports it.

A library that the handler does not import is not imported for its sake, and a
module of the user's, which is imported anew for every cold start, is met each time.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

Action = Callable[[ModuleType], None]

_FINDERS: Final[list[AfterImport]] = []


class AfterImport(importlib.abc.MetaPathFinder):
    """Calls an action with each of some modules, after its code has run."""

    def __init__(self, actions: dict[str, Action]) -> None:
        self._actions = actions

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Watch imports for as long as this is entered."""
        sys.meta_path.insert(0, self)
        _FINDERS.append(self)
        try:
            yield
        finally:
            _FINDERS.remove(self)
            if self in sys.meta_path:
                sys.meta_path.remove(self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The spec the other finders have, with a loader that calls the action in the end."""
        if fullname not in self._actions:
            return None
        for finder in sys.meta_path:
            find: Any = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _Then(spec.loader, self._actions[fullname])
                return spec
        return None


class _Then(importlib.abc.Loader):
    """Another loader, and what is done after it."""

    def __init__(self, loader: Any, action: Action) -> None:
        self._loader = loader
        self._action = action

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._action(module)


def behind_the_watching() -> int:
    """Where on `sys.meta_path` a finder stands first of those that are not only watching."""
    places = [sys.meta_path.index(finder) for finder in _FINDERS if finder in sys.meta_path]
    return max(places, default=-1) + 1
