"""What the tests of faults play."""

from __future__ import annotations

import pytest
from call_faults import noting
from playing import create_table


@pytest.fixture
def play_once(world):
    """Plays one message `a`, tried once. Returns the run and what the handler saw."""

    def play(work, *faults, reset=create_table):
        seen = []
        stand = world.use(noting(work, seen), reset=reset, max_receive_count=1)
        return stand.play("a", faults=faults), seen

    return play
