"""Errors, by culprit.

The handler's failures are data (`model.invocation`), not exceptions of ours.
What is here is raised to the person who called us.
"""

from __future__ import annotations


class SqsContractError(Exception):
    """Base of every error this package raises on purpose."""


class UsageError(SqsContractError):
    """The caller gave something wrong. The message says what was given, what is
    allowed and what to do.

    Attributes:
        detail: more lines for the person, such as the handler's own traceback.
    """

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail
