"""What tests of several folders stand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playing import Stand


@pytest.fixture(scope="module")
def world() -> Iterator[Stand]:
    """A world in which no program is yet: `use` one. One for a module, as clients cost time."""
    from playing import nothing, playing  # heavy: moto

    with playing(nothing) as stand:
        yield stand
