"""The model stands on nothing but itself and what computes: the same input, the same output."""

from __future__ import annotations

import ast
from pathlib import Path

import sqs_contract.model

PURE = {
    "__future__", "base64", "binascii", "collections", "dataclasses", "decimal", "enum", "functools",
    "hashlib", "heapq", "ipaddress", "json", "operator", "re", "struct", "types", "typing", "uuid",
}  # fmt: skip
MODULES = sorted(Path(sqs_contract.model.__file__).parent.glob("*.py"))


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            yield node.module


def test_every_import_is_the_models_own_or_a_pure_part_of_the_standard_library():
    found = {(path.name, name) for path in MODULES for name in imports_of(path)}
    assert len(found) > 100
    foreign = {
        (module, name)
        for module, name in found
        if name.partition(".")[0] not in PURE and not f"{name}.".startswith("sqs_contract.model.")
    }
    assert foreign == set()


def test_ids_are_made_from_what_is_given_not_by_chance():
    """Of `uuid`, only the class that writes 16 bytes down."""
    used = {
        node.attr
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "uuid"
    }
    assert used == {"UUID"}
