"""`hash`, as each execution environment has it: Python salts texts anew in every process.

The environments of a run share one process here. A module of the handler's that calls `hash`
is given one that is salted for its environment; nothing else sees it, and dicts and sets go on
as they were.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, ModuleType
from typing import Final

_OWN_HASHES: Final = "__hash__"
"""A class that tells its own hash may count on what dicts do, and is left as it is."""
_BYTES: Final = 8


def calls_hash(code: CodeType) -> bool:
    """Whether a module with this code may call `hash`, and defines no hash of its own."""
    names = set(_names(code))
    return "hash" in names and _OWN_HASHES not in names


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def salt_modules(modules: Iterable[ModuleType]) -> None:
    """Give modules of one execution environment a `hash` with a salt of its own."""
    own = _salted(os.urandom(_BYTES))
    for module in modules:
        module.__dict__.setdefault("hash", own)


def _salted(salt: bytes) -> Callable[[object], int]:
    """A `hash` with this salt: of texts and bytes, and of tuples and frozen sets of them."""

    def hash_(value: object, /) -> int:
        if type(value) is str:
            return _digest(value.encode("utf-8", "surrogatepass"), salt)
        if type(value) is bytes:
            return _digest(value, salt)
        if type(value) is tuple:
            return hash(tuple(hash_(item) for item in value))
        if type(value) is frozenset:
            return hash(frozenset(hash_(item) for item in value))
        return hash(value)

    return hash_


def _digest(data: bytes, salt: bytes) -> int:
    if not data:
        return 0  # as Python's own
    digest = hashlib.blake2b(data, digest_size=_BYTES, key=salt).digest()
    return int.from_bytes(digest, "big", signed=True)
