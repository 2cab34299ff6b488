"""The gate: calls are counted by label, and the fault of a label and number strikes."""

from __future__ import annotations

import pytest

from sqs_contract.faults.gate import CALL_LATENCY_US, Gate
from sqs_contract.history import Called
from sqs_contract.scenario import Fault, FaultKind
from sqs_contract.world.clock import EPOCH_MS, VirtualClock


class Killed(BaseException):
    """What the sandbox of these tests does when it is ended."""


def kill():
    raise Killed


def hold(site, nth):
    return False


def gate_with(*faults):
    clock = VirtualClock()
    gate, record = Gate(clock), []
    gate.begin_run(faults, record.append)
    gate.begin_invocation(1, kill, hold=hold)
    return gate, record, clock


def test_calls_are_counted_by_label_over_the_whole_run():
    gate, record, _ = gate_with(Fault(kind=FaultKind.CALL_FAILS, site="a", nth=2))
    for site in ("a", "b", "a", "a"):
        gate.leave(gate.enter(site))
    gate.end_invocation()
    gate.begin_invocation(2, kill, hold=hold)
    gate.leave(gate.enter("a"))
    assert [(it.invocation, it.site, it.nth, it.fault) for it in record] == [
        (1, "a", 1, None),
        (1, "b", 1, None),
        (1, "a", 2, FaultKind.CALL_FAILS),
        (1, "a", 3, FaultKind.CALL_FAILS),
        (2, "a", 4, None),
    ]


def test_only_a_service_that_fails_stays_down_for_the_invocation():
    gate, _, _ = gate_with(Fault(kind=FaultKind.NO_CONNECTION, site="a"))
    assert [gate.enter(site).fault for site in ("a", "a", "b")] == [
        FaultKind.NO_CONNECTION,
        None,
        None,
    ]


def test_a_new_run_starts_the_count_again_and_forgets_the_faults():
    gate, _, _ = gate_with(Fault(kind=FaultKind.CALL_FAILS, site="a"))
    assert gate.enter("a").fault is FaultKind.CALL_FAILS
    gate.begin_run((), lambda _: None)
    passage = gate.enter("a")
    assert (passage.nth, passage.fault) == (1, None)


def test_a_call_takes_a_millisecond_of_virtual_time():
    gate, record, clock = gate_with()
    gate.leave(gate.enter("a"))
    assert clock.now_us == EPOCH_MS * 1000 + CALL_LATENCY_US
    assert record[0].at_ms == EPOCH_MS + 1


def test_a_timeout_before_ends_the_sandbox_before_the_call_is_made():
    gate, record, _ = gate_with(Fault(kind=FaultKind.TIMEOUT_BEFORE, site="a"))
    with pytest.raises(Killed):
        gate.enter("a")
    [called] = record
    assert isinstance(called, Called)
    assert called.fault is FaultKind.TIMEOUT_BEFORE
    assert "timed out" in called.error


def test_a_call_that_would_pass_the_deadline_is_not_made():
    gate, record, clock = gate_with()
    clock.deadline_us = clock.now_us + CALL_LATENCY_US - 1
    clock.on_deadline = kill
    with pytest.raises(Killed):
        gate.enter("a")
    assert clock.now_us == clock.deadline_us
    assert record == []


def test_outside_an_invocation_nothing_is_watched():
    gate, record, _ = gate_with()
    assert gate.watching
    passage = gate.enter("a")
    gate.end_invocation()
    assert not gate.watching
    gate.leave(passage)
    assert record == []


def test_only_faults_on_calls_are_armed():
    gate, _, _ = gate_with(
        Fault(kind=FaultKind.LOST_DELETE, message="a"),
        Fault(kind=FaultKind.CRASH_AFTER, invocation=1),
    )
    assert gate.enter("a").fault is None


def test_an_overlap_holds_the_invocation_before_the_call_is_made():
    held = []
    gate, record, _ = gate_with(Fault(kind=FaultKind.OVERLAPPED, site="a", nth=2))
    gate.begin_invocation(1, kill, hold=lambda site, nth: held.append((site, nth)) or True)
    for site in ("a", "b", "a", "a"):
        passage = gate.enter(site)
        if held:
            assert len(record) == 2
            assert passage.fault is None
            break
        gate.leave(passage)
    assert held == [("a", 2)]
