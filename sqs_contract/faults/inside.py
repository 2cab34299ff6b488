"""Whether a call is part of another that passed the gate already.

A library that is a fault site often stands on another that is one too: requests
on urllib3, SQLAlchemy on a driver. The handler made one call, and it is one site.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

INSIDE: Final[ContextVar[bool]] = ContextVar("sqs_contract_inside_a_call", default=False)
"""Set by a site for as long as the library beneath it has the word."""

COVERED: Final[ContextVar[bool]] = ContextVar("sqs_contract_covered", default=False)
"""Set by a function the user named for as long as it runs: what it calls may be sites of
their own, and if not, it is one site with what it calls."""


@contextmanager
def covering() -> Iterator[None]:
    """A function the user named has the word."""
    inside, covered = INSIDE.set(False), COVERED.set(True)
    try:
        yield
    finally:
        COVERED.reset(covered)
        INSIDE.reset(inside)
