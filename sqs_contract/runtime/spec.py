"""What runs behind the Runtime API, and how long it may."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.errors import UsageError

WALL_LIMIT_S: Final = 8.0
"""How long an invocation may take in real time, where its function may take longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSpec:
    """A runtime.

    Attributes:
        command: what starts a process that speaks the Runtime API; `None` for AWS's client for
            Python.
        wall_limit_s: real seconds after which an invocation is ended whose function may
            take longer.
    """

    command: tuple[str, ...] | None = None
    wall_limit_s: float = WALL_LIMIT_S


def runtime_of(
    runtime: str | None, command: str | Sequence[str] | None, wall_limit_s: float | None
) -> RuntimeSpec | None:
    """What the flags `--runtime` and `--runtime-command` ask for; `None` for neither.

    Raises:
        UsageError: they do not go together, or the command cannot be read.
    """
    if runtime is None and command is None:
        if wall_limit_s is not None:
            raise UsageError(
                "--wall-limit is of a runtime: give --runtime or --runtime-command too"
            )
        return None
    if runtime is not None and command is not None:
        raise UsageError("--runtime and --runtime-command exclude each other: give one of them")
    if runtime not in (None, "python"):
        raise UsageError(
            f"--runtime must be python, not {runtime!r}: start any other by --runtime-command"
        )
    limit = WALL_LIMIT_S if wall_limit_s is None else wall_limit_s
    return RuntimeSpec(command=None if command is None else _words(command), wall_limit_s=limit)


def _words(command: str | Sequence[str]) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command)) if isinstance(command, str) else tuple(command)
    except ValueError as error:
        raise UsageError(f"--runtime-command {command!r} cannot be read: {error}") from None
    if not words:
        raise UsageError("--runtime-command is empty: give what starts the runtime")
    return words
