"""FIFO queues: groups and what blocks them, handles, receive attempts, what leaves (S45-S65)."""

from __future__ import annotations

import cProfile
import tracemalloc

import pytest
from fifo_queues import HOUR, MINUTE, bodies, filled, message, queue
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract.model.entry import Counts
from sqs_contract.model.fifo import FifoQueue, make_queue
from sqs_contract.model.queue import QueueSettings, StandardQueue, VisibilityBeyondLimit
from sqs_contract.model.receipt_handles import (
    ReceiptHandleExpired,
    ReceiptHandleIsInvalid,
    receipt_handle,
)
from sqs_contract.model.sqs_errors import Refused


def test_a_receive_takes_as_much_of_a_group_as_it_can_and_then_the_next():
    """S45."""
    q = filled("a1", "b1", "a2", "b2", "c1")
    assert bodies(q.receive(0, max_messages=4)) == ["a1", "a2", "b1", "b2"]
    assert bodies(q.receive(0)) == ["c1"]


def test_a_receive_stops_within_a_group_where_it_is_full():
    """S36, S45."""
    q = filled("a1", "b1", "a2", "b2", "c1")
    assert bodies(q.receive(0, max_messages=3)) == ["a1", "a2", "b1"]


@pytest.mark.parametrize(("extended", "seen"), [(0, []), (1, ["g1"]), (2, ["g1", "g2"])])
def test_a_message_in_flight_blocks_those_after_it_and_not_those_before(extended, seen):
    """S46."""
    q = filled("g1", "g2", "g3", visibility_timeout_ms=1_000)
    handle = q.receive(0).messages[extended].receipt_handle
    assert q.change_visibility(handle, 4_000, 0)
    assert bodies(q.receive(2_500)) == seen


def test_ending_the_visibility_of_the_head_returns_the_head_alone():
    """S47."""
    q = filled("g1", "g2")
    q.change_visibility(q.receive(0).messages[0].receipt_handle, 0, 5)
    assert bodies(q.receive(5)) == ["g1"]


def test_a_group_is_free_when_all_that_is_in_flight_is_deleted_and_not_before():
    """S48."""
    q = filled("g1", "g2")
    first, second = q.receive(0).messages
    q.send(message("g3"))
    assert q.delete_received(first, 1)
    assert bodies(q.receive(1)) == []
    assert q.delete_received(second, 2)
    assert bodies(q.receive(2)) == ["g3"]


def test_messages_come_back_in_the_original_order_behind_the_other_groups():
    """S49."""
    q = filled("a1", "a2", "b1", visibility_timeout_ms=1_000)
    assert bodies(q.receive(0, max_messages=2)) == ["a1", "a2"]
    assert bodies(q.receive(1_000)) == ["b1", "a1", "a2"]


def test_a_handle_expires_with_its_visibility_timeout():
    """S50; contrast S39."""
    q = filled("g1", visibility_timeout_ms=1_000)
    handle = q.receive(0).messages[0].receipt_handle
    with pytest.raises(ReceiptHandleExpired) as raised:
        q.delete(handle, 1_000)
    assert str(raised.value) == f"The receipt handle {handle!r} has expired."
    assert not q.change_visibility(handle, 5_000, 1_000)
    late = q.receive(1_000).messages[0].receipt_handle
    with pytest.raises(ReceiptHandleExpired):
        q.delete(handle, 1_001)
    assert q.delete(late, 1_001)
    assert not q.delete(late, 9_999)


def test_an_extension_keeps_a_handle_good():
    """S50."""
    q = filled("g1", visibility_timeout_ms=1_000)
    handle = q.receive(0).messages[0].receipt_handle
    assert q.change_visibility(handle, 5_000, 500)
    assert q.delete(handle, 5_499)


def test_a_malformed_handle_is_refused():
    """S41."""
    with pytest.raises(ReceiptHandleIsInvalid):
        queue().delete("garbage", 0)


def test_visibility_ends_twelve_hours_after_the_receive():
    """S37: extensions included."""
    q = filled("g1", visibility_timeout_ms=2 * HOUR)
    handle = q.receive(0).messages[0].receipt_handle
    assert q.change_visibility(handle, 11 * HOUR, HOUR)
    with pytest.raises(VisibilityBeyondLimit, match=f"timeout of {11 * HOUR + 1} ms"):
        q.change_visibility(handle, 11 * HOUR + 1, HOUR)


def test_sequence_numbers_have_twenty_digits_and_grow():
    """S53."""
    numbers = [queue_entry.sequence_number for queue_entry in map(queue().send, _three())]
    assert all(len(number) == 20 and number.isdecimal() for number in numbers)
    assert sorted(numbers) == numbers
    assert len(set(numbers)) == 3


def _three():
    return [message(body) for body in "abc"]


def test_a_receive_attempt_repeats_its_answer():
    """S55: same messages, same handles, visibility anew, and no receive more."""
    q = filled("g1", "g2", visibility_timeout_ms=10_000)
    first = q.receive(0, max_messages=1, attempt_id="try")
    again = q.receive(5_000, max_messages=1, attempt_id="try")
    assert again.messages == first.messages
    assert q.receive(10_000, max_messages=1, attempt_id="try").messages == first.messages
    assert bodies(q.receive(19_999)) == []
    assert bodies(q.receive(20_000)) == ["g1", "g2"]


def test_a_receive_attempt_is_over_once_something_became_of_its_messages():
    """S55: deleted, changed, visible again, or five minutes old."""
    for spoil in ("delete", "change", "late", "old"):
        q = filled("g1", "h1", visibility_timeout_ms=HOUR if spoil == "old" else 10_000)
        item = q.receive(0, max_messages=1, attempt_id="try").messages[0]
        now = {"late": 10_000, "old": 5 * MINUTE}.get(spoil, 1)
        if spoil == "delete":
            q.delete_received(item, now)
        elif spoil == "change":
            q.change_visibility(item.receipt_handle, 20_000, now)
        assert bodies(q.receive(now, max_messages=1, attempt_id="try")) == ["h1"]


def test_an_empty_receive_attempt_is_tried_anew():
    q = queue()
    q.receive(0, attempt_id="try")
    q.send(message("a"))
    assert bodies(q.receive(0, attempt_id="try")) == ["a"]


def test_blocked_messages_count_as_visible():
    """S56."""
    q = filled("g1", "g2", "g3")
    q.receive(0, max_messages=1)
    assert q.counts(0) == Counts(visible=2, not_visible=1, delayed=0)
    assert q.visible_count(0) == 2


def test_the_head_moves_to_the_dead_letter_queue_and_its_followers_go_on():
    """S57, S62; S59: id kept, count goes on; S61: its id becomes its deduplication id."""
    q = filled("g1", "g2", max_receive_count=1, visibility_timeout_ms=1_000)
    q.receive(0, max_messages=1)
    later = q.receive(1_000)
    assert bodies(later) == ["g2"]
    assert [item.body for item in later.redriven] == ["g1"]
    item = q.dead_letter_queue.receive(1_000).messages[0]
    assert item.receive_count == 2
    assert item.entry.message.message_id == "id-g1"
    assert item.entry.deduplication_id == "id-g1"
    assert item.entry.dead_letter_source == "q.fifo"


def test_the_enqueue_time_begins_anew_in_a_fifo_dead_letter_queue():
    """S60."""
    q = filled("g1", max_receive_count=1, visibility_timeout_ms=1_000)
    q.receive(0)
    q.receive(MINUTE)
    assert q.dead_letter_queue.receive(MINUTE).messages[0].entry.message.sent_ms == MINUTE


def test_the_queues_delay_holds_whatever_a_message_says():
    """S31."""
    q = queue(delay_ms=2_000)
    q.send(message("a", delay_ms=0))
    assert q.counts(0) == Counts(visible=0, not_visible=0, delayed=1)
    assert bodies(q.receive(1_999)) == []
    assert bodies(q.receive(2_000)) == ["a"]


def test_retention_ends_a_message_in_flight_and_frees_its_group():
    """S32."""
    q = queue(retention_ms=MINUTE, visibility_timeout_ms=HOUR)
    q.send(message("a"))
    handle = q.receive(0).messages[0].receipt_handle
    q.send(message("b", sent_ms=1))
    assert q.next_available_ms() == MINUTE
    later = q.receive(MINUTE)
    assert bodies(later) == ["b"]
    assert [item.body for item in later.expired] == ["a"]
    assert not q.delete(handle, MINUTE)
    assert [item.body for item in q.expire(MINUTE + 1)] == ["b"]
    assert q.next_available_ms() is None


def test_what_retention_removed_is_neither_hidden_longer_nor_handed_out_again():
    """S32, S41, S55."""
    q = queue(retention_ms=MINUTE, visibility_timeout_ms=HOUR)
    q.send(message("a"))
    handle = q.receive(0, attempt_id="try").messages[0].receipt_handle
    assert not q.change_visibility(handle, 1_000, MINUTE)
    assert bodies(q.receive(MINUTE, attempt_id="try")) == []


def test_purge_removes_everything_and_clears_the_deduplication_memory():
    """S44."""
    q = filled("g1", "g2")
    q.receive(0, max_messages=1)
    assert q.purge() == 2
    assert len(q) == 0
    q.send(message("g1"))
    assert bodies(q.receive(0)) == ["g1"]


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        (message("a", None), "MessageGroupId."),
        (message("a", dedup=None), "MessageDeduplicationId"),
    ],
    ids=["no group", "no deduplication id"],
)
def test_a_message_needs_a_group_and_something_to_deduplicate_by(sent, missing):
    """S26."""
    with pytest.raises(Refused) as raised:
        queue().send(sent)
    assert missing in raised.value.refusal.message


def test_no_more_than_the_limit_may_be_in_flight(monkeypatch):
    """S43: no error, just nothing."""
    monkeypatch.setattr("sqs_contract.model.fifo.IN_FLIGHT_MAX", 2)
    q = filled("a1", "b1", "c1")
    assert len(q.receive(0).messages) == 2
    assert bodies(q.receive(0)) == []


def test_queues_are_made_by_their_type_and_dead_letter_queues_match():
    """S61."""
    fifo = make_queue(QueueSettings(name="q.fifo", fifo=True))
    assert isinstance(fifo, FifoQueue)
    assert isinstance(make_queue(QueueSettings()), StandardQueue)
    with pytest.raises(AssertionError):
        make_queue(QueueSettings(max_receive_count=1), dead_letter_queue=fifo)


@given(
    st.lists(st.sampled_from("abc"), max_size=25),
    st.integers(1, 10),
    st.sets(st.integers(0, 40), max_size=20),
    st.sampled_from([100, 500, 1_000]),
)
def test_within_a_group_nothing_overtakes(groups, count, failing, pause_ms):
    """S45: whatever is received, deleted or comes back, done in order of sending."""
    q = queue(visibility_timeout_ms=1_000)
    for number, group in enumerate(groups):
        q.send(message(str(number), group))
    done: dict[str, list[int]] = {}
    now = deliveries = 0
    while len(q):
        now += pause_ms
        for item in q.receive(now, max_messages=count).messages:
            group = item.entry.message.group_id
            deliveries += 1
            if deliveries not in failing:
                # a consumer that keeps order stops at the first failure of a group
                rest = done.setdefault(group, [])
                body = int(item.entry.message.body)
                in_order = [n for n, it in enumerate(groups) if it == group]
                if body == in_order[len(rest)]:
                    q.delete_received(item, now)
                    rest.append(body)
    for group, numbers in done.items():
        assert numbers == [n for n, it in enumerate(groups) if it == group]


def test_a_queue_knows_its_handles_and_messages():
    q = filled("a1", "b1")
    handle = q.receive(0).messages[0].receipt_handle
    assert q.gave_out(handle)
    assert handle == receipt_handle(0, 1, name="q.fifo")
    assert not q.gave_out("AQEB")
    assert [item.body for item in q.messages()] == ["a1", "b1"]
    with pytest.raises(ReceiptHandleIsInvalid):
        q.delete(handle[:-1] + "x", 0)


def test_groups_that_wait_for_their_turn_are_available_now():
    q = filled("a1", "b1", "c1")
    assert bodies(q.receive(0, max_messages=1)) == ["a1"]
    assert q.next_available_ms() == 0
    assert bodies(q.receive(0)) == ["b1", "c1"]
    assert q.next_available_ms() == q.settings.visibility_timeout_ms


def test_what_leaves_from_the_middle_of_a_group_leaves_the_others_in_order():
    q = filled("a1", "a2", "a3", "a4", "a5")
    entries = {entry.message.body: entry for entry in q.visible(0)}
    q.take(entries["a3"])
    q.take(entries["a5"])
    assert bodies(q.receive(0)) == ["a1", "a2", "a4"]
    q.send(message("a6", "a"))
    assert bodies(q.receive(30_000)) == ["a1", "a2", "a4", "a6"]


@pytest.mark.parametrize("blocked", [True, False])
def test_what_a_receive_costs_hardly_grows_with_the_number_of_groups(blocked):
    def calls(groups):
        q = queue()
        for number in range(groups):
            q.send(message(f"{number}", f"g{number}"))
        while q.receive(0).messages and blocked:  # looks at every group once
            pass
        q.send(message("one", "g-one"))
        profile = cProfile.Profile()
        with profile:
            for item in q.receive(0).messages:
                q.delete_received(item, 0)
            q.next_available_ms()
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(2_000) < 1.2 * calls(20)


def test_a_place_is_forgotten_when_another_takes_its_stead():
    """A message whose visibility is changed for ever costs no more memory than another."""
    q = filled("a1")
    (item,) = q.receive(0).messages
    tracemalloc.start()
    try:
        for ms in range(1, 5_000):
            q.change_visibility(item.receipt_handle, 30_000 + ms, 0)
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()
    assert q.next_available_ms() == 34_999
