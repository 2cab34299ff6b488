"""Where a function's code is imported from, while it is: directories in front of all others."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from sqs_contract.targets.modules import is_project_module


@contextmanager
def importing_from(directories: Sequence[Path]) -> Iterator[None]:
    """Import from some directories first. Modules of the same names from elsewhere, such as
    those of another function, are set aside meanwhile."""
    if not directories:
        yield
        return
    roots = [str(path.resolve()) for path in directories]
    names = {name for root in roots for name in _top_names(Path(root))}
    aside = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in names
        and is_project_module(module)
        and not _lies_in(module, roots)
    }
    for name in aside:
        del sys.modules[name]
    sys.path[:0] = roots
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for root in roots:
            if root in sys.path:
                sys.path.remove(root)
        for name, module in list(sys.modules.items()):
            if is_project_module(module) and _lies_in(module, roots):
                del sys.modules[name]
        sys.modules.update(aside)
        importlib.invalidate_caches()


def _top_names(root: Path) -> Iterator[str]:
    """The modules and packages that lie in a directory."""
    if root.is_dir():
        for path in root.iterdir():
            if path.suffix == ".py" or path.is_dir():
                yield path.stem


def _lies_in(module: ModuleType, roots: Sequence[str]) -> bool:
    file = getattr(module, "__file__", None)
    if file is None:
        return False
    resolved = Path(file).resolve()
    return any(resolved.is_relative_to(root) for root in roots)
