"""Drawn scenarios: found by Hypothesis, and shrunk until every part is needed."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract import Deployment, UsageError
from sqs_contract.explore.drawing import search
from sqs_contract.explore.plans import Pool, expand
from sqs_contract.explore.shrink import SIMPLER, shrink
from sqs_contract.scenario import CALL_FAULTS, Fault, FaultKind, Scenario, ScenarioMessage

DEPLOYMENT = Deployment()
SITES = ("dynamodb.PutItem items a", "dynamodb.UpdateItem totals sum")
POOL = Pool(
    healthy=tuple(ScenarioMessage(name=f"m{n}", body=f"b{n}") for n in (1, 2, 3)),
    poison=(ScenarioMessage(name="p1", body="!", note="not JSON"),),
    sites=SITES,
)


def find(fails, *, seed=0, max_examples=300, bodies=None, out_of_time=lambda: False):
    return search(
        fails,
        POOL,
        DEPLOYMENT,
        bodies=bodies,
        seed=seed,
        max_examples=max_examples,
        out_of_time=out_of_time,
    )


def smallest(fails, **more):
    """What a drawn scenario comes to once everything that is not needed is left out."""
    return shrink(find(fails, **more), fails)


def kinds(scenario):
    return {fault.kind for fault in scenario.faults}


def test_nothing_is_found_where_nothing_fails():
    tried = []
    assert find(lambda scenario: bool(tried.append(scenario)), max_examples=50) is None
    assert len(tried) <= 50
    assert len(tried) > 10


def test_what_fails_always_is_found_as_one_message_without_a_fault():
    found = find(lambda _: True)
    assert [message.name for message in found.messages] == ["m1"]
    assert found.faults == ()


def test_a_fault_that_is_needed_is_found_with_one_message():
    found = smallest(lambda scenario: FaultKind.ANSWER_LOST in kinds(scenario))
    assert [fault.kind for fault in found.faults] == [FaultKind.ANSWER_LOST]
    assert len(found.messages) == 1


def test_a_plan_of_two_faults_is_found():
    wanted = {FaultKind.CALL_FAILS, FaultKind.LOST_DELETE}
    found = smallest(lambda scenario: wanted <= kinds(scenario), max_examples=3_000)
    assert kinds(found) == wanted
    assert len(found.messages) == 1


def test_messages_and_faults_shrink_together():
    """Poison beside a healthy message, and the fault on that one."""

    def fails(scenario):
        names = {message.name for message in scenario.messages}
        return "p1" in names and len(names) > 1 and bool(scenario.faults)

    found = smallest(fails, max_examples=2_000)
    assert len(found.messages) == 2
    assert len(found.faults) == 1


def test_the_same_seed_finds_the_same_and_tries_the_same():
    def run(seed):
        tried = []

        def fails(scenario):
            tried.append(scenario.digest())
            return len(scenario.faults) > 1

        return find(fails, seed=seed).digest(), tried

    assert run(3) == run(3)
    assert run(3)[1] != run(4)[1]


def test_the_search_ends_when_time_is_up():
    tried = []

    def fails(scenario):
        tried.append(scenario)
        return False

    assert find(fails, out_of_time=lambda: len(tried) >= 5) is None
    assert len(tried) <= 5


def test_what_was_found_before_time_was_up_is_kept():
    tried = []

    def fails(scenario):
        tried.append(scenario)
        return True

    assert find(fails, out_of_time=lambda: bool(tried)) == tried[0]


def test_a_scenario_is_judged_once_however_often_it_is_drawn():
    """To Hypothesis one scenario has one outcome, also where the judge learns meanwhile."""
    tried = []

    def fails(scenario):
        tried.append((tuple(it.key for it in scenario.messages), scenario.faults))
        return len(tried) == 3

    find(fails)
    assert len(tried) == len(set(tried))


def test_bodies_are_drawn_with_the_plan():
    found = find(
        lambda scenario: any(it.body == "7" for it in scenario.messages),
        bodies=st.integers(0, 9),
    )
    assert [message.body for message in found.messages] == ["7"]
    assert found.messages[0].name == "d1"


def test_errors_of_the_user_s_own_pass_through():
    def fails(_):
        raise UsageError("effects raised")

    with pytest.raises(UsageError, match="effects raised"):
        find(fails)


# Shrinking what the systematic part found.

needs = st.sets(st.sampled_from(["m1", "m2", "m3", *FaultKind]), max_size=4)


@given(st.binary(min_size=6, max_size=20), needs)
def test_what_is_shrunk_still_fails_and_nothing_more_can_be_left_out(data, wanted):
    scenario = expand(data, POOL, DEPLOYMENT, 0)

    def fails(it):
        names = {message.name for message in it.messages}
        return wanted <= names | kinds(it)

    if not fails(scenario):
        return
    small = shrink(scenario, fails)
    assert fails(small)
    for index in range(len(small.faults)):
        rest = small.faults[:index] + small.faults[index + 1 :]
        assert not fails(dataclasses.replace(small, faults=rest))
    for message in small.messages if len(small.messages) > 1 else ():
        without = dataclasses.replace(
            small,
            messages=tuple(it for it in small.messages if it is not message),
            faults=tuple(it for it in small.faults if it.message != message.name),
        )
        assert not fails(without)
    assert not any(it.after_ms for it in small.messages)


def scenario_of(*faults, names=("m1",), after_ms=0):
    return Scenario(
        messages=tuple(ScenarioMessage(name=it, body=it, after_ms=after_ms) for it in names),
        faults=faults,
    )


def test_a_message_that_goes_takes_its_faults_along():
    fault = Fault(kind=FaultKind.LOST_DELETE, message="m2")
    small = shrink(scenario_of(fault, names=("m1", "m2")), lambda it: it.messages[0].name == "m1")
    assert small == scenario_of()


def test_the_last_message_stays():
    assert len(shrink(scenario_of(), lambda _: True).messages) == 1


def test_a_fault_becomes_the_one_that_is_easier_to_picture():
    for kind, simpler in SIMPLER.items():
        target = {"site": "a"} if kind in CALL_FAULTS else {"message": "m1"}
        small = shrink(scenario_of(Fault(kind=kind, **target)), lambda it: bool(it.faults))
        assert [fault.kind for fault in small.faults] == [simpler]


def test_the_first_delivery_is_simpler_than_a_later_one():
    fault = Fault(kind=FaultKind.DUPLICATE_LATER, message="m1", nth=2)
    small = shrink(scenario_of(fault), lambda it: bool(it.faults))
    assert small.faults[0].nth == 1


def test_the_number_of_a_call_stays_since_it_is_another_place():
    fault = Fault(kind=FaultKind.CALL_FAILS, site="a", nth=2)
    assert shrink(scenario_of(fault), lambda it: bool(it.faults)).faults == (fault,)


def test_messages_are_sent_together_where_their_times_do_not_matter():
    small = shrink(scenario_of(names=("m1", "m2"), after_ms=9), lambda it: len(it.messages) > 1)
    assert [it.after_ms for it in small.messages] == [0, 0]


def test_times_that_matter_stay():
    """Look-alike of the above."""
    scenario = scenario_of(after_ms=9)
    assert shrink(scenario, lambda it: it.messages[0].after_ms == 9) == scenario


def test_of_many_messages_those_that_are_not_needed_go_many_at_a_time():
    many = Scenario(
        messages=tuple(ScenarioMessage(name=f"m{n}", body=f"b{n}") for n in range(1, 102)),
        deployment=DEPLOYMENT,
    )
    tried = []

    def fails(scenario):
        tried.append(scenario)
        return len(scenario.messages) >= 6

    assert len(shrink(many, fails).messages) == 6
    assert len(tried) < 40
