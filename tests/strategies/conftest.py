"""The verbs of these tests."""

from __future__ import annotations

import pytest
from hypothesis import find, settings


@pytest.fixture(scope="session")
def minimal():
    """`minimal(strategy, condition)`: what Hypothesis shrinks to, the same in every run."""

    def smallest(strategy, condition=lambda value: True):
        return find(
            strategy,
            condition,
            settings=settings(max_examples=5_000, derandomize=True, database=None),
        )

    return smallest
