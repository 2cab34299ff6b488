"""Whether a `reset` does nothing but talk to AWS, told from its source.

If so, what it did can be put back from a snapshot instead of being done again.
Anything that is not plainly harmless counts as more than that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sqs_contract.targets.modules import project_imports, source_of

_HARMLESS: Final = frozenset(
    {
        "__future__", "base64", "boto3", "botocore", "collections", "dataclasses", "datetime",
        "decimal", "enum", "functools", "hashlib", "itertools", "json", "logging", "math", "os",
        "pytest", "re", "string", "textwrap", "time", "typing", "uuid",
    }
)  # fmt: skip
_OS_HARMLESS: Final = frozenset({"environ", "getenv", "path"})
_SUSPECT: Final = frozenset({"open", "exec", "eval", "compile", "__import__", "input"})


def only_talks_to_aws(module: str) -> bool:
    """Whether a module and the project modules it imports use nothing but AWS and plain data."""
    names = project_imports(module)
    return bool(names) and all(_is_harmless(source_of(name), names) for name in names)


def _is_harmless(source: Path | None, project: Iterable[str]) -> bool:
    if source is None:
        return False
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    roots = {name.split(".")[0] for name in project}
    return all(_is_harmless_node(node, roots) for node in ast.walk(tree))


def _is_harmless_node(node: ast.AST, project: set[str]) -> bool:
    match node:
        case ast.Import(names):
            return all(_is_known(alias.name, project) for alias in names)
        case ast.ImportFrom(module, names, level):
            if module == "os":
                return all(alias.name in _OS_HARMLESS for alias in names)
            return level > 0 or _is_known(module or "", project)
        case ast.Attribute(ast.Name("os"), attribute):
            return attribute in _OS_HARMLESS
        case ast.Name(name):
            return name not in _SUSPECT
    return True


def _is_known(module: str, project: set[str]) -> bool:
    root = module.split(".", maxsplit=1)[0]
    return root in _HARMLESS or root in project
