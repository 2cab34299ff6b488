"""Code of project modules that are imported again and again: read and compiled once."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, ModuleType

from sqs_contract.world.importing import behind_the_watching


class KnownCode:
    """The code of modules, as far as they have been imported once."""

    def __init__(self) -> None:
        self._code: dict[str, tuple[CodeType, importlib.machinery.ModuleSpec]] = {}

    def remember(self, name: str, module: ModuleType) -> CodeType | None:
        """Keep the code of a module that has been imported; returns it when it is new."""
        spec = module.__spec__
        if name in self._code or spec is None:
            return None
        loader = spec.loader
        if not isinstance(loader, importlib.machinery.SourceFileLoader):
            return None
        code = loader.get_code(name)
        if code is not None:
            self._code[name] = code, spec
        return code

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Modules whose code is known are imported without going to the disk again."""
        finder = _Finder(self._code)
        sys.meta_path.insert(behind_the_watching(), finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, code: dict[str, tuple[CodeType, importlib.machinery.ModuleSpec]]) -> None:
        self._code = code

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  the protocol's
        target: ModuleType | None = None,  # noqa: ARG002  the protocol's
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._code:
            return None
        code, known = self._code[fullname]
        spec = importlib.machinery.ModuleSpec(
            fullname,
            _CodeLoader(code),
            origin=known.origin,
            is_package=known.submodule_search_locations is not None,
        )
        spec.submodule_search_locations = known.submodule_search_locations
        spec.has_location = True
        spec.cached = known.cached
        return spec


class _CodeLoader(importlib.abc.Loader):
    def __init__(self, code: CodeType) -> None:
        self._code = code

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102  what an import is
