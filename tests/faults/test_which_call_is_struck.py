"""Faults on AWS calls strike where their label says, and nowhere else."""

from __future__ import annotations

import boto3
import pytest
from call_faults import PUT, noting
from playing import add_one, calls, create_everything, create_table, error_types, put_item, strike

from sqs_contract.scenario import FaultKind


def test_the_nth_call_of_a_label_is_struck_over_redeliveries_too(world):
    seen = []
    stand = world.use(noting(put_item, seen), reset=create_table)
    first = stand.play("a", faults=[strike(FaultKind.CALL_FAILS, PUT)])
    second = stand.play("a", faults=[strike(FaultKind.CALL_FAILS, PUT, nth=2)])
    both = stand.play("a", faults=[strike(FaultKind.CALL_FAILS, PUT, nth=n) for n in (1, 2)])
    assert error_types(first) == ["InternalServerError", None]
    assert error_types(second) == [None]
    assert error_types(both) == ["InternalServerError", "InternalServerError", None]
    assert [it.fault for it in calls(both)] == [FaultKind.CALL_FAILS, FaultKind.CALL_FAILS, None]


def test_only_the_label_of_the_fault_is_struck(world):
    seen = []
    stand = world.use(noting(put_item, seen), reset=create_table, batch_size=1)
    run = stand.play("a", "b", faults=[strike(FaultKind.CALL_FAILS, "dynamodb.PutItem items b")])
    struck = [it.site for it in calls(run) if it.fault]
    assert struck == ["dynamodb.PutItem items b"]


@pytest.mark.parametrize(
    "fault",
    [
        strike(FaultKind.CALL_FAILS, "dynamodb.PutItem items z"),
        strike(FaultKind.TIMEOUT_AFTER, PUT, nth=2),
        strike(FaultKind.DUPLICATE_LATER, "m1", nth=7),
        strike(FaultKind.LOST_DELETE, "m9"),
        strike(FaultKind.CRASH_AFTER, 9),
    ],
    ids=lambda fault: fault.kind.value,
)
def test_a_fault_that_never_struck_stands_nowhere_in_the_history(world, fault):
    seen = []
    stand = world.use(noting(put_item, seen), reset=create_table)
    clean = stand.play("a")
    analysis = stand.analyse("a", faults=[fault])
    assert analysis.faults_struck == set()
    assert analysis.run.events == clean.events
    assert analysis.run.worlds == clean.worlds


def test_calls_of_reset_and_effects_are_no_sites(world):
    def effects():
        return boto3.client("dynamodb").scan(TableName="items")["Items"]

    def reset():
        create_table()
        put_item("a")

    fault = strike(FaultKind.CALL_FAILS, PUT)
    stand = world.use(noting(put_item, []), reset=reset, effects=effects)
    run = stand.play("a", faults=[fault])
    assert run.worlds[0] == [{"id": {"S": "a"}}]
    assert [it.site for it in calls(run)] == [PUT, PUT]
    assert calls(run)[0].fault is FaultKind.CALL_FAILS


def test_several_faults_strike_in_one_run(world):
    def work(key):
        put_item(key)
        add_one(key)

    seen = []
    stand = world.use(noting(work, seen), reset=create_everything)
    run = stand.play(
        "a",
        faults=[
            strike(FaultKind.NO_CONNECTION, PUT),
            strike(FaultKind.ANSWER_LOST, "dynamodb.UpdateItem totals a"),
        ],
    )
    assert [it.fault for it in calls(run) if it.fault] == [
        FaultKind.NO_CONNECTION,
        FaultKind.ANSWER_LOST,
    ]
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 2}]
