"""Putting something else in the place of attributes, and putting them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def patched(*replacements: tuple[Any, str, Any]) -> Iterator[None]:
    """Set each `(owner, name, value)` while entered; put back what was there, last first."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in replacements]
    for owner, name, value in replacements:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in reversed(before):
            setattr(owner, name, value)
