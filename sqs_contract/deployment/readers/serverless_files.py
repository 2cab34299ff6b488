"""Other files that `serverless.yml` names by `${file(./queues.yml):key}`: read, and put in place.

Only YAML, JSON and plain text are read, from this machine; code is never executed for a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.readers.decoding import Document, Path_, decode, read_text
from sqs_contract.errors import UsageError

FILE: Final = re.compile(r"^file\((?P<path>.*)\)(?::(?P<address>.*))?$", re.DOTALL)
"""A variable that names a file, and the address of a part of it."""

_WHOLE: Final = re.compile(
    r"^\$\{(?P<inner>file\((?:[^{}]|\$\{[^{}]*\})*\)(?::[^{},]*)?)\}$", re.DOTALL
)
_DATA: Final = frozenset({".yml", ".yaml", ".json"})
_TEXT: Final = frozenset({".txt", ".graphql", ".vtl", ".md", ".html", ".sql"})
_INCLUDED_MAX: Final = 500
_DEPTH_MAX: Final = 20
"""Parts that files may be put in place of, and in each other: some would have no end."""


class Files:
    """The files beside a service, each read once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[str, Document | None] = {}

    def document(self, name: str) -> Document | None:
        """A file as data; `None` where there is none, or it is code.

        Raises:
            UsageError: it cannot be read; the message names file and line.
        """
        if name not in self._known:
            self._known[name] = self._read(self._directory / name)
        return self._known[name]

    def why_not(self, name: str) -> str:
        """Why a file is not read, as the end of a sentence."""
        path = self._directory / name
        if not path.is_file():
            return f"and there is no file {str(path)!r}"
        return f"and {str(path)!r} is code, which is never executed"

    def part(self, text: str) -> tuple[Document, Path_] | None:
        """The part of a file that a variable names."""
        match = FILE.match(text)
        document = self.document(match["path"].strip()) if match else None
        if match is None or document is None:
            return None
        path: Path_ = ()
        for key in (match["address"] or "").split(".") if match["address"] else ():
            here = document.at(*path)
            path = (*path, int(key) if isinstance(here, list) and key.isdecimal() else key)
        return None if document.at(*path) is None else (document, path)

    @staticmethod
    def _read(path: Path) -> Document | None:
        if not path.is_file() or path.suffix not in _DATA | _TEXT:
            return None
        text = read_text(path)
        if path.suffix in _TEXT:
            return Document(file=str(path), data=text)
        return decode(path, text)


def joined(document: Document, files: Files, value: Callable[[str], Any]) -> Document:
    """The document with every part that another file stands for in its place, and where each
    part stands.

    Args:
        document: what `serverless.yml` says.
        files: those beside it.
        value: works out the variables in the name of a file.

    Raises:
        UsageError: a file cannot be read, or names itself.
    """
    joining = _Joining(document, files, value)
    data = joining.join(document.data, ())
    return Document(file=document.file, data=data, lines=joining.lines, files=joining.files)


class _Joining:
    def __init__(self, document: Document, files: Files, value: Callable[[str], Any]) -> None:
        self._document = document
        self._files = files
        self._value = value
        self._included = 0
        self._depth = 0
        self.lines: dict[Path_, int] = dict(document.lines)
        self.files: dict[Path_, str] = {}

    def join(self, data: Any, path: Path_) -> Any:
        if isinstance(data, str):
            return self._text(data, path)
        if isinstance(data, list):
            return [self.join(item, (*path, number)) for number, item in enumerate(data)]
        if isinstance(data, Mapping):
            return {key: self.join(item, (*path, key)) for key, item in data.items()}
        return data

    def _text(self, text: str, path: Path_) -> Any:
        match = _WHOLE.match(text)
        inner = self._value(match["inner"]) if match is not None else None
        part = self._files.part(inner) if isinstance(inner, str) else None
        if part is None:
            return text
        self._included += 1
        if self._included > _INCLUDED_MAX or self._depth > _DEPTH_MAX:
            raise UsageError(
                f"template: {self._document.place(*path)}: more than {_INCLUDED_MAX} parts stand "
                "in other files, or a file names itself"
            )
        other, below = part
        self.files[path] = other.file
        self.lines[path] = other.lines.get(below, 1)
        for there, line in other.lines.items():
            if there != below and there[: len(below)] == below:
                self.lines[*path, *there[len(below) :]] = line
        self._depth += 1
        data = self.join(other.at(*below), path)
        self._depth -= 1
        return data
