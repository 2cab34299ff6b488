"""Virtual time is the handler's time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from sqs_contract.world.clock import EPOCH_MS, VirtualClock, real_monotonic, running_clock


@pytest.fixture
def clock():
    made = VirtualClock()
    with made.running():
        yield made


def test_time_stands_still_unless_it_is_moved(clock):
    assert time.time() == time.time() == EPOCH_MS / 1000
    assert datetime.now(UTC) == datetime(2025, 12, 31, 23, 59, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    "read",
    [
        time.time,
        lambda: time.time_ns() / 1e9,
        lambda: datetime.now(UTC).timestamp(),
        lambda: time.monotonic(),  # noqa: PLW0108  the name is looked up when called
        lambda: time.monotonic_ns() / 1e9,
        lambda: time.perf_counter(),  # noqa: PLW0108
        lambda: time.perf_counter_ns() / 1e9,
    ],
)
def test_every_clock_follows_a_sleep_and_nothing_sleeps_for_real(clock, read):
    started, before = real_monotonic(), read()
    time.sleep(3_600)
    assert read() - before == pytest.approx(3_600)
    assert real_monotonic() - started < 1


def test_a_sleep_must_not_be_negative(clock):
    """As with the real one."""
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_a_sleep_over_the_deadline_stops_at_it(clock):
    reached = []
    clock.deadline_us = clock.now_us + 2_500_000
    clock.on_deadline = lambda: reached.append(clock.now_us)
    time.sleep(1)
    assert reached == []
    time.sleep(2)
    assert reached == [clock.deadline_us]


def test_without_a_clock_the_real_functions_do_their_work():
    """Modules imported during a run keep ours for good."""
    with VirtualClock().running():
        sleep, monotonic, counter = time.sleep, time.monotonic, time.perf_counter
    assert running_clock() is None
    before = real_monotonic()
    sleep(0.01)
    assert real_monotonic() - before >= 0.01
    assert monotonic() == pytest.approx(real_monotonic(), abs=5)
    assert counter() > 0
    assert time.monotonic_ns() > 0
    assert time.perf_counter_ns() > 0


def test_clocks_nest():
    outer, inner = VirtualClock(), VirtualClock()
    with outer.running():
        outer.set(EPOCH_MS + 1_000)
        with inner.running():
            assert time.time() == EPOCH_MS / 1000
        assert time.time() == EPOCH_MS / 1000 + 1
        assert running_clock() is outer


def test_a_clock_can_be_set_back(clock):
    clock.set(EPOCH_MS + 5_000)
    clock.set(EPOCH_MS)
    assert time.time() == EPOCH_MS / 1000
