"""Plans: a few bytes stand for messages and faults; fewer and smaller ones for simpler things."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract import Deployment
from sqs_contract.explore.plans import FAULTS_MAX, MESSAGES_MAX, Pool, expand
from sqs_contract.fault_plan import POLLING_FAULTS
from sqs_contract.plan import Plan
from sqs_contract.scenario import (
    CALL_FAULTS,
    OVERLAP_FAULTS,
    TIME_FAULTS,
    FaultKind,
    Scenario,
    ScenarioMessage,
)

DEPLOYMENT = Deployment()
HEALTHY = tuple(ScenarioMessage(name=f"m{n}", body=f"b{n}") for n in (1, 2, 3))
POISON = (ScenarioMessage(name="p1", body="!", note="not JSON"),)
POOL = Pool(
    healthy=HEALTHY,
    poison=POISON,
    sites=("dynamodb.PutItem items a", "dynamodb.BatchWriteItem items"),
    overlaps=True,
)
plans = st.binary(max_size=24)


def made_from(data, pool=POOL, drawn=()):
    return expand(data, pool, DEPLOYMENT, 7, drawn)


@given(plans)
def test_the_same_bytes_give_the_same_scenario(data):
    assert made_from(data) == made_from(data)


@given(plans)
def test_bytes_behind_the_end_are_zeros(data):
    assert made_from(data) == made_from(data + bytes(8))


def test_no_bytes_are_the_first_message_and_no_fault():
    assert made_from(b"") == Scenario(messages=HEALTHY[:1], deployment=DEPLOYMENT, seed=7)


@given(plans)
def test_scenarios_are_small_and_their_faults_strike_something_that_is_there(data):
    scenario = made_from(data)
    names = [message.name for message in scenario.messages]
    assert 1 <= len(names) <= MESSAGES_MAX
    assert len(set(names)) == len(names)
    assert len(scenario.faults) <= FAULTS_MAX
    assert len(set(scenario.faults)) == len(scenario.faults)
    for fault in scenario.faults:
        assert fault.message in (None, *names)
        assert fault.site in (None, *POOL.sites)
        assert fault.nth >= 1


def test_every_kind_of_fault_and_every_message_can_be_drawn():
    kinds, names, times = set(), set(), set()
    for first in range(256):
        for second in range(len(FaultKind)):
            scenario = made_from(bytes([2, 1, first, 0, 0, second, 1, 1]))
            kinds.update(fault.kind for fault in scenario.faults)
            names.update(message.name for message in scenario.messages)
        times.update(message.after_ms for message in made_from(bytes([first, 0, 0, 1])).messages)
    # Those for a clause that is asked for by name, and for consumers that poll by themselves.
    assert kinds == set(FaultKind) - TIME_FAULTS - POLLING_FAULTS
    assert {"m1", "m2", "m3", "p1"} <= names
    assert len(times) > 1


def test_where_no_two_invocations_can_run_at_once_nothing_overlaps():
    alone = dataclasses.replace(POOL, overlaps=False)
    drawn = [
        expand(bytes([2, 1, 0, 0, 0, kind, 1, 1]), alone, DEPLOYMENT, 7)
        for kind in range(len(FaultKind))
    ]
    kinds = {fault.kind for scenario in drawn for fault in scenario.faults}
    assert kinds
    assert not kinds & OVERLAP_FAULTS


def test_a_body_drawn_twice_is_sent_twice_by_its_producer():
    scenario = made_from(bytes([1, 0, 0, 0]))
    first, second = scenario.messages
    assert first.body == second.body
    assert first.message_id != second.message_id


@given(plans)
def test_without_sites_no_call_is_struck(data):
    scenario = made_from(data, Pool(healthy=HEALTHY, poison=(), sites=()))
    assert not any(fault.kind in CALL_FAULTS for fault in scenario.faults)


@given(plans)
def test_without_healthy_messages_the_poison_is_what_there_is(data):
    scenario = made_from(data, Pool(healthy=(), poison=POISON, sites=()))
    assert {message.body for message in scenario.messages} == {"!"}


@given(plans)
def test_drawn_bodies_come_first(data):
    drawn = [ScenarioMessage(name="d1", body="x"), ScenarioMessage(name="d2", body="y")]
    scenario = made_from(data, drawn=drawn)
    assert scenario.messages[:2] == tuple(drawn)


def test_a_plan_reads_its_bytes_in_turn():
    plan = Plan(bytes([5, 7, 1, 2, 255, 3]))
    assert plan.byte() == 5
    assert plan.below(4) == 3
    assert plan.wide() == 258
    assert plan.often(1)
    assert plan.choose("abc") == "a"
    assert (plan.byte(), plan.wide(), plan.often(255), plan.choose("xyz")) == (0, 0, False, "x")


@pytest.mark.parametrize(("share", "byte", "often"), [(64, 191, False), (64, 192, True)])
def test_a_share_is_of_256(share, byte, often):
    assert Plan(bytes([byte])).often(share) is often
