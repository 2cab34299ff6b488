"""Reads the fields of a recorded program, each by the type it must have.

What is left over, or of another type than a program carries out, is not run:
it says so in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

ABOUT: Final = frozenset({"basis", "note", "recorded", "recording", "source", "strength"})
"""Parts of a program that say where it comes from, and nothing that could be run."""

T = TypeVar("T")


class NotRunnable(Exception):
    """A program cannot be carried out. The message says which field, and why."""


def whole_number(value: Any) -> int:
    """A number without fraction; `true` is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


class Section:
    """One object of a program, read field by field; `done` refuses what nobody read."""

    def __init__(self, fields: object, path: str) -> None:
        if not isinstance(fields, Mapping):
            raise NotRunnable(f"{path} is prose: {fields!r}")
        self._left = dict(fields)
        self._path = path

    def has(self, name: str) -> bool:
        """Whether a field is there and was not read yet."""
        return name in self._left

    def names(self) -> list[str]:
        """The fields nobody read yet."""
        return list(self._left)

    def take(self, name: str) -> Any:
        """A field of any type."""
        return self._left.pop(name)

    def read(self, name: str, kind: Callable[[Any], T]) -> T:
        """A field of one type."""
        value = self._left.pop(name)
        try:
            return kind(value)
        except (TypeError, ValueError):
            raise NotRunnable(f"{self._path}.{name} is prose: {value!r}") from None

    def optional(self, name: str, kind: Callable[[Any], T]) -> T | None:
        """A field that may be missing."""
        return self.read(name, kind) if name in self._left else None

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        return self.read(name, whole_number) if name in self._left else default

    def text(self, name: str) -> str:
        """A string."""
        return self.read(name, text)

    def word(self, name: str) -> str:
        """A string without blanks: a name, not a sentence."""
        value = self.text(name)
        if not value or any(character.isspace() for character in value):
            raise NotRunnable(f"{self._path}.{name} is prose: {value!r}")
        return value

    def one_of(self, name: str, allowed: Sequence[str], default: str) -> str:
        """One of some words."""
        value = self.text(name) if name in self._left else default
        if value not in allowed:
            raise NotRunnable(f"{self._path}.{name} is none of {', '.join(allowed)}: {value!r}")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise NotRunnable(f"{self._path}.{name} is prose: {value!r}")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings."""
        return self.read(name, lambda value: [text(item) for item in _list(value)])

    def whole_numbers(self, name: str) -> list[int]:
        """A list of whole numbers."""
        return self.read(name, lambda value: [whole_number(item) for item in _list(value)])

    def structure(self, name: str) -> dict[str, Any]:
        """An object that is taken as it is."""
        value = self._left.pop(name)
        if not isinstance(value, Mapping):
            raise NotRunnable(f"{self._path}.{name} is prose: {value!r}")
        return dict(value)

    def section(self, name: str) -> Section:
        """An object whose fields are read one by one; empty where it is missing."""
        return Section(self._left.pop(name, {}), f"{self._path}.{name}")

    def rest(self, kind: Callable[[Any], T]) -> dict[str, T]:
        """All fields that are left, each of one type."""
        return {name: self.read(name, kind) for name in list(self._left)}

    def done(self) -> None:
        """Nothing may be left."""
        for name, value in self._left.items():
            raise NotRunnable(f"{self._path}.{name} is not understood: {value!r}")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value
