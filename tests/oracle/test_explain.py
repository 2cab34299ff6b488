"""Explanations: which messages, delivered once each, leave the world that is there."""

from __future__ import annotations

import json

import pytest
from playing import as_messages, playing, reporting, strike

from sqs_contract.oracle.explain import ORDERS_MAX, Explainer
from sqs_contract.scenario import FaultKind


def names(*given):
    return frozenset(given)


@pytest.fixture
def store():
    return []


@pytest.fixture
def stand_with(store):
    """A stand whose handler does `work(rows, data)`; the rows are the world."""
    stands = []

    def make(work, **settings):
        context = playing(
            reporting(lambda data: work(store, data)),
            effects=lambda: store,
            reset=store.clear,
            report_batch_item_failures=True,
            **{"max_receive_count": 3, **settings},
        )
        stands.append(context)
        return context.__enter__()

    yield make
    for context in stands:
        context.__exit__(None, None, None)


def append(rows, data):
    rows.append(data)


def explain(stand, world, *bodies, **more):
    explainer = stand.oracle.explainer(as_messages(bodies))
    return explainer.explain(stand.oracle.golden.looks.text(world), **more)


def test_every_subset_of_the_messages_is_told(stand_with):
    stand = stand_with(append)
    assert explain(stand, [], "1", "2", "3") == {names()}
    assert explain(stand, [2], "1", "2", "3") == {names("m2")}
    assert explain(stand, [3, 1], "1", "2", "3") == {names("m1", "m3")}
    assert explain(stand, [1, 2, 3], "1", "2", "3") == {names("m1", "m2", "m3")}


def test_a_doubled_and_an_alien_world_have_no_explanation(stand_with):
    stand = stand_with(append)
    assert explain(stand, [1, 1], "1", "2") == frozenset()
    assert explain(stand, [7], "1", "2") == frozenset()


def test_a_world_may_have_several_explanations(stand_with):
    """Two messages of one body leave the same behind."""
    stand = stand_with(append)
    assert explain(stand, [1], "1", "1") == {names("m1"), names("m2")}


def set_last(rows, data):
    rows[:] = [data]


def test_any_order_of_delivery_may_explain(stand_with):
    """A standard queue owes no order."""
    stand = stand_with(set_last)
    everything = {names("m1", "m2", "m3")}
    for last in (1, 2, 3):
        assert everything <= explain(stand, [last], "1", "2", "3")


def test_without_being_thorough_only_the_likely_orders_are_tried(stand_with):
    stand = stand_with(set_last)
    messages = as_messages(["1", "2"])
    explainer = stand.oracle.explainer(messages)
    text = stand.oracle.golden.looks.text
    assert names("m1", "m2") not in explainer.explain(text([1]), thorough=False)
    likely = explainer.explain(text([1]), likely=(messages[1], messages[0]), thorough=False)
    assert names("m1", "m2") in likely


def test_the_search_ends_with_an_explanation_that_is_enough(stand_with):
    stand = stand_with(append)
    explain(stand, [1], "1", "2", "3", enough=lambda done: done == names("m1"))
    one_order = stand.player.runs
    explain(stand, [1], "1", "2", "3")
    assert one_order == 1
    assert stand.player.runs == 6 + 3  # all orders, and each message alone


def test_too_many_orders_are_given_up_and_that_is_told(stand_with):
    stand = stand_with(append)
    messages = as_messages([str(number) for number in range(6)])
    explainer = Explainer(stand.oracle.golden, messages)
    explainer.explain("no such world")
    assert not explainer.complete
    assert stand.player.runs <= ORDERS_MAX + 6  # each message alone, too


def test_five_messages_are_explained_in_all_their_orders(stand_with):
    stand = stand_with(set_last)
    explainer = Explainer(stand.oracle.golden, as_messages(list("12345")))
    explainer.explain("no such world")
    assert explainer.complete


def test_messages_in_another_order_have_the_same_explainer(stand_with):
    oracle = stand_with(append).oracle
    one, two = as_messages(["1", "2"])
    assert oracle.explainer((one, two)) is oracle.explainer((two, one))


def half_done(rows, data):
    rows.append(data)
    if data == "half":
        raise ValueError


def test_a_message_that_is_refused_counts_as_not_done_whatever_it_leaves(stand_with):
    stand = stand_with(half_done)
    assert explain(stand, ["half"], '"half"') == {names()}


def test_what_a_refused_message_leaves_may_be_there_once_for_every_delivery(stand_with):
    """It comes three times before it is dead-lettered, and leaves its rest each time."""
    stand = stand_with(half_done)
    analysis = stand.analyse('"half"', "1")
    assert analysis.final_world.count("half") == 3
    assert names("m2") in analysis.final_explanations


def test_under_faults_a_message_counts_as_done_where_all_its_calls_came_back():
    from playing import add_one, create_everything, put_item

    def work(data):
        put_item(data)
        add_one("sum")

    failing = strike(FaultKind.CALL_FAILS, "dynamodb.UpdateItem totals sum")
    settings = {"report_batch_item_failures": True}
    with playing(reporting(work), reset=create_everything, **settings) as stand:
        explainer = stand.oracle.explainer(as_messages(['"a"']), [failing])
        half = stand.oracle.golden.run(as_messages(['"a"']), [failing]).steps[0].world
        text = stand.oracle.golden.looks.text
        assert explainer.explain(text(half)) == {names()}
        assert stand.oracle.explainer(as_messages(['"a"'])).explain(text(half)) == frozenset()


def test_a_message_that_swallows_its_failed_call_is_not_done():
    from playing import create_everything, put_item

    def swallow(data):
        try:
            put_item(data)
        except Exception:  # noqa: BLE001  as handlers do
            print("never mind")

    failing = strike(FaultKind.CALL_FAILS, "dynamodb.PutItem items a")
    settings = {"report_batch_item_failures": True}
    with playing(reporting(swallow), reset=create_everything, **settings) as stand:
        analysis = stand.analyse('"a"', faults=[failing])
        assert analysis.acknowledged == names("m1")
        assert analysis.final_explanations == {names()}


def test_an_analysis_tells_invocation_by_invocation(stand_with):
    stand = stand_with(append)
    analysis = stand.analyse("1", "!", faults=[strike(FaultKind.DUPLICATE_IN_BATCH, "m1")])
    first = analysis.invocations[0]
    assert first.names == ("m1", "m2")
    assert first.doubled == {"m1"}
    assert first.returned
    assert (first.deleted, first.kept) == (("m1",), ("m2",))
    assert analysis.rejected_alone == {"m2"}
    assert [it.name for it in analysis.accepted_messages] == ["m1"]
    assert analysis.faults_struck == {FaultKind.DUPLICATE_IN_BATCH}
    assert analysis.explain(0) == {names()}
    assert analysis.explain(1) == frozenset()


def test_the_world_is_compared_as_data_not_as_text(stand_with):
    """10 and 10.0 are one amount, and rows have no order."""
    stand = stand_with(lambda rows, data: rows.append({"n": float(data)}))
    assert explain(stand, json.loads('[{"n": 2}, {"n": 1}]'), "1", "2") == {names("m1", "m2")}
