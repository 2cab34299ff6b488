"""What the mapping does with a batch once the invocation is over."""

from __future__ import annotations

import enum


class Effect(enum.Enum):
    """Which records of the batch are deleted."""

    DELETE_ALL = "delete all"
    KEEP_ALL = "keep all"
    KEEP_REPORTED = "keep reported"
