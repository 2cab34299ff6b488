"""What of this process a handler may change and a new execution environment finds as it was.

Environment variables, the working directory and the module search path. What
the imports of the user's world functions and `reset` did to them stays.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqs_contract.world.patching import patched

_UNSET: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_RETRY_MODE")
_UNSET_PREFIX: Final = "AWS_ENDPOINT_URL"
"""Variables of the person's own that would lead calls elsewhere or change what the SDK does."""

_NOT_OURS: Final = frozenset({"PYTEST_CURRENT_TEST"})
"""Variables that the test runner changes while a world runs."""


class ProcessState:
    """The variables, the directory and the search path of a run."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._given = variables
        self._variables: dict[Any, Any] | None = None
        self._at_start: dict[Any, Any] | None = None
        self._directory = ""
        self._changed = False
        self._moved = False
        self._path: list[str] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Set the deployment's variables; in the end everything is as it was before."""
        before, path, directory = dict(os.environ), list(sys.path), _directory()
        change, put, unset = os.chdir, os.putenv, os.unsetenv

        def chdir(*args: Any) -> None:
            self._moved = True
            change(*args)

        # `os.environ` passes here: to be told costs less than to look.
        def putenv(*args: Any) -> None:
            self._changed = True
            put(*args)

        def unsetenv(*args: Any) -> None:
            self._changed = True
            unset(*args)

        for name in before:
            if name in _UNSET or name.startswith(_UNSET_PREFIX):
                del os.environ[name]
        os.environ.update(self._given)
        try:
            with patched((os, "chdir", chdir), (os, "putenv", putenv), (os, "unsetenv", unsetenv)):
                yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            sys.path[:] = path
            _go_to(directory)

    def fresh(self) -> None:
        """A new world: as the imports of the world functions have left it."""
        if self._variables is None:
            self._variables = _variables().copy()
            self._directory = _directory()
            self._path = list(sys.path)
        if self._at_start is not self._variables:
            self._at_start = self._variables
            self._changed = True
        self.renew()

    def keep(self) -> None:
        """From here on execution environments start: what `reset` did stays for them."""
        if self._changed:
            self._at_start = _variables().copy()
            self._changed = False

    def renew(self) -> None:
        """A new execution environment."""
        if self._at_start is None:
            return
        if self._changed:
            _set_variables(self._at_start)
            self._changed = False
        if sys.path != self._path:
            sys.path[:] = self._path
        if self._moved:
            _go_to(self._directory)
            self._moved = False

    def set_aside(self) -> Callable[[], None]:
        """Another execution environment is to find the process as it was at the start; what
        is returned makes it again what it is now."""
        variables, path, directory = _variables().copy(), list(sys.path), _directory()
        changed, moved = self._changed, self._moved

        def give_back() -> None:
            _set_variables(variables)
            sys.path[:] = path
            _go_to(directory)
            self._changed, self._moved = changed, moved

        return give_back

    def take_over(self, before: Mapping[str, str]) -> None:
        """What has changed since `before` was our own doing."""
        changed = {name: value for name, value in os.environ.items() if before.get(name) != value}
        encode = os.environ.encodekey
        for kept in (self._variables, self._at_start):
            if kept is not None:
                kept.update({encode(name): encode(value) for name, value in changed.items()})


def _variables() -> dict[Any, Any]:
    """The variables as the process keeps them: to compare these costs next to nothing."""
    data: dict[Any, Any] = os.environ._data  # type: ignore[attr-defined]
    return data


def _set_variables(wanted: dict[Any, Any]) -> None:
    decode = os.environ.decodekey
    for name in {*_variables(), *wanted}:
        text = decode(name)
        if text in _NOT_OURS or _variables().get(name) == wanted.get(name):
            continue
        if name in wanted:
            os.environ[text] = decode(wanted[name])
        else:
            del os.environ[text]


def _directory() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return ""


def _go_to(directory: str) -> None:
    if directory and directory != _directory():
        with contextlib.suppress(OSError):  # it is gone
            os.chdir(directory)
