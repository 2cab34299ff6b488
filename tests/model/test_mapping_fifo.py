"""What becomes of a batch from a FIFO queue: which records come back, when, in what order."""

from __future__ import annotations

import json

import pytest

from sqs_contract.model.fifo import make_queue
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.message import Message
from sqs_contract.model.response import read_outcome
from sqs_contract.model.settings import QueueSettings

TIMEOUT_MS = 8_000


class Deployed:
    """A FIFO queue with a mapping, and messages named by group and place: `a1`, `a2`, `b1`."""

    def __init__(self, *bodies, **settings):
        fifo = {"fifo": True, "visibility_timeout_ms": TIMEOUT_MS}
        self.dlq = make_queue(QueueSettings(name="d.fifo", **fifo))
        limited = self.dlq if "max_receive_count" in settings else None
        self.queue = make_queue(
            QueueSettings(name="q.fifo", **fifo, **settings), dead_letter_queue=limited
        )
        for body in bodies:
            self.queue.send(
                Message(
                    message_id=body, body=body, sent_ms=0, group_id=body[0], deduplication_id=body
                )
            )
        self.mapping = EventSourceMapping(
            self.queue, MappingSettings(report_batch_item_failures=True)
        )

    def invoke(self, now_ms, *failing, outcome=None):
        """Deliver a batch at a time and report what fails; returns the bodies delivered."""
        batch = self.mapping.poll(now_ms).batch
        ids = [item.entry.message.message_id for item in batch]
        items = [{"itemIdentifier": name} for name in failing]
        outcome = outcome or Returned(json.dumps({"batchItemFailures": items}))
        self.mapping.settle(batch, read_outcome(outcome, ids, reporting=True), now_ms=now_ms)
        return ids


def test_what_is_not_reported_is_deleted_behind_a_failure_too():
    """S91: reporting the failed record alone breaks the order."""
    deployed = Deployed("a1", "a2", "a3")
    deployed.invoke(0, "a2")
    assert deployed.invoke(TIMEOUT_MS) == ["a2"]


def test_the_rest_of_one_group_can_be_reported_alone():
    """S92: the other group is done, and the order within each is kept."""
    deployed = Deployed("a1", "a2", "b1", "b2")
    assert deployed.invoke(0, "a1", "a2") == ["a1", "a2", "b1", "b2"]
    assert deployed.invoke(TIMEOUT_MS) == ["a1", "a2"]
    assert len(deployed.queue) == 0


def test_reported_messages_come_back_together_and_block_their_group_until_then():
    """S93, as recorded: 1 to 4, then 2 to 4, and the last to the dead-letter queue."""
    deployed = Deployed("a1", "a2", "a3", "a4", max_receive_count=2)
    assert deployed.invoke(0, "a2", "a3", "a4") == ["a1", "a2", "a3", "a4"]
    deployed.queue.send(
        Message(message_id="a5", body="a5", sent_ms=1, group_id="a", deduplication_id="a5")
    )
    assert deployed.invoke(TIMEOUT_MS - 1) == []
    assert deployed.invoke(TIMEOUT_MS, "a4") == ["a2", "a3", "a4", "a5"]
    assert deployed.invoke(2 * TIMEOUT_MS) == []
    assert [message.body for message in deployed.dlq.messages()] == ["a4"]


@pytest.mark.parametrize(
    "outcome",
    [None, FunctionError(kind=ErrorKind.RAISED, error_type="E", message="")],
    ids=["reported", "raised"],
)
def test_reporting_everything_is_like_raising(outcome):
    """S94; no visibility timeout is changed by it (S79): each message waits for its own."""
    deployed = Deployed("a1", "b1")
    deployed.invoke(0, "a1", "b1", outcome=outcome)
    assert deployed.queue.next_available_ms() == TIMEOUT_MS
    assert deployed.invoke(TIMEOUT_MS - 1) == []
    assert deployed.invoke(TIMEOUT_MS) == ["a1", "b1"]
