"""How long a process has had its way: waiting counts, working counts, being kept from it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sqs_contract.world import patience as patience_module
from sqs_contract.world.patience import Patience


class Machine:
    """A clock, and for each thread how long it waited for a processor, in seconds."""

    def __init__(self, monkeypatch, tmp_path):
        self.now = 100.0
        self.tasks = tmp_path / "task"
        monkeypatch.setattr(patience_module, "real_monotonic", lambda: self.now)
        self.patience = Patience()
        self.patience._tasks = str(self.tasks)

    def passes(self, seconds, **waits):
        """Time passes; returns what is counted so far."""
        self.now += seconds
        for task, wait in waits.items():
            (self.tasks / task).mkdir(parents=True, exist_ok=True)
            (self.tasks / task / "schedstat").write_text(f"5 {int(wait * 10**9)} 7\n")
        return self.patience.counted_s()


@pytest.fixture
def machine(monkeypatch, tmp_path):
    return Machine(monkeypatch, tmp_path)


def test_what_a_process_waits_and_works_counts(machine):
    assert machine.passes(1, main=50, other=3) == 1
    assert machine.passes(2, main=50, other=3) == 3


def test_what_others_have_the_processor_for_does_not_count(machine):
    machine.passes(1, main=50, other=3)
    assert machine.passes(2, main=51, other=3) == pytest.approx(2)
    assert machine.passes(2, main=51, other=4) == pytest.approx(3)
    assert machine.passes(1, main=51, other=4) == pytest.approx(4)


def test_where_others_leave_next_to_nothing_a_third_counts_all_the_same(machine):
    """What never ends is ended, on any machine."""
    machine.passes(1, main=50, other=3)
    assert machine.passes(3, main=50, other=6) == pytest.approx(2)


def test_a_thread_that_comes_or_goes_changes_nothing(machine):
    machine.passes(1, main=50)
    assert machine.passes(1, main=50, late=9) == 2
    (machine.tasks / "late" / "schedstat").unlink()
    assert machine.passes(1, main=50) == pytest.approx(3)


def test_it_begins_anew(machine):
    machine.passes(5, main=1)
    machine.patience.begin()
    assert machine.passes(2, main=2) == 2


def test_where_nothing_tells_real_time_counts(machine):
    assert [machine.passes(2), machine.passes(3)] == [2, 5]


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the kernel does not say")
def test_a_process_is_told_by_its_number():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        waits = Patience(process.pid)._waits()
        assert str(process.pid) in waits
        process.communicate(b"\n")
