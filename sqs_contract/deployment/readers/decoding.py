"""Template files as plain data, and the line of every part. YAML is read by PyYAML's safe
constructor, so nothing in a file can be executed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from sqs_contract.deployment.values import Place
from sqs_contract.errors import UsageError

_NODES_MAX: Final = 500_000
"""Parts a template may have once its aliases are followed: a few lines of YAML can stand for
more than any machine holds."""

Path_ = tuple[str | int, ...]
_MERGE: Final = "tag:yaml.org,2002:merge"
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as data.

    Attributes:
        file: the path as it was given.
        data: dicts, lists and plain values; CloudFormation's short tags in their long form.
        lines: the line of a part by the keys and indexes that lead to it, from 1.
        files: the file of a part, and of what is below it, where that is another.
    """

    file: str
    data: Any
    lines: Mapping[Path_, int] = field(default_factory=dict)
    files: Mapping[Path_, str] = field(default_factory=dict)

    def place(self, *path: str | int) -> Place:
        """Where a part stands; the nearest one around it that is known, if it is not."""
        for end in range(len(path), -1, -1):
            line = self.lines.get(path[:end])
            if line is not None and end:
                return Place(self._file_of(path[:end]), line)
        return Place(self.file)

    def _file_of(self, path: Path_) -> str:
        for end in range(len(path), 0, -1) if self.files else ():
            if path[:end] in self.files:
                return self.files[path[:end]]
        return self.file

    def lines_below(self, *path: str | int) -> dict[str, int]:
        """The line of each key of the mapping at a path, in the file the mapping is in."""
        depth = len(path)
        file = self._file_of(path)
        below = self.at(*path)
        return {
            key: self.lines[*path, key]
            for key in (below if isinstance(below, Mapping) else ())
            if (*path, key) in self.lines and depth and self._file_of((*path, key)) == file
        }

    def at(self, *path: str | int) -> Any:
        """The part at a path; `None` if there is none."""
        found = self.data
        for key in path:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                return None
        return found


def read_text(path: Path, what: str = "template") -> str:
    """The text of a file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{what}: there is no file {str(path)!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{what}: cannot read {str(path)!r}: {error}") from None


def decode(path: Path, text: str, what: str = "template") -> Document:
    """The data of a YAML or JSON file.

    Raises:
        UsageError: it is neither, names a key twice, or is too large; with the line.
    """
    if path.suffix == ".json":
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{what}: {path}:{error.lineno}:{error.colno} is not JSON: {error.msg}"
            ) from None
        except RecursionError:
            raise UsageError(f"{what}: {path} is nested too deeply") from None
        try:
            return Document(file=str(path), data=data, lines=_compose(path, text, what)[1])
        except UsageError:  # JSON that is no YAML, such as with tabs: the data without lines
            return Document(file=str(path), data=data)
    data, lines = _compose(path, text, what)
    return Document(file=str(path), data=data, lines=lines)


def _compose(path: Path, text: str, what: str) -> tuple[Any, dict[Path_, int]]:
    try:
        return _composed(_Loader(text), path, what)
    except UsageError:
        if _Loader.__bases__ == _SlowLoader.__bases__:
            raise
        # The slow parser knows better where it went wrong.
        return _composed(_SlowLoader(text), path, what)


def _composed(loader: Any, path: Path, what: str) -> tuple[Any, dict[Path_, int]]:
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {}
        _check_size(node, path, what)
        lines = dict(_lines(node, (), path, what))
        return loader.construct_document(node), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "it does not parse"
        raise UsageError(f"{what}: {path}{where} is not YAML: {problem}") from None
    except (ValueError, TypeError) as error:  # a date that is none, a list as a key
        raise UsageError(f"{what}: {path} is not YAML: {error}") from None
    except RecursionError:
        raise UsageError(f"{what}: {path} is nested too deeply, or holds itself") from None
    finally:
        loader.dispose()


class _Loader(_Base):  # type: ignore[misc]
    """YAML with CloudFormation's short tags. Constructs plain data only."""


class _SlowLoader(yaml.SafeLoader):
    """The same, in Python."""


def _construct_tag(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if name == "Fn::GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name: value}


def _construct_date_as_text(loader: Any, node: Any) -> Any:
    """A version date stays the text it is: CloudFormation knows no dates."""
    return loader.construct_scalar(node)


for _kind in (_Loader, _SlowLoader):
    _kind.add_multi_constructor("!", _construct_tag)
    _kind.add_constructor("tag:yaml.org,2002:timestamp", _construct_date_as_text)


def _check_size(node: Any, path: Path, what: str) -> None:
    """Refuse what aliases blow up, and what holds itself."""
    sizes: dict[int, int] = {}
    under_way: set[int] = set()

    def size(node: Any) -> int:
        key = id(node)
        if key in sizes:
            return sizes[key]
        if key in under_way:
            raise UsageError(f"{what}: {path}:{node.start_mark.line + 1} holds itself")
        under_way.add(key)
        if isinstance(node, yaml.MappingNode):
            total = 1 + sum(size(part) + size(value) for part, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            total = 1 + sum(map(size, node.value))
        else:
            total = 1
        under_way.discard(key)
        if total > _NODES_MAX:
            raise UsageError(
                f"{what}: {path}:{node.start_mark.line + 1} stands for more than {_NODES_MAX:,} "
                "parts once its aliases are followed"
            )
        sizes[key] = total
        return total

    size(node)


def _lines(node: Any, where: Path_, path: Path, what: str) -> Iterator[tuple[Path_, int]]:
    """The line of each part below a node; a short tag is one step deeper, as its long form."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _MERGE or not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in seen:
                raise UsageError(
                    f"{what}: {path}:{line} names {key.value!r} again; it stands in line "
                    f"{seen[key.value]} already"
                )
            seen[key.value] = line
            yield (*where, key.value), line
            yield from _lines(value, (*where, key.value), path, what)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield (*where, number), item.start_mark.line + 1
            yield from _lines(item, (*where, number), path, what)
