"""What a handler's process needs at each start that is the same each time, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from sqs_contract.targets.modules import imported_names, project_imports, source_of

_PRELOADED: Final[tuple[str, ...]] = (
    "boto3",
    "botocore",
    "aws_lambda_powertools",
    "pydantic",
    "requests",
    "httpx",
)
"""Libraries that take long to import and do nothing else then: imported once, as in one process."""

_TMP: Final = "/tmp/"  # noqa: S108  Lambda's
_MAKERS: Final = frozenset({"client", "resource", "create_client"})
"""What makes clients, of boto3 and botocore; the service is the first argument."""


def needs_of(handler: str) -> tuple[list[str], list[str]]:
    """The libraries to import, and the services whose models to read, before `module.function`
    is imported. What is missed costs time and nothing else."""
    own = _own_modules(handler)
    names = {name.partition(".")[0] for module in own for name in imported_names(module)}
    libraries = [name for name in _PRELOADED if name in names]
    services = dict.fromkeys(service for module in own for service in _services_of(module))
    return libraries, sorted(services)


def names_tmp(handler: str) -> bool:
    """Whether the handler's own modules name a path in /tmp."""
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and f"{node.value}/".startswith(_TMP)
        for module in _own_modules(handler)
        for node in _nodes_of(module)
    )


def _own_modules(handler: str) -> list[str]:
    """The project's modules that the handler's imports, at any depth."""
    try:
        return list(project_imports(handler.rpartition(".")[0]))
    except (Exception, SystemExit):  # noqa: BLE001  a package may be run to look into it
        return []


def _nodes_of(module: str) -> Iterator[ast.AST]:
    source = source_of(module)
    try:
        tree = None if source is None else ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    if tree is not None:
        yield from ast.walk(tree)


def _services_of(module: str) -> Iterator[str]:
    for node in _nodes_of(module):
        if isinstance(node, ast.Call) and node.args:
            function, first = node.func, node.args[0]
            name = function.attr if isinstance(function, ast.Attribute) else ""
            if name in _MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
