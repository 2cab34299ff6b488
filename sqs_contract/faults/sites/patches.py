"""Putting functions of ours in the place of a library's, and taking them away again.

What was there is kept as it stood in the owner's own dictionary: a class method
stays one, and what an owner only inherits is not left behind on it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

_ABSENT: Final = object()


class Patches:
    """Everything that was replaced, to be undone together."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Set `owner.name` to what `make` makes of the value that is there."""
        before = vars(owner).get(name, _ABSENT)
        setattr(owner, name, make(getattr(owner, name)))
        self._stack.callback(_put_back, owner, name, before)

    def undo(self) -> None:
        """Put everything back, last first."""
        self._stack.close()


def _put_back(owner: Any, name: str, before: Any) -> None:
    if before is _ABSENT:
        delattr(owner, name)
    else:
        setattr(owner, name, before)
