"""The standard queue: given this, SQS does that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_contract.model.message import Message
from sqs_contract.model.queue import (
    QueueSettings,
    ReceiptHandleIsInvalid,
    StandardQueue,
    VisibilityBeyondLimit,
    receipt_handle,
)

MINUTE = 60_000


def message(name: str = "m1", *, sent_ms: int = 0, delay_ms: int | None = None) -> Message:
    return Message(message_id=name, body=name, sent_ms=sent_ms, delay_ms=delay_ms)


def queue(**settings) -> StandardQueue:
    limit = settings.get("max_receive_count")
    dlq = StandardQueue(QueueSettings(name="dlq")) if limit is not None else None
    return StandardQueue(QueueSettings(**settings), dead_letter_queue=dlq)


def bodies(receive) -> list[str]:
    return [item.entry.message.body for item in receive.messages]


def test_received_message_is_invisible_until_its_visibility_timeout_ends():
    """S37: the timeout starts at the receive."""
    q = queue(visibility_timeout_ms=30_000)
    q.send(message())
    assert bodies(q.receive(0)) == ["m1"]
    assert bodies(q.receive(29_999)) == []
    assert bodies(q.receive(30_000)) == ["m1"]


def test_visibility_timeout_of_a_call_applies_to_its_messages_only():
    """S37."""
    q = queue(visibility_timeout_ms=30_000)
    q.send(message("a"))
    q.send(message("b"))
    assert bodies(q.receive(0, max_messages=1, visibility_ms=5_000)) == ["a"]
    assert bodies(q.receive(0, max_messages=1)) == ["b"]
    assert bodies(q.receive(5_000)) == ["a"]


def test_every_receive_counts_also_with_no_visibility_timeout():
    """S38."""
    q = queue()
    q.send(message())
    counts = [q.receive(0, visibility_ms=0).messages[0].receive_count for _ in range(3)]
    assert counts == [1, 2, 3]


def test_every_receive_gives_a_new_handle_of_aws_shape():
    """S14: base64 text beginning AQEB, about 390 characters, new for every receive."""
    q = queue(visibility_timeout_ms=0)
    q.send(message())
    handles = [q.receive(t).messages[0].receipt_handle for t in range(5)]
    assert len(set(handles)) == 5
    assert all(handle.startswith("AQEB") and 380 <= len(handle) <= 400 for handle in handles)


def test_a_receive_returns_ten_messages_at_most_by_default():
    """S36."""
    q = queue()
    for number in range(12):
        q.send(message(str(number)))
    assert len(q.receive(0).messages) == 10
    assert len(q.receive(0).messages) == 2
    assert q.receive(0).messages == []


def test_delete_works_after_the_visibility_timeout_has_run_out():
    """S39, standard queues."""
    q = queue(visibility_timeout_ms=1_000)
    q.send(message())
    handle = q.receive(0).messages[0].receipt_handle
    assert q.delete(handle)
    assert bodies(q.receive(MINUTE)) == []


def test_delete_with_the_handle_of_an_earlier_receive_does_not_delete():
    """S40: answered with success, but it might not delete: the harder case."""
    q = queue(visibility_timeout_ms=0)
    q.send(message())
    early = q.receive(0).messages[0].receipt_handle
    late = q.receive(1).messages[0].receipt_handle
    assert not q.delete(early)
    assert q.delete(late)


def test_deleting_twice_is_no_error():
    """S41."""
    q = queue()
    q.send(message())
    handle = q.receive(0).messages[0].receipt_handle
    assert q.delete(handle)
    assert not q.delete(handle)


@pytest.mark.parametrize("handle", ["", "garbage", "AQEB" + "x" * 388])
def test_a_malformed_handle_is_refused(handle):
    """S41: ReceiptHandleIsInvalid."""
    with pytest.raises(ReceiptHandleIsInvalid):
        queue().delete(handle)


def test_change_visibility_restarts_the_clock_from_the_call():
    """S37."""
    q = queue(visibility_timeout_ms=30_000)
    q.send(message())
    handle = q.receive(0).messages[0].receipt_handle
    assert q.change_visibility(handle, 60_000, now_ms=10_000)
    assert bodies(q.receive(69_999)) == []
    assert bodies(q.receive(70_000)) == ["m1"]


def test_ending_visibility_with_an_earlier_handle_works_and_on_a_deleted_message_does_not():
    """S40, S41."""
    q = queue(visibility_timeout_ms=1_000)
    q.send(message())
    early = q.receive(0).messages[0].receipt_handle
    late = q.receive(1_000).messages[0].receipt_handle
    assert q.change_visibility(early, 0, now_ms=1_100)
    assert bodies(q.receive(1_100)) == ["m1"]
    q.change_visibility(late, 0, now_ms=1_200)
    assert q.delete(q.receive(1_200).messages[0].receipt_handle)
    assert not q.change_visibility(late, 0, now_ms=1_300)


def test_message_goes_to_the_dead_letter_queue_at_the_receive_after_the_last():
    """S57: counts 1 to N are seen, N + 1 never is; S58: the move happens at a receive attempt."""
    q = queue(max_receive_count=2, visibility_timeout_ms=1_000)
    q.send(message())
    assert q.receive(0).messages[0].receive_count == 1
    assert q.receive(1_000).messages[0].receive_count == 2
    assert q.dead_letter_queue is not None
    assert len(q.dead_letter_queue) == 0
    last = q.receive(2_000)
    assert bodies(last) == []
    assert [item.body for item in last.redriven] == ["m1"]
    assert len(q) == 0


def test_dead_lettered_message_keeps_id_and_time_and_goes_on_counting():
    """S59, S60: first receive from the dead-letter queue shows N + 1."""
    q = queue(max_receive_count=1, visibility_timeout_ms=1_000)
    q.send(message(sent_ms=7))
    q.receive(7)
    q.receive(2_000)
    assert q.dead_letter_queue is not None
    received = q.dead_letter_queue.receive(2_000).messages[0]
    assert received.receive_count == 2
    assert received.first_received_ms == 7
    assert received.entry.message.sent_ms == 7
    assert received.entry.dead_letter_source == "orders"


def test_a_redrive_policy_needs_a_dead_letter_queue():
    with pytest.raises(AssertionError, match="redrive"):
        StandardQueue(QueueSettings(max_receive_count=1))


def test_delayed_message_is_not_visible_before_its_delay_is_over():
    """S31: the message's own delay wins over the queue's, zero too."""
    q = queue(delay_ms=10_000)
    q.send(message("a"))
    q.send(message("b", delay_ms=0))
    q.send(message("c", delay_ms=20_000))
    assert bodies(q.receive(0)) == ["b"]
    assert bodies(q.receive(10_000)) == ["a"]
    assert bodies(q.receive(20_000)) == ["c"]


def test_retention_ends_a_message_also_in_flight():
    """S32."""
    q = queue(retention_ms=MINUTE, visibility_timeout_ms=10_000)
    q.send(message("a"))
    q.send(message("b"))
    handle = q.receive(0, max_messages=1).messages[0].receipt_handle
    late = q.receive(MINUTE)
    assert bodies(late) == []
    assert sorted(item.body for item in late.expired) == ["a", "b"]
    assert not q.delete(handle)


def test_expire_drops_what_is_over_and_nothing_else():
    """S32."""
    q = queue(retention_ms=MINUTE)
    q.send(message("old"))
    q.send(message("new", sent_ms=1))
    assert [item.body for item in q.expire(MINUTE)] == ["old"]
    assert [item.body for item in q.messages()] == ["new"]


def test_what_expired_in_flight_is_deleted_without_a_word():
    """S32, S106: the queue no longer has it, and says nothing of that."""
    q = queue(retention_ms=MINUTE, visibility_timeout_ms=10 * MINUTE)
    q.send(message())
    handle = q.receive(0).messages[0].receipt_handle
    assert [item.body for item in q.expire(MINUTE)] == ["m1"]
    assert not q.delete(handle, MINUTE)
    assert (q.deleted_count, q.expired_count) == (0, 1)


def test_a_stray_copy_may_surface_in_flight():
    """S42, S82: at least once."""
    q = queue()
    entry = q.send(message())
    q.receive(0)
    assert q.duplicate(entry, 5) is entry
    assert q.receive(5).messages[0].receive_count == 2


def test_a_stray_copy_may_surface_after_the_delete():
    """S42: it goes on with the receive count."""
    q = queue()
    entry = q.send(message())
    q.delete(q.receive(0).messages[0].receipt_handle)
    copy = q.duplicate(entry, 5)
    assert copy is not entry
    again = q.receive(5).messages[0]
    assert (again.receive_count, again.first_received_ms) == (2, 0)
    assert (q.sent_count, q.deleted_count) == (1, 0)


def test_receiving_again_hands_out_a_message_in_flight():
    """S42: two copies in one batch have handles of their own; deleting by the first does nothing."""
    q = queue()
    entry = q.send(message())
    first = q.receive(0).messages[0]
    second = q.receive_again(entry, 0)
    assert (first.receive_count, second.receive_count) == (1, 2)
    assert not q.delete_received(first)
    assert q.delete_received(second)


def test_next_available_tells_when_to_poll_again():
    q = queue(visibility_timeout_ms=30_000)
    assert q.next_available_ms() is None
    q.send(message("a", delay_ms=5_000))
    assert q.next_available_ms() == 5_000
    received = q.receive(5_000).messages[0]
    assert q.next_available_ms() == 35_000
    q.send(message("b", sent_ms=6_000))
    assert q.next_available_ms() == 6_000
    q.delete(q.receive(6_000).messages[0].receipt_handle)
    q.delete(received.receipt_handle)
    assert q.next_available_ms() is None


def test_timers_set_out_of_order_run_out_in_order():
    q = queue(visibility_timeout_ms=30_000)
    for name in "abc":
        q.send(message(name))
    handles = {item.entry.message.body: item.receipt_handle for item in q.receive(0).messages}
    q.change_visibility(handles["c"], 10_000, now_ms=0)
    q.change_visibility(handles["b"], 20_000, now_ms=0)
    assert bodies(q.receive(15_000)) == ["c"]
    assert bodies(q.receive(40_000)) == ["b", "a"]


def test_a_deleted_message_makes_nobody_poll():
    q = queue(visibility_timeout_ms=30_000)
    q.send(message("a"))
    q.send(message("b"))
    first, second = q.receive(0).messages
    q.change_visibility(first.receipt_handle, 10_000, now_ms=0)
    assert q.next_available_ms() == 10_000
    q.delete(first.receipt_handle)
    assert q.next_available_ms() == 30_000
    q.delete(second.receipt_handle)
    assert q.next_available_ms() is None


def test_visibility_ends_twelve_hours_after_the_receive():
    """S37: extensions included; ending it is never too late."""
    hour = 60 * MINUTE
    q = queue()
    q.send(message())
    handle = q.receive(0).messages[0].receipt_handle
    assert q.change_visibility(handle, 11 * hour, hour)
    with pytest.raises(VisibilityBeyondLimit, match=f"timeout of {11 * hour + 1} ms"):
        q.change_visibility(handle, 11 * hour + 1, hour)
    assert q.change_visibility(handle, 0, 13 * hour)


def test_counts_of_visible_messages():
    q = queue(visibility_timeout_ms=10_000)
    q.send(message("a"))
    q.send(message("b"))
    q.receive(0, max_messages=1)
    assert (q.visible_count(0), q.visible_count(10_000), len(q)) == (1, 2, 2)


def test_a_message_whose_visibility_is_ended_twice_is_handed_out_once():
    """S41: a call may be repeated; the message has one place in line."""
    q = queue()
    q.send(message())
    handle = q.receive(0).messages[0].receipt_handle
    assert q.change_visibility(handle, 0, now_ms=5)
    assert q.change_visibility(handle, 0, now_ms=5)
    assert bodies(q.receive(5, visibility_ms=0)) == ["m1"]


def test_a_visible_message_may_still_be_deleted_or_hidden_by_its_last_handle():
    """S39: its timeout is over, and it was not received again."""
    q = queue(visibility_timeout_ms=1_000)
    for name in "abc":
        q.send(message(name))
    handles = [item.receipt_handle for item in q.receive(0).messages]
    assert bodies(q.receive(1_000, max_messages=1)) == ["a"]
    assert q.delete(handles[1], 1_000)
    assert q.change_visibility(handles[2], 5_000, now_ms=1_000)
    assert q.next_available_ms() == 2_000
    assert bodies(q.receive(1_000)) == []
    assert bodies(q.receive(6_000)) == ["a", "c"]


def test_a_receive_passes_by_what_was_deleted_while_it_was_visible():
    """S39."""
    q = queue(visibility_timeout_ms=1_000)
    for name in "abc":
        q.send(message(name))
    handles = [item.receipt_handle for item in q.receive(0).messages]
    assert bodies(q.receive(1_000, max_messages=1)) == ["a"]
    assert q.delete(handles[1], 1_000)
    assert bodies(q.receive(1_000)) == ["c"]


def test_a_handle_made_without_a_queue_is_one_the_queue_takes():
    """S14: records that no queue made carry handles of the same shape."""
    q = queue()
    q.send(message())
    assert q.receive(0).messages[0].receipt_handle == receipt_handle(0, 1)
    assert receipt_handle(0, 2) != receipt_handle(0, 1) != receipt_handle(1, 1)
    assert not q.gave_out(receipt_handle(0, 1, name="parking"))
    assert not q.gave_out(receipt_handle(0, 1, salt=1))


def test_what_retention_removed_can_neither_be_deleted_nor_hidden():
    """S32, S41: also before anybody noticed."""
    q = queue(retention_ms=MINUTE, visibility_timeout_ms=2 * MINUTE)
    q.send(message())
    received = q.receive(0).messages[0]
    assert not q.change_visibility(received.receipt_handle, 1_000, now_ms=MINUTE)
    assert not q.delete(received.receipt_handle, MINUTE)
    assert not q.delete_received(received, MINUTE)
    assert q.delete(received.receipt_handle, MINUTE - 1)


@given(st.lists(st.integers(0, 100), max_size=20), st.integers(1, 10))
def test_messages_come_in_the_order_in_which_they_became_visible(delays, count):
    """Best-effort order (S42): ours is that of availability."""
    q = queue(visibility_timeout_ms=10**9, retention_ms=10**9)
    for number, delay in enumerate(delays):
        q.send(message(str(number), delay_ms=delay))
    order: list[int] = []
    while len(order) < len(delays):
        order += [int(body) for body in bodies(q.receive(1_000, max_messages=count))]
    assert order == sorted(range(len(delays)), key=lambda place: (delays[place], place))
