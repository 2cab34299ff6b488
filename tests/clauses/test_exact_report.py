"""`exact-report`: the report names exactly the records that failed."""

from __future__ import annotations

import json

import pytest
from playing import create_table, modes, order, poison, reporting, store, strike

from sqs_contract.clauses.verdict import PoisonPolicy
from sqs_contract.scenario import FaultKind

CLAUSE = "exact-report"


@pytest.fixture
def judged(world):
    def judge(handler, *given, faults=(), policy=PoisonPolicy.EITHER, **settings):
        settings = {"report_batch_item_failures": True, "max_receive_count": 2, **settings}
        stand = world.use(handler, reset=create_table, **settings)
        return stand.judge(CLAUSE, *given, faults=faults, policy=policy)

    return judge


correct = reporting(store)


def reports(choose):
    """A handler that does each record, and reports `choose(all, failed)`."""

    def handler(event, _):
        failed = []
        for record in event["Records"]:
            try:
                store(json.loads(record["body"]))
            except Exception:  # noqa: BLE001  as handlers do
                failed.append(record["messageId"])
        every = [record["messageId"] for record in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": it} for it in choose(every, failed)]}

    return handler


FAILING = strike(FaultKind.CALL_FAILS, "dynamodb.PutItem items a")


def test_the_failed_and_no_others(judged):
    assert modes(judged(correct, order("a"), order("b"), poison())) == []
    assert modes(judged(correct, order("a"), order("b"), faults=[FAILING])) == []


def test_everything_for_one(judged):
    handler = reports(lambda every, failed: every if failed else [])
    judgement = judged(handler, order("a"), poison())
    assert modes(judgement) == ["reported-though-done"]
    assert judgement.violations[0].messages == ("m1",)


def test_none_for_one_that_a_fault_struck(judged):
    handler = reports(lambda *_: [])
    judgement = judged(handler, order("a"), order("b"), faults=[FAILING])
    assert modes(judgement) == ["failed-though-not-reported"]
    assert judgement.violations[0].messages == ("m1",)


def test_the_wrong_one(judged):
    handler = reports(lambda every, failed: every[-1:] if failed else [])
    judgement = judged(handler, order("a"), order("b"), faults=[FAILING])
    assert sorted(modes(judgement)) == ["failed-though-not-reported", "reported-though-done"]


def test_the_wrong_one_is_right_where_it_is_the_one_that_failed(judged):
    """Look-alike: the same handler in another order."""
    handler = reports(lambda every, failed: every[-1:] if failed else [])
    assert modes(judged(handler, order("b"), order("a"), faults=[FAILING])) == []


def test_a_record_reported_whose_answer_was_lost_is_no_mistake(judged):
    """It is done, but the handler cannot know."""
    for kind in (FaultKind.ANSWER_LOST, FaultKind.ANSWER_LOST_ONCE):
        lost = strike(kind, "dynamodb.PutItem items a")
        assert modes(judged(correct, order("a"), order("b"), faults=[lost])) == []


def test_nothing_that_failed_is_no_test(judged):
    assert not judged(correct, order("a"), order("b")).tested


def test_where_reports_are_off_there_is_nothing_to_judge(judged):
    assert not judged(correct, poison(), report_batch_item_failures=False).tested


def test_an_exception_is_no_report(judged):
    def handler(*_):
        raise ValueError

    assert not judged(handler, order("a"), poison()).tested


def test_a_report_thrown_away_by_a_crash_is_not_judged(judged):
    handler = reports(lambda every, _: every)
    crashes = [strike(FaultKind.CRASH_AFTER, number) for number in (1, 2)]
    assert not judged(handler, order("a"), poison(), faults=crashes).tested


def test_of_a_message_twice_in_a_batch_one_copy_may_fail(judged):
    twice = strike(FaultKind.DUPLICATE_IN_BATCH, "m1")
    assert modes(judged(correct, order("a"), faults=[twice, FAILING])) == []


def test_poison_that_was_to_be_dropped_must_not_be_reported(judged):
    assert modes(judged(correct, order("a"), poison(), policy=PoisonPolicy.DROP)) == [
        "poison-reported"
    ]
    assert modes(judged(correct, order("a"), poison(), policy=PoisonPolicy.REPORT)) == []
