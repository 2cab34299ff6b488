"""The handler's own modules, imported fresh for a cold start and kept for warm ones.

Modules of the standard library and of installed packages are imported once
and shared; those of the user's project are run again for every execution
environment, so that module state is as fresh as on Lambda.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.machinery
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

from sqs_contract.targets.hashing import calls_hash, salt_modules
from sqs_contract.targets.known_code import KnownCode

_INSTALLED: Final = tuple(
    str(Path(sysconfig.get_path(name)).resolve())
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_INSTALLED_PARTS: Final = frozenset({"site-packages", "dist-packages"})
_OURSELVES: Final = str(Path(__file__).resolve().parent.parent)


@functools.lru_cache(maxsize=4096)
def _is_project_file(file: str) -> bool:
    path = Path(file).resolve()
    if _INSTALLED_PARTS & set(path.parts) or str(path).startswith(_OURSELVES):
        return False
    return not str(path).startswith(_INSTALLED)


def is_project_module(module: ModuleType) -> bool:
    """Whether a module belongs to the user's project rather than to an installed package."""
    file = getattr(module, "__file__", None)
    return file is not None and file.endswith(".py") and _is_project_file(file)


class ModuleSet:
    """The project modules one import brings in, which can be imported again.

    `shared` names modules that are never imported again: they hold the world
    (an in-memory store, say), not the state of a sandbox.
    """

    def __init__(self, module: str, *, shared: Iterable[str] = ()) -> None:
        self._module = module
        self._shared = frozenset(shared)
        self._code = KnownCode()
        self._known: set[str] = set()
        self._hashing: dict[str, None] = {}
        self._before: set[str] | None = None
        self._seen = 0

    @property
    def names(self) -> frozenset[str]:
        """The modules that belong to the set, as far as they have been imported."""
        return frozenset(self._known)

    def load(self) -> ModuleType:
        """Import the module and the project modules it needs, fresh.

        They stay in `sys.modules` until the next `load`. What the import raises
        passes through.
        """
        first = self._before is None
        if first:
            self._known.update(
                name for name in project_imports(self._module) if name not in self._shared
            )
            self._before = set(sys.modules) - self._known
        self._adopt()  # what the handler imported while it ran
        for name in self._known:
            forget(name)
        with self._code.importable():
            module = importlib.import_module(self._module)
        if first:
            self._seen = 0  # they may have been there before, as many as now
        self._adopt()
        if self._hashing:
            salt_modules(sys.modules[name] for name in self._hashing if name in sys.modules)
        return module

    def _adopt(self) -> None:
        assert self._before is not None
        if len(sys.modules) == self._seen:
            return
        for name in [name for name in sys.modules if name not in self._before]:
            module = sys.modules[name]
            if name not in self._shared and is_project_module(module):
                self._known.add(name)
                code = self._code.remember(name, module)
                if code is not None and calls_hash(code):
                    self._hashing[name] = None
            elif name not in self._known:
                self._before.add(name)
        self._seen = len(sys.modules)


def forget(name: str) -> None:
    """Take a module out of `sys.modules` and of its package, so that it is imported again."""
    module = sys.modules.pop(name, None)
    package, dot, last = name.rpartition(".")
    parent = sys.modules.get(package) if dot else None
    # `from package import module` would find the old one there.
    if module is not None and getattr(parent, last, None) is module:
        delattr(parent, last)


def project_imports(*modules: str) -> dict[str, None]:
    """The named modules and every project module they import, at any depth.

    Read from the source, so that imports inside functions count. Modules
    outside the project, and what cannot be found, are left out.
    """
    found: dict[str, None] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        source = source_of(name)
        if source is None:
            continue
        found[name] = None
        package, dot, _ = name.rpartition(".")
        if dot:
            waiting.append(package)
        waiting += _imports_of(source, name)
    return found


def imported_names(name: str) -> tuple[str, ...]:
    """What a project module imports, by name, wherever in its source it does."""
    source = source_of(name)
    return () if source is None else _imports_of(source, name)


def source_of(name: str) -> Path | None:
    """The source file of a project module; `None` for any other."""
    top = name.partition(".")[0]
    if top != name:
        # To find what is in a package, the package is imported: libraries are spared that.
        outer = _spec_of(top)
        if outer is not None and outer.origin is not None and _project_file(outer) is None:
            return None
    spec = _spec_of(name)
    return None if spec is None else _project_file(spec)


def _spec_of(name: str) -> ModuleSpec | None:
    module = sys.modules.get(name)
    spec = module.__spec__ if module is not None else None
    if spec is None:
        try:
            spec = importlib.util.find_spec(name)
        except (Exception, SystemExit):  # noqa: BLE001  a package is run to look into it
            return None
    return spec


def _project_file(spec: ModuleSpec) -> Path | None:
    if spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin) if _is_project_file(spec.origin) else None


@functools.lru_cache(maxsize=1024)
def _imports_of(source: Path, name: str) -> tuple[str, ...]:
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ()
    package = name if source.name == "__init__.py" else name.rpartition(".")[0]
    imports: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, *([base] if base else [])])
            imports.append(base)
            imports += [f"{base}.{alias.name}" for alias in node.names]
    return tuple(imports)
