"""How the process that calls the endpoint says why there is no answer to a request.

An answer itself is plain data: what the endpoint said.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wrong:
    """A `UsageError` there: its one line."""

    message: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of our own there, with its traceback."""

    text: str
