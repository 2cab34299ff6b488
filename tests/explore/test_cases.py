"""What exploration starts from: bodies the handler accepts, and malformed ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import strategies as st
from playing import playing, put_item, reporting

from sqs_contract import UsageError
from sqs_contract.bodies.source import Bodies
from sqs_contract.explore.cases import GROUP_SIZE, find_poison, prepare_cases


@pytest.fixture
def rows():
    return {}


@pytest.fixture
def cases_of(rows):
    """The cases for a handler that does `work(rows, data)`, and the poison found for it."""

    def make(work, *bodies, strategy=None, raises=False):
        def handler(event, context):
            if not raises:
                return reporting(lambda data: work(rows, data))(event, context)
            return [work(rows, json.loads(it["body"])) for it in event["Records"]]

        given = Bodies(tuple(bodies), strategy, "the test's bodies")
        with playing(
            handler, effects=lambda: rows, reset=rows.clear, report_batch_item_failures=not raises
        ) as stand:
            cases = prepare_cases(stand.oracle, given, 0)
            return cases, find_poison(stand.oracle, cases)

    return make


def put(rows, data):
    rows[data["id"]] = int(data["amount"])


def bodies_of(messages):
    return [message.body for message in messages]


ORDER = '{"id": "a1", "amount": 5}'


def test_accepted_bodies_come_in_threes(cases_of):
    given = [json.dumps({"id": str(number), "amount": 1}) for number in range(3)]
    cases, _ = cases_of(put, *given)
    assert [bodies_of(group) for group in cases.groups] == [given]
    assert cases.visible
    assert cases.refusal is None


def test_one_body_is_filled_up_with_others_about_other_things(cases_of):
    cases, _ = cases_of(put, ORDER)
    [group] = cases.groups
    assert len(group) == GROUP_SIZE
    assert [json.loads(it)["id"] for it in bodies_of(group)] == ["a1", "a2", "a3"]
    assert {json.loads(it)["amount"] for it in bodies_of(group)} == {5}


def test_the_same_body_twice_is_one(cases_of):
    cases, _ = cases_of(put, ORDER, ORDER)
    assert bodies_of(cases.healthy).count(ORDER) == 1


def test_a_body_that_is_refused_alone_is_poison_and_how_is_told(cases_of):
    cases, _ = cases_of(put, ORDER, '{"id": "b1"}', raises=True)
    assert bodies_of(cases.poison) == ['{"id": "b1"}']
    assert "KeyError: 'amount'" in cases.refusal
    assert "test_cases.py:" in cases.refusal


def test_where_every_body_is_refused_nothing_is_healthy(cases_of):
    cases, _ = cases_of(put, "1", "2")
    assert cases.groups == ()
    assert not cases.visible
    assert cases.refusal.startswith("it reported the record as failed")


def test_a_call_that_failed_is_told_where_the_handler_says_nothing(cases_of):
    """A table that is missing, a wrong expression: the handler has swallowed the error."""

    def work(_rows, data):
        put_item(str(data), table="nowhere")

    cases, _ = cases_of(work, "1")
    assert cases.refusal == (
        "it reported the record as failed after dynamodb.PutItem nowhere 1 -> "
        "ResourceNotFoundException"
    )


def test_bodies_that_take_another_way_get_a_group_of_their_own(cases_of):
    def work(rows, data):
        if data["id"] != "nothing":
            put(rows, data)

    first = [json.dumps({"id": str(number), "amount": 1}) for number in range(4)]
    other = json.dumps({"id": "nothing", "amount": 1})
    cases, _ = cases_of(work, *first, other)
    assert [bodies_of(group) for group in cases.groups] == [first[:3], [other]]


def test_a_strategy_gives_bodies_the_same_ones_each_time(cases_of):
    strategy = st.fixed_dictionaries({"id": st.text(min_size=1), "amount": st.integers()})
    once, _ = cases_of(put, strategy=strategy)
    again, _ = cases_of(put, strategy=strategy)
    assert bodies_of(once.healthy) == bodies_of(again.healthy)
    assert once.healthy


def test_a_strategy_that_draws_no_bodies_is_refused(cases_of):
    with pytest.raises(UsageError, match="neither text nor JSON"):
        cases_of(put, strategy=st.binary(min_size=1))


def test_poison_is_malformed_and_two_of_a_kind_at_the_most(cases_of):
    """One kind is one way in which the handler takes it."""
    _, found = cases_of(put, ORDER, raises=True)
    assert found[0].body == "not json"
    assert all(message.note for message in found)
    assert len({message.name for message in found}) == len(found)
    notes = " ".join(message.note for message in found)
    assert "missing" in notes
    assert len(found) < 12


def test_poison_is_about_another_thing_than_the_healthy_messages(cases_of):
    """It is to get in their way as a neighbour only."""

    def work(rows, data):
        rows[data["id"]] = data

    cases, found = cases_of(work, ORDER)
    healthy = {json.loads(it)["id"] for it in bodies_of(cases.healthy)}
    for message in found:
        try:
            named = json.loads(message.body)["id"]
        except (ValueError, TypeError, KeyError):
            continue
        assert named not in healthy if isinstance(named, str) else True
