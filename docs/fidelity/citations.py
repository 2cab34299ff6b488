"""Finds where code and tests cite a rule: `S57`, `S22-S25`, `N3` in docstrings and comments.

Owns what counts as a citation. A range in the opening docstring of a module says
what the module is about, and claims nothing. S3, which is a service as well, is
taken for the rule only where it cannot be the service.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TOKEN: Final = re.compile(r"\b(?P<kind>[SN])(?P<first>\d+)(?:-(?P=kind)(?P<last>\d+))?\b")
_SERVICE: Final = "S3"
_RULE_BEFORE: Final = re.compile(r"(?:^|\(|\b[SN]\d+, )$")
_RULE_AFTER: Final = re.compile(r"^(?:[):.]|, [SN]\d)")
_LINT: Final = re.compile(r"#\s*(?:noqa|type|pyright|fmt).*")

_Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """One rule cited in one place.

    Attributes:
        rule: `S57`.
        file: path of the file, relative to the folder that was searched.
        name: the function, class or constant that cites it; empty: the module.
        direct: by its own number, and not within a range.
    """

    rule: str
    file: str
    name: str
    direct: bool


def citations_in(root: Path, folder: str, pattern: str = "*.py") -> Iterator[Citation]:
    """Every citation in the files of a folder; links are not followed."""
    for path in sorted((root / folder).rglob(pattern)):
        file = path.relative_to(root).as_posix()
        if not any(parent.is_symlink() for parent in path.parents):
            source = path.read_text(encoding="utf-8")
            yield from citations_of(source, file)


def citations_of(source: str, file: str) -> Iterator[Citation]:
    """Every citation in a source."""
    tree = ast.parse(source)
    for name, text in _docstrings(tree, ""):
        for rule, direct in rules_in(text, ranges=bool(name)):
            yield Citation(rule, file, name, direct)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            text = _LINT.sub("", token.string).lstrip("# ")
            name = _name_at(tree, token.start[0])
            for rule, direct in rules_in(text):
                yield Citation(rule, file, name, direct)


def rules_in(text: str, *, ranges: bool = True) -> Iterator[tuple[str, bool]]:
    """The rules a text cites, and whether each by its own number; a range cites all of its rules."""
    for found in _TOKEN.finditer(text):
        first = last = int(found["first"])
        if found["last"] is not None:
            last = int(found["last"]) if ranges else first - 1
        elif found[0] == _SERVICE and not _means_the_rule(text, found):
            continue
        direct = found["last"] is None
        yield from ((f"{found['kind']}{number}", direct) for number in range(first, last + 1))


def _means_the_rule(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    return bool(_RULE_BEFORE.search(before) and (_RULE_AFTER.match(after) or not after))


def _docstrings(scope: _Scope, name: str) -> Iterator[tuple[str, str]]:
    """Docstrings of a scope and of all in it, those under assignments too."""
    docstring = ast.get_docstring(scope)
    if docstring:
        yield name, docstring
    before: ast.stmt | None = None
    for statement in scope.body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings(statement, f"{name}.{statement.name}".lstrip("."))
        elif before is not None and isinstance(statement, ast.Expr):
            value = statement.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield _assigned(before, name), value.value
        before = statement


def _name_at(scope: _Scope, line: int, name: str = "") -> str:
    """The innermost definition around a line, or the assignment that holds or follows it."""
    for statement in scope.body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([statement.lineno, *(item.lineno for item in statement.decorator_list)])
            if first <= line <= (statement.end_lineno or first):
                return _name_at(statement, line, f"{name}.{statement.name}".lstrip("."))
        elif not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) and line <= (
            statement.end_lineno or 0
        ):
            return _assigned(statement, name)
    return name


def _assigned(statement: ast.stmt, name: str) -> str:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target)):
            return f"{name}.{target}".lstrip(".")
    return name
