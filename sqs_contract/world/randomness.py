"""Randomness that follows from a seed: `random`, `os.urandom`, `uuid.uuid4`, `secrets`.

Only while a run is on; before and after, the process's own generators are as
they were.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqs_contract.world.patching import patched

# Bound once, before anything is patched.
_real_urandom: Final = os.urandom


@contextmanager
def drawing_apart() -> Iterator[None]:
    """Draw from the system's generator, and leave the seeded ones where they are.

    For what happens once in a process and not once in a run: what an import draws
    is not to be missing from the runs after it.
    """
    state = random.getstate()
    with patched((os, "urandom", _real_urandom), (random, "_urandom", _real_urandom)):
        try:
            yield
        finally:
            random.setstate(state)


class Randomness:
    """The seeded generators of a run."""

    def __init__(self) -> None:
        self._bytes = random.Random()
        self._seed: int | None = 0

    def reseed(self, seed: int) -> None:
        """Start over from a seed."""
        random.seed(seed)
        self._seed = seed

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the seeded generators in the place of the system's."""
        state = random.getstate()
        # `random.SystemRandom`, and with it `secrets`, binds the function by a name of its own.
        with patched((os, "urandom", self._urandom), (random, "_urandom", self._urandom)):
            try:
                yield
            finally:
                random.setstate(state)

    def _urandom(self, size: int, /) -> bytes:
        if self._seed is not None:  # seeding costs, and most runs need no bytes
            self._bytes.seed(self._seed)
            self._seed = None
        return self._bytes.randbytes(size)
