"""Which scenarios are played with the function deployed, and what the wrapper is told for each."""

from __future__ import annotations

import dataclasses

import pytest

from sqs_contract.deployed.orders import (
    EVERY_CALL,
    EXIT,
    SLEEP,
    SLOW,
    Deployed,
    choose,
    left_out,
    orders_for,
    why_not,
)
from sqs_contract.deployment import Deployment
from sqs_contract.explore.cases import Cases
from sqs_contract.fault_plan import Fault, FaultKind
from sqs_contract.scenario import Scenario, ScenarioMessage

M1, M2 = (ScenarioMessage(name=name, body="{}") for name in ("m1", "m2"))
POISON = ScenarioMessage(name="p1", body="!", note="no JSON")
DEPLOYMENT = Deployment.of(max_receive_count=3, report_batch_item_failures=True)
PLAIN = Scenario(messages=(M1, M2), deployment=DEPLOYMENT)
AFTER = Fault(kind=FaultKind.CRASH_AFTER, invocation=1)


def having(**changes):
    return dataclasses.replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        (PLAIN, None),
        (having(faults=(AFTER,)), None),
        (having(faults=(Fault(kind=FaultKind.DUPLICATE_LATER, message="m1"),)), None),
        (having(faults=(Fault(kind=FaultKind.THROTTLED, invocation=1),)), "'throttled'"),
        (having(messages=(M1, dataclasses.replace(M2, after_ms=5))), "one after the other"),
        (having(deployment=Deployment.of(batch_size=1)), "do not go into one batch"),
        (having(messages=(POISON,), deployment=Deployment.of()), "may come for ever"),
        (having(messages=(POISON,)), None),
    ],
)
def test_a_scenario_is_played_where_a_wrapper_can_make_its_faults(scenario, reason):
    found = why_not(scenario)
    assert (found is None) if reason is None else (reason in str(found))


def test_plain_delivery_comes_first_then_counterexamples():
    cases = Cases(
        groups=((M1, M2),), poison=(POISON,), model=None, refusal="", visible=True,
        filtered=0, tried=2, refused=0,
    )  # fmt: skip
    found = having(messages=(M1,), faults=(AFTER,))
    chosen = choose(cases, [found, having(faults=(AFTER, AFTER))], PLAIN)
    assert [item.told for item in chosen[:2]] == [
        "m1 m2: plain delivery",
        "m1: the process ends after the work",
    ]
    told = {item.told for item in chosen}
    assert {
        "m1 m2: the function times out after the work",
        "m1 m2: the function fails after the work",
        "m1 m2: the process ends before the work",
        "m1 m2: the function is slow",
        "m1: m1 comes again",
        "m1 m2 p1: a malformed body",
    } <= told
    assert len(told) == len(chosen)


def test_the_wrapper_knows_an_invocation_by_the_receives_of_its_messages():
    again = Fault(kind=FaultKind.LOST_DELETE, message="m2")
    item = Deployed(scenario=having(faults=(AFTER, again)), how=SLEEP)
    assert orders_for(item, {"m1": "id-1", "m2": "id-2"}, 1.5) == {
        "strikes": [{"when": "after", "how": "sleep", "receive": 1, "kind": "crash-after"}],
        "again": [["id-2", 1]],
        "slow_s": 0,
        "reporting": True,
    }
    slow = orders_for(Deployed(scenario=PLAIN, how=SLOW), {}, 1.5)
    assert (slow["slow_s"], slow["strikes"]) == (1.5, [])
    assert Deployed(scenario=PLAIN).how == EXIT


def test_messages_are_cut_to_a_batch():
    """Else a function with batches of one would not be played at all."""
    cases = Cases(groups=((M1, M2),), poison=(POISON,), model="", refusal=None, visible=True)
    small = dataclasses.replace(PLAIN, deployment=Deployment.of(batch_size=1, max_receive_count=3))
    told = [item.told for item in choose(cases, [], small)]
    assert told[0] == "m1: plain delivery"
    assert "p1: a malformed body" in told


def test_what_a_wrapper_cannot_make_is_told_with_the_reason():
    throttled = having(faults=(Fault(kind=FaultKind.THROTTLED, invocation=1),))
    answer_lost = having(faults=(Fault(kind=FaultKind.ANSWER_LOST, site="dynamodb.PutItem a"),))
    found = left_out([answer_lost, PLAIN], [throttled, throttled, having(faults=(AFTER,))])
    assert str(why_not(answer_lost)).endswith("'answer-lost' at a call of the handler")
    assert found == (
        f"1 counterexample: {why_not(answer_lost)}",
        "2 other scenarios: a wrapper around it cannot make the fault 'throttled'",
        EVERY_CALL,
    )
