"""What histories and looks at the effects say: changes, windows, the clauses' verdicts."""

from __future__ import annotations

import pytest

from sqs_contract.clauses.verdict import Verdict
from sqs_contract.history import Called, DeleteRequested, Delivery, Received, Released, Struck
from sqs_contract.proxy.changes import changes, is_same_again
from sqs_contract.proxy.judging import judge
from sqs_contract.proxy.session import Session
from sqs_contract.proxy.windows import AT_DELETE, QUIET, Look
from sqs_contract.scenario import FaultKind

T1, T2 = "2026-01-01T10:00:00Z", "2026-01-01T10:00:07.5+00:00"
ID1, ID2 = "8a3c8f7e-1d2b-4c3d-9e4f-5a6b7c8d9e0f", "0f9e8d7c-6b5a-4f4e-9d3c-2b1d7e8f3c8a"


def told(before, after):
    return [(change.how.value, ".".join(change.path)) for change in changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ([1, 2], [2, 1], []),
        ({"a": 1}, {"a": 3}, [("counted", "a")]),
        ({"a": True}, {"a": False}, [("changed", "a")]),
        ({"a": "x"}, {"a": "y"}, [("changed", "a")]),
        ({"a": T1}, {"a": T2}, [("varies", "a")]),
        ({"a": 1_767_225_600}, {"a": 1_767_225_607.25}, [("varies", "a")]),
        ({"a": 1_767_225_600_000}, {"a": 1_767_225_607_000}, [("varies", "a")]),
        ({"a": "1767225600.25"}, {"a": "1767225607.5"}, [("varies", "a")]),
        ({"a": ID1}, {"a": ID2}, [("varies", "a")]),
        ({"a": 10}, {"a": "10"}, [("changed", "a")]),
        ({}, {"a": 1}, [("grew", "")]),
        ({"rows": {"x": 1}}, {"rows": {}}, [("shrank", "rows")]),
        ({"rows": []}, {"rows": [{"id": 1}]}, [("grew", "rows")]),
        ({"rows": [{"id": 1, "at": T1}]}, {"rows": [{"id": 1, "at": T2}]}, [("varies", "rows.*.at")]),
        ({"rows": ["a"]}, {"rows": ["b"]}, [("shrank", "rows"), ("grew", "rows")]),
        (list(range(600)), [], [("changed", "")]),
    ],
)  # fmt: skip
def test_a_change_is_told_by_its_kind_and_place(before, after, expected):
    assert told(before, after) == expected


@pytest.mark.parametrize(
    ("first", "again", "same"),
    [
        ({"id": "o1", "amount": 5}, {"id": "o1", "amount": 5}, True),
        ({"row": 1, "id": "o1"}, {"row": 7, "id": "o1"}, True),  # a key the database gives
        ({"id": "o1", "at": T1}, {"id": "o1", "at": T2}, True),
        ([1, "o1", 10], [2, "o1", 10], True),
        ("charged", "charged", True),
        (ID1, ID2, True),
        (10, 10, True),
        (10, 1, False),
        ("charged", "known already", False),
        ({"event": "charged", "id": "o1"}, {"event": "known", "id": "o1"}, False),
        ({"id": "o1"}, {"id": "o1", "again": True}, False),
        ({"row": 1}, {"row": 2}, False),  # nothing in it is the same
    ],
)
def test_a_thing_is_added_once_more_whatever_its_own_id_and_time(first, again, same):
    (one,) = changes([], [first])
    (other,) = changes([first], [first, again])
    assert is_same_again(one, other) is same
    (one,) = changes({}, {"k1": first})
    (other,) = changes({"k1": first}, {"k1": first, "k2": again})
    assert is_same_again(one, other) is same


class Story:
    """A session written down event by event, with looks between."""

    def __init__(self, world=None, **groups):
        self.events, self.groups = [], groups
        self.looks = [] if world is None else [Look(position=0, when=QUIET, world=world)]

    def received(self, *names, count=1):
        records = tuple(Delivery(name, count) for name in names)
        self.events.append(Received(len(self.events), "orders", records))
        return self

    def deleted(self, *names, world=None, done=True):
        if world is not None:
            self._look(AT_DELETE, world)
        for name in names:
            self.events.append(DeleteRequested(len(self.events), name, 1, done))
        return self

    def released(self, name):
        self.events.append(Released(len(self.events), name, 1))
        return self

    def struck(self, name="m1"):
        self.events.append(Struck(len(self.events), FaultKind.LOST_DELETE, message=name))
        return self

    def call_struck(self):
        site = "sqs.ReceiveMessage orders"
        self.events.append(Called(len(self.events), 0, site, 1, fault=FaultKind.SLOW))
        return self

    def quiet(self, world):
        self._look(QUIET, world)
        return self

    def _look(self, when, world):
        self.looks.append(Look(position=len(self.events), when=when, world=world))

    def verdict(self, clause, **given):
        session = Session(
            events=self.events,
            looks=self.looks or None,
            groups=self.groups,
            fifo=bool(self.groups),
            **given,
        )
        (result,) = [one for one in judge(session) if one.clause == clause]
        return result


EMPTY = {"rows": [], "total": 0}
ONE = {"rows": [{"id": "o1"}], "total": 5}
TWICE = {"rows": [{"id": "o1"}], "total": 10}
TWO_ROWS = {"rows": [{"id": "o1"}, {"id": "o1"}], "total": 5}


def first(story=None):
    """m1 was handed out and done as it should be."""
    return (story or Story(EMPTY)).received("m1").deleted("m1", world=ONE).quiet(ONE)


def again(story, before, after):
    """m1 came again by itself."""
    return story.received("m1", count=2).deleted("m1", world=before).quiet(after)


# no-loss


def test_an_effect_that_was_there_before_the_delete_is_no_loss():
    assert first().verdict("no-loss").verdict is Verdict.HELD


def test_an_effect_that_came_after_the_delete_is_a_loss():
    story = Story(EMPTY).received("m1").deleted("m1", world=EMPTY).quiet(ONE)
    result = story.verdict("no-loss")
    assert result.verdict is Verdict.VIOLATED
    assert result.violation.mode == "deleted-first"
    assert result.violation.claim == "m1 was deleted, and only then its effect was there."


def test_a_failed_message_beside_it_makes_an_effect_nobodys():
    story = Story(EMPTY).received("m1", "m2").deleted("m1", world=EMPTY).quiet(ONE)
    assert story.verdict("no-loss").verdict is Verdict.NOT_CHECKED


def test_what_changes_while_nothing_is_delivered_is_noise():
    beat = {"heartbeat": 1}
    story = Story({"heartbeat": 0}).received("m1").deleted("m1", world={"heartbeat": 0})
    story.quiet(beat).quiet({"heartbeat": 2})
    assert story.verdict("no-loss").verdict is Verdict.NOT_CHECKED


def test_a_time_that_is_noted_after_the_delete_is_no_effect():
    story = Story({"at": T1}).received("m1").deleted("m1", world={"at": T1}).quiet({"at": T2})
    result = story.verdict("no-loss")
    assert result.verdict is Verdict.NOT_CHECKED
    assert result.reason == "no message that was deleted changed anything in the effects"


# idempotent


def test_a_repetition_that_changes_nothing_is_kept():
    assert again(first(), ONE, ONE).verdict("idempotent").verdict is Verdict.HELD


@pytest.mark.parametrize(
    ("after", "said"), [(TWICE, "total went from 5 to 10"), (TWO_ROWS, "one more in rows")]
)
def test_a_repetition_that_does_the_same_again_is_told(after, said):
    result = again(first(), after, after).verdict("idempotent")
    assert result.verdict is Verdict.VIOLATED
    assert said in result.violation.claim
    assert result.violation.messages == ("m1",)


def test_a_repetition_that_undoes_it_is_told():
    result = again(first(), EMPTY | {"total": 5}, EMPTY | {"total": 5}).verdict("idempotent")
    assert result.violation.mode == "undone-again"


def test_a_number_that_changes_by_another_amount_cannot_be_told():
    """It may be how long it took."""
    other = ONE | {"total": 7}
    result = again(first(), other, other).verdict("idempotent")
    assert result.verdict is Verdict.NOT_CHECKED
    assert "changed total" in result.reason


def test_a_number_that_rises_by_the_same_amount_each_time_is_told():
    story = again(first(), ONE | {"total": 7}, ONE | {"total": 7})
    result = again(story, ONE | {"total": 9}, ONE | {"total": 9}).verdict("idempotent")
    assert result.verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    ("grown", "doubled"),
    [
        ({"totals": {"ada": 5}}, {"totals": {"ada": 10}}),
        ({"totals": {"ada": {"sum": 5}}}, {"totals": {"ada": {"sum": 10}}}),
        ({"totals": [{"name": "ada", "sum": 5}]}, {"totals": [{"name": "ada", "sum": 10}]}),
    ],
)
def test_what_was_new_and_then_doubled_is_told(grown, doubled):
    empty = {"totals": [] if isinstance(grown["totals"], list) else {}}
    story = Story(empty).received("m1").deleted("m1", world=grown).quiet(grown)
    result = again(story, doubled, doubled).verdict("idempotent")
    assert result.verdict is Verdict.VIOLATED, result


def test_of_a_batch_that_is_done_one_by_one_each_message_has_its_own_effect():
    both = {"rows": [{"id": "o1"}, {"id": "o2"}], "total": 12}
    story = Story(EMPTY).received("m1", "m2").deleted("m1", world=ONE)
    story.deleted("m2", world=both).quiet(both)
    after = both | {"total": 19}
    story.received("m2", count=2).deleted("m2", world=after).quiet(after)
    result = story.verdict("idempotent")
    assert result.verdict is Verdict.VIOLATED
    assert "total went from 12 to 19" in result.violation.claim


def test_of_a_batch_that_is_deleted_at_once_nobody_knows_which_did_what():
    both = {"rows": [{"id": "o1"}, {"id": "o2"}], "total": 12}
    story = Story(EMPTY).received("m1", "m2").deleted("m1", "m2", world=both).quiet(both)
    after = both | {"total": 19}
    story.received("m2", count=2).deleted("m2", world=after).quiet(after)
    assert story.verdict("idempotent").verdict is Verdict.NOT_CHECKED


def test_a_message_whose_effect_was_never_seen_is_no_evidence():
    story = Story(EMPTY).received("m1").deleted("m1", world=EMPTY).quiet(EMPTY)
    result = again(story, ONE, ONE).verdict("idempotent")
    assert result.verdict is Verdict.NOT_CHECKED


def test_a_repetition_beside_a_new_message_is_no_evidence():
    story = first().received("m1", "m2").deleted("m1", "m2", world=TWICE).quiet(TWICE)
    result = story.verdict("idempotent")
    assert result.verdict is Verdict.NOT_CHECKED
    assert result.reason.startswith("no message came again by itself")


def test_effects_that_could_not_be_told_are_the_reason():
    result = first().verdict("idempotent", trouble="the effects could not be told: down")
    assert (result.verdict, result.reason) == (
        Verdict.NOT_CHECKED,
        "the effects could not be told: down",
    )


# fifo-order


def fifo():
    return Story(m1="g", m2="g", m3="h")


def test_behind_a_message_that_failed_nothing_of_its_group_is_deleted():
    story = fifo().received("m1", "m2").deleted("m2").received("m1", count=2).deleted("m1")
    result = story.verdict("fifo-order")
    assert result.verdict is Verdict.VIOLATED
    assert result.violation.messages == ("m1", "m2")


def test_a_worker_that_stops_keeps_the_order():
    story = fifo().received("m1", "m2").released("m1").received("m1", "m2", count=2)
    assert story.deleted("m1", "m2").verdict("fifo-order").verdict is Verdict.HELD


def test_other_groups_go_on():
    story = fifo().received("m1", "m3").deleted("m3").received("m1", count=2).deleted("m1")
    assert story.verdict("fifo-order").verdict is Verdict.NOT_CHECKED


def test_a_delete_that_was_asked_for_and_lost_is_no_failure():
    story = fifo().received("m1", "m2").deleted("m1", done=False).deleted("m2")
    story.received("m1", count=2).deleted("m1")
    assert story.verdict("fifo-order").verdict is Verdict.NOT_CHECKED


def test_messages_that_are_done_side_by_side_are_no_failure():
    story = fifo().received("m1", "m2").deleted("m2").deleted("m1")
    assert story.verdict("fifo-order").verdict is Verdict.NOT_CHECKED


# drains


def test_all_deleted_in_the_end_is_drained():
    story = Story().received("m1").struck().deleted("m1", done=False)
    story.received("m1", count=2).deleted("m1")
    assert story.verdict("drains").verdict is Verdict.HELD


def stuck(deliveries):
    story = Story().received("m1").struck().deleted("m1", done=False)
    for number in range(deliveries):
        story.received("m1", count=2 + number)
    return story


def test_what_was_accepted_once_and_is_never_deleted_since_is_stuck():
    assert stuck(3).verdict("drains").verdict is Verdict.NOT_CHECKED
    result = stuck(4).verdict("drains")
    assert result.verdict is Verdict.VIOLATED
    assert result.violation.messages == ("m1",)


def test_a_fault_on_the_way_starts_the_count_again():
    assert stuck(4).call_struck().verdict("drains").verdict is Verdict.NOT_CHECKED


def test_what_was_never_accepted_may_be_poison():
    story = Story().call_struck()
    for number in range(9):
        story.received("m1", count=1 + number)
    result = story.verdict("drains")
    assert result.verdict is Verdict.NOT_CHECKED
    assert result.reason.startswith("m1 was not deleted when the session ended")


def test_without_a_fault_nothing_was_tried():
    result = Story().received("m1").deleted("m1").verdict("drains")
    assert result.reason == "no fault struck: give --seed or --scenario"
