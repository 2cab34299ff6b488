"""FIFO queues: what is a duplicate, for how long, and where (S51-S52)."""

from __future__ import annotations

import pytest
from fifo_queues import MINUTE, bodies, message, queue

from sqs_contract.model.message import Message
from sqs_contract.model.queue import QueueSettings
from sqs_contract.model.settings import DeduplicationScope, FifoThroughputLimit


def test_a_duplicate_is_acknowledged_and_not_delivered_for_five_minutes():
    """S51: from the first accepted send, whatever became of it."""
    q = queue()
    first = q.send(message("a", dedup="d"))
    assert q.delete_received(q.receive(0).messages[0], 0)
    assert q.send(message("b", dedup="d", sent_ms=5 * MINUTE - 1)) is first
    assert len(q) == 0
    q.send(message("c", dedup="d", sent_ms=5 * MINUTE))
    assert bodies(q.receive(5 * MINUTE)) == ["c"]


def test_deduplication_by_content_looks_at_the_body_alone_and_an_id_wins():
    """S51."""
    q = queue(content_based_deduplication=True)
    entry = q.send(message("a", "g", dedup=None))
    assert entry.deduplication_id == (
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    )
    assert q.send(message("a", "h", dedup=None)) is entry
    assert q.send(message("a", "g", dedup="own")) is not entry


@pytest.mark.parametrize(
    ("scope", "seen"),
    [(DeduplicationScope.QUEUE, ["a"]), (DeduplicationScope.MESSAGE_GROUP, ["a", "b"])],
)
def test_deduplication_scopes(scope, seen):
    """S51: the queue. S52: the message group, with or without the throughput setting."""
    q = queue(deduplication_scope=scope)
    q.send(message("a", "g", dedup="d"))
    q.send(message("b", "h", dedup="d"))
    q.send(message("c", "g", dedup="d"))
    assert bodies(q.receive(0)) == seen


def test_a_changed_scope_takes_its_time():
    """S52: nothing changed for the messages sent right after; S34: at most a minute."""
    q = queue()
    group = QueueSettings(
        name="q.fifo",
        fifo=True,
        deduplication_scope=DeduplicationScope.MESSAGE_GROUP,
        throughput_limit=FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    )
    q.send(message("a", "g", dedup="d"))
    q.configure(group, None, 0)
    assert q.settings.high_throughput
    q.send(message("b", "h", dedup="d", sent_ms=MINUTE - 1))
    assert len(q) == 1
    q.send(message("c", "h", dedup="d", sent_ms=MINUTE))
    assert len(q) == 2


def test_a_scope_changed_back_was_in_force_meanwhile():
    """S34: what was changed a minute ago holds until a minute after the next change."""
    q = queue()
    q.send(message("a", "g", dedup="d"))
    group = DeduplicationScope.MESSAGE_GROUP
    q.configure(QueueSettings(name="q.fifo", fifo=True, deduplication_scope=group), None, 0)
    q.configure(QueueSettings(name="q.fifo", fifo=True), None, MINUTE)
    q.send(message("b", "h", dedup="d", sent_ms=2 * MINUTE - 1))
    q.send(message("c", "i", dedup="d", sent_ms=2 * MINUTE))
    assert [item.body for item in q.messages()] == ["a", "b"]


def test_a_change_of_other_settings_leaves_the_scope_alone():
    """S51."""
    q = queue()
    q.send(message("a", "g", dedup="d"))
    q.configure(QueueSettings(name="q.fifo", fifo=True, visibility_timeout_ms=1_000), None, 0)
    q.send(message("b", "h", dedup="d", sent_ms=MINUTE))
    assert bodies(q.receive(MINUTE)) == ["a"]
    assert q.next_available_ms() == MINUTE + 1_000


def test_the_latest_of_several_groups_is_what_a_wider_scope_remembers():
    """S51, S52: five minutes from the last accepted send, whichever group it was in."""
    scope = {"deduplication_scope": DeduplicationScope.MESSAGE_GROUP}
    q = queue(**scope)
    q.send(message("a", "g", dedup="d"))
    q.send(message("b", "h", dedup="d", sent_ms=2 * MINUTE))
    q.send(message("c", "i", dedup="d", sent_ms=2 * MINUTE))
    q.configure(QueueSettings(name="q.fifo", fifo=True), None, 2 * MINUTE)
    third = q.send(message("d", "j", dedup="d", sent_ms=5 * MINUTE))
    assert third.message.body == "c"
    assert q.send(message("e", "j", dedup="d", sent_ms=7 * MINUTE)).message.body == "e"


def test_same_content_twice_in_a_dead_letter_queue_is_not_swallowed():
    """S61."""
    q = queue(max_receive_count=1, visibility_timeout_ms=0)
    for number in range(2):
        sent = Message(
            message_id=f"m{number}", body="x", sent_ms=0, group_id="g", deduplication_id=str(number)
        )
        q.send(sent)
    q.receive(0)
    q.receive(1)
    assert len(q.dead_letter_queue) == 2
