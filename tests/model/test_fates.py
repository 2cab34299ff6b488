"""What becomes of messages, on either kind of queue: each is told, counted, and kept apart."""

from __future__ import annotations

import pytest

from sqs_contract.model.entry import State
from sqs_contract.model.fifo import make_queue
from sqs_contract.model.message import Message
from sqs_contract.model.receipt_handles import receipt_handle
from sqs_contract.model.settings import QueueSettings

MINUTE = 60_000


class Stand:
    """A queue with a dead-letter queue, a message group for every message."""

    def __init__(self, *, fifo):
        self.fifo = fifo
        self.suffix = ".fifo" if fifo else ""
        self.dead_letters = self.make("dlq")
        self.queue = self.make(
            "orders",
            dead_letters=self.dead_letters,
            retention_ms=MINUTE,
            visibility_timeout_ms=1_000,
            max_receive_count=1,
        )

    def make(self, name, *, dead_letters=None, more=None, **settings):
        settings = QueueSettings(name=name + self.suffix, fifo=self.fifo, **settings)
        return make_queue(settings, dead_letter_queue=dead_letters, **(more or {}))

    def send(self, *names, sent_ms=0):
        return [
            self.queue.send(
                Message(
                    message_id=name,
                    body=name,
                    sent_ms=sent_ms,
                    group_id=name if self.fifo else None,
                    deduplication_id=name if self.fifo else None,
                )
            )
            for name in names
        ]

    def counts(self):
        q = self.queue
        return (
            q.sent_count,
            q.deleted_count,
            q.redriven_count,
            q.expired_count,
            q.removed_count,
            len(q),
        )


@pytest.fixture(params=[False, True], ids=["standard", "fifo"])
def stand(request):
    return Stand(fifo=request.param)


def states(entries):
    return {entry.state for entry in entries}


def test_a_new_queue_has_counted_nothing(stand):
    assert stand.counts() == (0, 0, 0, 0, 0, 0)


def test_what_is_deleted_is_counted_so(stand):
    sent = stand.send("a", "b", "c")
    assert states(sent) == {State.WAITING}
    for item in stand.queue.receive(0, max_messages=2).messages:
        assert stand.queue.delete_received(item, 500)
    assert states(sent[:2]) == {State.DELETED}
    assert stand.counts() == (3, 2, 0, 0, 0, 1)


def test_what_is_dead_lettered_is_counted_so_and_sent_to_the_other(stand):
    """S57, S59."""
    sent = stand.send("a", "b", "c")
    stand.queue.receive(0, max_messages=2)
    stand.queue.receive(1_000, max_messages=2)
    assert states(sent[:2]) == {State.DEAD_LETTERED}
    assert stand.counts() == (3, 0, 2, 0, 0, 1)
    assert (stand.dead_letters.sent_count, len(stand.dead_letters)) == (2, 2)


def test_what_expired_is_counted_so_whoever_found_out(stand):
    """S32: a receive, or a look."""
    sent = stand.send("a", "b")
    late = stand.send("c", "d", "e", sent_ms=1)
    latest = stand.send("f", "g", sent_ms=2)
    stand.queue.receive(MINUTE, max_messages=1)
    assert states(sent) == {State.EXPIRED}
    assert stand.counts() == (7, 0, 0, 2, 0, 5)
    assert len(stand.queue.expire(MINUTE + 1)) == 3
    assert states(late) == {State.EXPIRED}
    assert stand.counts() == (7, 0, 0, 5, 0, 2)
    assert len(stand.queue.expire(MINUTE + 2)) == 2
    assert states(latest) == {State.EXPIRED}
    assert stand.counts() == (7, 0, 0, 7, 0, 0)


def test_what_is_purged_or_moved_is_counted_as_removed(stand):
    """S44, S64."""
    first, second, *rest = stand.send("a", "b", "c", "d")
    stand.queue.take(first)
    stand.queue.take(second)
    assert states([first, second]) == {State.MOVED}
    assert stand.counts() == (4, 0, 0, 0, 2, 2)
    assert stand.queue.purge() == 2
    assert states(rest) == {State.PURGED}
    assert stand.counts() == (4, 0, 0, 0, 4, 0)


def test_a_move_task_sees_what_is_visible_from_that_moment_on(stand):
    """S64."""
    stand.send("a", "b")
    stand.queue.receive(0, max_messages=1)
    assert [entry.message.body for entry in stand.queue.visible(999)] == ["b"]
    assert [entry.message.body for entry in stand.queue.visible(1_000)] == ["a", "b"]


def test_the_time_of_the_first_receive_stays_in_the_dead_letter_queue_too(stand):
    """S22; assumption on FIFO: N10."""
    stand.send("a")
    assert stand.queue.receive(7).messages[0].first_received_ms == 7
    stand.queue.receive(2_000)
    for now_ms in (3_000, 60_000):
        (again,) = stand.dead_letters.receive(now_ms).messages
        assert again.first_received_ms == 7


def test_a_delete_at_the_end_of_the_retention_succeeds_and_deletes_nothing(stand):
    """S32."""
    stand.send("a")
    (received,) = stand.queue.receive(0, visibility_ms=2 * MINUTE).messages
    assert not stand.queue.delete(received.receipt_handle, MINUTE)
    assert not stand.queue.delete_received(received, MINUTE)
    assert stand.queue.delete_received(received, MINUTE - 1)


def test_handles_tell_queue_place_and_receive(stand):
    """S14: no two are alike, on however many queues, and the same run gives the same."""
    stand.send("a", "b")
    handles = [item.receipt_handle for item in stand.queue.receive(0).messages]
    name = stand.queue.settings.name
    assert handles == [receipt_handle(0, 1, name=name), receipt_handle(1, 1, name=name)]
    other = stand.make("parking")
    salted = stand.make("orders", more={"salt": 1})
    assert stand.queue.gave_out(handles[0])
    assert not other.gave_out(handles[0])
    assert not salted.gave_out(handles[0])
    assert salted.gave_out(receipt_handle(0, 1, name=name, salt=1))


def test_a_queue_given_a_redrive_policy_follows_it(stand):
    """S57."""
    queue, dead_letters = stand.make("orders"), stand.dead_letters
    stand.queue, settings = queue, stand.queue.settings
    stand.send("a")
    queue.configure(settings, dead_letters, 0)
    queue.receive(0)
    queue.receive(1_000)
    assert [message.body for message in dead_letters.messages()] == ["a"]


@pytest.mark.parametrize(("fifo", "kind"), [(True, "FIFO"), (False, "standard")])
def test_a_dead_letter_queue_is_of_the_kind_of_its_queue(fifo, kind):
    """S61."""
    other = Stand(fifo=not fifo).dead_letters
    with pytest.raises(AssertionError) as raised:
        Stand(fifo=fifo).make("q", dead_letters=other, max_receive_count=1)
    assert str(raised.value).splitlines()[0] == f"the DLQ of {kind} must be {kind}"
    with pytest.raises(AssertionError) as raised:
        Stand(fifo=fifo).make("q", max_receive_count=1)
    assert str(raised.value).splitlines()[0] == (
        "a redrive policy needs a dead-letter queue, and the other way round"
    )
