"""What strategies draw, without shrinking: the same values in every run."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

T = TypeVar("T")

generate_only = settings(max_examples=300, database=None, phases=[Phase.generate], derandomize=True)


def drawn(strategy: st.SearchStrategy[T], count: int = 300) -> list[T]:
    """Many different values of a strategy."""
    found = []

    @settings(generate_only, max_examples=count)
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found
