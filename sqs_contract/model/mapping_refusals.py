"""How AWS refuses a call about an event source mapping; which calls, others say."""

from __future__ import annotations

from typing import Final

INVALID_PARAMETER: Final = "InvalidParameterValueException"
VALIDATION: Final = "ValidationException"
CONFLICT: Final = "ResourceConflictException"
NOT_FOUND: Final = "ResourceNotFoundException"


class MappingRefused(Exception):
    """The Lambda API answers a call about a mapping with an error.

    Attributes:
        code: the error's code.
        message: its text, in AWS's words.
        http: the status of the answer.
    """

    def __init__(self, message: str, *, code: str = INVALID_PARAMETER, http: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.http = http
