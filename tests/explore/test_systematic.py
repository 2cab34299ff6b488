"""The systematic part: every single fault of the golden run, one at a time."""

from __future__ import annotations

import json
from types import SimpleNamespace

import boto3
import pytest
from playing import (
    calls,
    create_everything,
    create_table,
    nothing,
    playing,
    poison,
    put_item,
    reporting,
)

from sqs_contract import Contract, Deployment
from sqs_contract.explore.cases import Cases
from sqs_contract.explore.systematic import (
    call_scenarios,
    delivery_scenarios,
    failing_at_the_last_receive,
    failing_beside_poison,
    plain_scenarios,
    poison_scenarios,
)
from sqs_contract.history import Called
from sqs_contract.scenario import INDEFINITE_FAULTS, FaultKind, ScenarioMessage

DEPLOYMENT = Deployment()
GROUP = tuple(ScenarioMessage(name=f"m{n}", body=f"b{n}") for n in (1, 2, 3))


def cases(*groups, bad=()):
    return Cases(groups=groups, poison=tuple(bad), model="", refusal=None, visible=True)


def shown(scenarios):
    """Each scenario as its messages and its faults."""
    return [
        (
            [message.name for message in it.messages],
            [(fault.kind, fault.message or fault.invocation) for fault in it.faults],
        )
        for it in scenarios
    ]


def test_nothing_goes_wrong_alone_together_and_one_after_the_other():
    made = list(plain_scenarios(cases(GROUP), DEPLOYMENT, 7))
    assert [names for names, _ in shown(made)] == [
        ["m1"],
        ["m2"],
        ["m3"],
        ["m1", "m2", "m3"],
        ["m1", "m2", "m3"],
    ]
    assert not any(it.faults for it in made)
    assert [it.after_ms for it in made[-1].messages] == [0, 1_000, 2_000]
    assert all((it.seed, it.deployment) == (7, DEPLOYMENT) for it in made)


def test_every_message_comes_again_in_every_way_and_every_invocation_is_lost():
    made = shown(delivery_scenarios(cases(GROUP), DEPLOYMENT, 0))
    for name in ("m1", "m2", "m3"):
        for kind in (
            FaultKind.DUPLICATE_LATER,
            FaultKind.LOST_DELETE,
            FaultKind.DUPLICATE_IN_BATCH,
        ):
            assert (["m1", "m2", "m3"], [(kind, name)]) in made
    for kind in (FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER):
        assert (["m1"], [(kind, 1)]) in made
        assert (["m1", "m2", "m3"], [(kind, 1)]) in made
    again_and_cold = [(FaultKind.DUPLICATE_LATER, "m1"), (FaultKind.COLD_START, 2)]
    assert (["m1"], again_and_cold) in made


def test_with_small_batches_there_are_more_invocations_to_lose_and_no_room_for_doubles():
    made = shown(delivery_scenarios(cases(GROUP), Deployment.of(batch_size=1), 0))
    kinds = [(kind, target) for _, faults in made for kind, target in faults]
    assert (FaultKind.CRASH_AFTER, 3) in kinds
    assert not any(kind is FaultKind.DUPLICATE_IN_BATCH for kind, _ in kinds)


def test_poison_comes_alone_and_in_every_place_beside_healthy_messages():
    made = shown(poison_scenarios(cases(GROUP, bad=[poison()]), DEPLOYMENT, 0))
    names = [it for it, _ in made]
    assert names[0] == ["p1"]
    assert ["p1", "m1", "m2", "m3"] in names
    assert ["m1", "p1", "m2", "m3"] in names
    assert ["m1", "m2", "m3", "p1"] in names
    assert ["p1", "m1"] in names  # the next batch, in the same sandbox


def test_two_kinds_of_poison_come_together():
    made = shown(poison_scenarios(cases(GROUP, bad=[poison(), poison("?", "p2")]), DEPLOYMENT, 0))
    assert (["p1", "m1", "p2"], []) in made


def test_every_call_is_struck_by_each_mechanism_and_a_read_only_where_it_differs():
    mechanisms = {
        FaultKind.CALL_FAILS,
        FaultKind.NO_CONNECTION,
        FaultKind.ANSWER_LOST,
        FaultKind.ANSWER_LOST_ONCE,
        FaultKind.TIMEOUT_BEFORE,
        FaultKind.TIMEOUT_AFTER,
    }

    def work(data):
        boto3.client("dynamodb").get_item(TableName="items", Key={"id": {"S": data}})
        put_item(data)
        put_item(data)

    with playing(nothing) as world:
        stand = world.use(reporting(work), reset=create_everything)
        run = stand.play('"a"')
    made = list(call_scenarios(run.scenario.messages, run, DEPLOYMENT, 0))
    struck = [(fault.site, fault.nth, fault.kind) for it in made for fault in it.faults]
    assert len(struck) == len(made) == len(set(struck))
    for call in calls(run):
        kinds = {kind for site, nth, kind in struck if (site, nth) == (call.site, call.nth)}
        reads = call.site.startswith("dynamodb.GetItem")
        assert kinds == (mechanisms - INDEFINITE_FAULTS if reads else mechanisms)
    assert len(made) == 3 + 6 + 6


@pytest.mark.long
def test_all_single_faults_are_tried_and_the_share_is_told():
    """148 of 148: here there are fewer."""
    report = Contract(
        reporting(lambda data: put_item(data["id"])),
        bodies=['{"id": "a"}'],
        reset=create_table,
        deployment=Deployment.of(report_batch_item_failures=True),
        max_examples=0,
    ).verify()
    assert report.coverage.single_faults == report.coverage.single_faults_explored
    # Two groups, one of them of three messages; six faults on each of four calls.
    assert report.coverage.single_faults >= 6 * 4
    assert report.coverage.scenarios > report.coverage.single_faults
    assert not report.violated


@pytest.mark.parametrize("budget", [0])
def test_a_spent_budget_is_told_by_the_share(budget):
    report = Contract(
        lambda *_: None, bodies=[json.dumps({"id": "a"})], budget=budget, max_examples=0
    ).verify()
    assert report.coverage.single_faults_explored < report.coverage.single_faults


def test_behind_poison_a_call_fails_and_of_a_batch_an_entry():
    """Once each: whether two failures in a batch are told apart is all it is to show."""
    events = [
        Called(0, 1, site, 1, None, None)
        for site in ("dynamodb.PutItem items a", "sqs.SendMessageBatch out")
    ]
    messages = (poison(), *GROUP[:2])
    made = list(failing_beside_poison(messages, SimpleNamespace(events=events), DEPLOYMENT, 0))
    assert [(it.faults[0].site.split()[0], it.faults[0].kind) for it in made] == [
        ("dynamodb.PutItem", FaultKind.CALL_FAILS),
        ("sqs.SendMessageBatch", FaultKind.CALL_FAILS),
        ("sqs.SendMessageBatch", FaultKind.PARTLY_FAILS_ONCE),
    ]
    assert all(it.messages == messages for it in made)


@pytest.mark.parametrize(("most", "earlier"), [(1, None), (3, 2), (10, 4), (None, 4)])
def test_each_call_fails_at_the_last_receive(most, earlier):
    """Sandboxes that died used up the others; of many receives a few are enough."""
    plain = SimpleNamespace(events=[Called(0, 1, "dynamodb.PutItem items a", 1, None, None)])
    deployment = Deployment.of(max_receive_count=most)
    made = list(failing_at_the_last_receive(GROUP[:1], plain, deployment, 0))
    if earlier is None:
        assert made == []  # the first is the last: that is tried as it is
        return
    [scenario] = made
    *before, last = scenario.faults
    crashes = [(FaultKind.CRASH_BEFORE, number) for number in range(1, earlier + 1)]
    assert [(fault.kind, fault.invocation) for fault in before] == crashes
    assert (last.kind, last.site) == (FaultKind.CALL_FAILS, "dynamodb.PutItem items a")
