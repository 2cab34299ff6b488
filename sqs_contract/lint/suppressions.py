"""What is to be passed over: said in the template, or in `pyproject.toml`.

In a template a resource says so in its metadata, or a comment in its line or the line above:
`# sqs-contract: ignore=SQSC403,low-max-receive-count`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.resources import Item
from sqs_contract.deployment.values import Place
from sqs_contract.errors import UsageError
from sqs_contract.lint.problem import Rule
from sqs_contract.lint.rules import BY_NAME

_COMMENT: Final = re.compile(r"(?:#|//)\s*sqs-contract:\s*ignore\s*=\s*([\w,\s-]+)")
_METADATA: Final = "sqs-contract"
_SETTINGS: Final = "pyproject.toml"


class Lines:
    """The lines of files, each read once; a file that is not there has none."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def of(self, file: str) -> list[str]:
        """The lines of a file."""
        found = self._files.get(file)
        if found is None:
            try:
                text = Path(file).read_text(encoding="utf-8-sig", errors="replace")
            except OSError:
                text = ""
            found = self._files[file] = text.split("\n")
        return found

    def at(self, place: Place, before: int = 0) -> str:
        """The line of a place, or one so many lines before it."""
        number = (place.line or 0) - before
        lines = self.of(place.file) if number > 0 else []
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def column(self, place: Place) -> int | None:
        """Where the text of a place's line starts, from 1."""
        line = self.at(place)
        return len(line) - len(line.lstrip(" \t")) + 1 if line.strip() else None


class Suppressions:
    """What a template and the configuration say to pass over."""

    def __init__(self, everywhere: frozenset[str], lines: Lines) -> None:
        self._everywhere = everywhere
        self._lines = lines
        self._known: dict[int, frozenset[str]] = {}
        self._unknown: dict[str, None] = {}

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """A sentence on each rule that is to be passed over and does not exist."""
        return tuple(self._unknown)

    def cover(self, rule: Rule, place: Place, items: Iterable[Item]) -> bool:
        """Whether a rule is to be passed over at a place, and for these resources."""
        if rule.code in self._everywhere or rule.code in self._by_comment(place):
            return True
        return any(rule.code in self._of(item) for item in items)

    def _of(self, item: Item) -> frozenset[str]:
        found = self._known.get(id(item))
        if found is None:
            by_metadata = frozenset(self._by_metadata(item))
            found = self._known[id(item)] = by_metadata | self._by_comment(item.place)
        return found

    def _by_metadata(self, item: Item) -> Iterator[str]:
        own = item.metadata.get(_METADATA)
        ignored = own.get("ignore") if isinstance(own, Mapping) else None
        for name in ignored if isinstance(ignored, list) else [ignored] if ignored else ():
            yield from self._code(str(name), item.place)

    def _by_comment(self, place: Place) -> frozenset[str]:
        above = self._lines.at(place, before=1).strip()
        texts = [self._lines.at(place), above if above.startswith(("#", "//")) else ""]
        return frozenset(
            code
            for text in texts
            for found in _COMMENT.finditer(text)
            for name in re.split(r"[,\s]+", found.group(1).strip())
            if name
            for code in self._code(name, place)
        )

    def _code(self, name: str, place: Place) -> Iterator[str]:
        rule = BY_NAME.get(name)
        if rule is None:
            self._unknown[f"{place}: there is no rule {name!r} to ignore"] = None
        else:
            yield rule.code


def ignored_in_project(directory: Path) -> frozenset[str]:
    """The codes to ignore by the nearest `pyproject.toml`, in a directory or above it, that has a
    table of ours.

    Raises:
        UsageError: what it says is nothing of the kind.
    """
    for parent in (directory, *directory.parents):
        file = parent / _SETTINGS
        tool = _read(file).get("tool", {}) if file.is_file() else {}
        if isinstance(tool, Mapping) and "sqs-contract" in tool:
            return _ignored_by(tool["sqs-contract"], file)
    return frozenset()


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"cannot read {str(file)!r}: {error}") from None


def _ignored_by(table: Any, file: Path) -> frozenset[str]:
    lint = table.get("lint", {}) if isinstance(table, Mapping) else None
    if not isinstance(lint, Mapping):
        raise UsageError(f"{file}: [tool.sqs-contract.lint] must be a table")
    for name in lint:
        if name != "ignore":
            raise UsageError(f"{file}: [tool.sqs-contract.lint] knows 'ignore', not {name!r}")
    ignored = lint.get("ignore", [])
    if not isinstance(ignored, list):
        raise UsageError(f"{file}: ignore of [tool.sqs-contract.lint] must be a list of rules")
    return frozenset(code_of(name, str(file)) for name in ignored)


def code_of(name: object, where: str) -> str:
    """The code of a rule, named by its code or its name.

    Raises:
        UsageError: there is no such rule.
    """
    rule = BY_NAME.get(name) if isinstance(name, str) else None
    if rule is None:
        raise UsageError(f"{where}: there is no rule {name!r}: see docs/lint.md for all of them")
    return rule.code
