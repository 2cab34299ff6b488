"""`Fn::ForEach` of CloudFormation's language extensions: each loop replaced by what it makes.

What a loop goes over is worked out as far as the template tells; a loop over something else stays
where it stands, and is named. The lines of what a loop makes are those of its body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqs_contract.deployment.intrinsics import Resolver
from sqs_contract.deployment.readers.cloudformation import Notes
from sqs_contract.deployment.readers.decoding import Document, Path_
from sqs_contract.deployment.values import Place, Unresolved
from sqs_contract.errors import UsageError

PREFIX: Final = "Fn::ForEach::"

_MADE_MAX: Final = 5_000
"""What loops may make: loops in loops of a few lines could fill any machine."""


def expanded(document: Document, resolver: Resolver, notes: Notes) -> Document:
    """The template with its loops replaced.

    Args:
        document: the template.
        resolver: works out what loops go over.
        notes: gets the loops that stay.

    Raises:
        UsageError: a loop is not written as one; the message names the line.
    """
    if not any(
        isinstance(key, str) and key.startswith(PREFIX) for path in document.lines for key in path
    ):
        return document
    loops = _Loops(document, resolver, notes)
    data = loops.replaced(document.data, (), (), {})
    return Document(file=document.file, data=data, lines=loops.lines)


class _Loops:
    def __init__(self, document: Document, resolver: Resolver, notes: Notes) -> None:
        self._document = document
        self._resolver = resolver
        self._notes = notes
        self._made = 0
        self.lines: dict[Path_, int] = dict(document.lines)

    def replaced(self, data: Any, path: Path_, source: Path_, names: Mapping[str, str]) -> Any:
        """A part without its loops.

        Args:
            data: the part.
            path: where it is to stand.
            source: where it stands in the file.
            names: what the loops around it stand at, by their identifiers.
        """
        if source in self._document.lines:
            self.lines.setdefault(path, self._document.lines[source])
        if isinstance(data, str):
            return _filled(data, names)
        if isinstance(data, list):
            return [
                self.replaced(item, (*path, number), (*source, number), names)
                for number, item in enumerate(data)
            ]
        if not isinstance(data, Mapping):
            return data
        if len(data) == 1 and data.get("Ref") in names:
            return names[data["Ref"]]
        found: dict[Any, Any] = {}
        for key, item in data.items():
            if isinstance(key, str) and key.startswith(PREFIX):
                self._loop(found, key, item, (path, (*source, key)), names)
            else:
                name = _filled(key, names)
                found[name] = self.replaced(item, (*path, name), (*source, key), names)
        return found

    def _loop(
        self,
        found: dict[Any, Any],
        key: str,
        loop: Any,
        at: tuple[Path_, Path_],
        names: Mapping[str, str],
    ) -> None:
        """Put what a loop makes beside what is there, or the loop itself if it cannot be told."""
        path, source = at
        place = self._document.place(*source)
        identifier, collection, body = _parts(key, loop, place)
        values = self._resolver.resolve(self.replaced(collection, source, (*source, 1), names))
        told = values if isinstance(values, list) else [values]
        open_ = next((item for item in told if isinstance(item, Unresolved)), None)
        if open_ is not None or not isinstance(values, list):
            why = open_ or Unresolved("goes over something that is no list")
            self._notes.add(place, f"{key} is not expanded: it {why}")
            return
        for value in values:
            self._made += 1
            if self._made > _MADE_MAX:
                raise UsageError(f"template: {place}: loops make more than {_MADE_MAX:,} parts")
            inside = {**names, identifier: str(value)}
            made = self.replaced(body, path, (*source, 2), inside)
            for name, part in made.items():
                if name in found:
                    raise UsageError(f"template: {place}: {key} makes {name!r} again")
                found[name] = part


def _parts(key: str, loop: Any, place: Place) -> tuple[str, Any, Mapping[str, Any]]:
    if (
        not isinstance(loop, list)
        or len(loop) != 3
        or not isinstance(loop[0], str)
        or not isinstance(loop[2], Mapping)
    ):
        raise UsageError(
            f"template: {place}: {key} must be an identifier, what it goes over, and a mapping"
        )
    return loop[0], loop[1], loop[2]


_IDENTIFIER: Final = re.compile(r"(?P<sign>[$&])\{(?P<name>\w+)\}")


def _filled(text: Any, names: Mapping[str, str]) -> Any:
    """A text with the identifiers of loops in it replaced; `&{Name}` without what no logical id
    may have."""
    if not isinstance(text, str) or not names:
        return text

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in names:
            return match[0]
        return names[name] if match["sign"] == "$" else re.sub(r"[^A-Za-z0-9]", "", names[name])

    return _IDENTIFIER.sub(value, text)
