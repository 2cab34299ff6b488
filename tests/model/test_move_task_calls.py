"""The SQS API on model queues: moving dead letters back (S64-S65)."""

from __future__ import annotations

import pytest
from api_account import SECOND, Account, refused


class Redriving(Account):
    """Messages in a dead-letter queue, ready to be moved back."""

    def __init__(self, count=2, suffix=""):
        super().__init__()
        self.url, self.dlq = self.queue_with_dlq(name=f"q{suffix}", dlq=f"dlq{suffix}")
        self.source = self.arn(f"dlq{suffix}")
        self.ids = []
        for number in range(count):
            more = {"MessageGroupId": "g", "MessageDeduplicationId": str(number)} if suffix else {}
            self.ids.append(self.send(self.url, f"m{number}", **more)["MessageId"])
        self.receive(self.url, VisibilityTimeout=0, MaxNumberOfMessages=10)
        self.receive(self.url, MaxNumberOfMessages=10)

    def start(self, **parameters):
        return self.call("StartMessageMoveTask", SourceArn=self.source, **parameters)

    def listed(self):
        return self.call("ListMessageMoveTasks", SourceArn=self.source)["Results"][0]


def test_the_next_event_is_a_message_that_comes_or_a_move_that_goes_on():
    """S31, S64: what a long poll waits for."""
    stand = Redriving(3)
    assert stand.service.next_event_ms(stand.url) is None
    stand.send(stand.url, DelaySeconds=5)
    assert stand.service.next_event_ms(stand.url) == 5 * SECOND
    stand.queue("other")
    stand.start(MaxNumberOfMessagesPerSecond=1, DestinationArn=stand.arn("other"))
    assert stand.service.next_event_ms(stand.url) == 1 * SECOND


def test_of_two_move_tasks_the_one_is_cancelled_that_was_named():
    """S64."""
    stand = Redriving(3)
    more, letters = stand.queue_with_dlq(name="more", dlq="letters")
    for _ in range(3):
        stand.send(more)
    stand.receive(more, VisibilityTimeout=0, MaxNumberOfMessages=10)
    stand.receive(more, MaxNumberOfMessages=10)
    first = stand.start(MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    second = stand.call(
        "StartMessageMoveTask", SourceArn=stand.arn("letters"), MaxNumberOfMessagesPerSecond=1
    )["TaskHandle"]
    assert stand.call("CancelMessageMoveTask", TaskHandle=second) == {
        "ApproximateNumberOfMessagesMoved": 1
    }
    assert stand.listed()["Status"] == "RUNNING"
    assert stand.listed()["TaskHandle"] == first
    stand.now_ms = 2 * SECOND
    assert stand.attributes(letters)["ApproximateNumberOfMessages"] == "2"


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_a_move_task_puts_messages_back_as_new_ones(suffix):
    """S64, S65: no destination means the queue each came from."""
    stand = Redriving(suffix=suffix)
    stand.now_ms = 5 * SECOND
    assert "TaskHandle" in stand.start()
    back = stand.receive(stand.url, MaxNumberOfMessages=10, AttributeNames=["All"])
    assert [item["Body"] for item in back] == ["m0", "m1"]
    assert not {item["MessageId"] for item in back} & set(stand.ids)
    assert {item["Attributes"]["ApproximateReceiveCount"] for item in back} == {"1"}
    assert {item["Attributes"]["SentTimestamp"] for item in back} == {"5000"}
    told = stand.listed()
    assert told["Status"] == "COMPLETED"
    assert told["ApproximateNumberOfMessagesMoved"] == 2
    assert told["ApproximateNumberOfMessagesToMove"] == 2
    assert not {"TaskHandle", "DestinationArn", "FailureReason"} & told.keys()


def test_a_move_task_to_a_destination():
    stand = Redriving()
    other = stand.queue("other")
    stand.start(DestinationArn=stand.arn("other"))
    assert len(stand.receive(other, MaxNumberOfMessages=10)) == 2
    assert stand.listed()["DestinationArn"] == stand.arn("other")


def test_a_move_task_keeps_its_rate_and_can_be_cancelled():
    """S64."""
    stand = Redriving(10)
    handle = stand.start(MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    assert refused(stand.start(), "InvalidParameterValue", "already a task running")
    stand.now_ms = 1_500
    told = stand.listed()
    assert (told["Status"], told["ApproximateNumberOfMessagesMoved"]) == ("RUNNING", 2)
    assert told["TaskHandle"] == handle
    answer = stand.call("CancelMessageMoveTask", TaskHandle=handle)
    assert answer == {"ApproximateNumberOfMessagesMoved": 2}
    stand.now_ms = 9_000
    assert stand.listed()["Status"] == "CANCELLED"
    answer = stand.call("CancelMessageMoveTask", TaskHandle=handle)
    assert refused(answer, "ResourceNotFoundException", "Task does not exist.")


def test_a_move_task_fails_when_its_destination_is_deleted():
    """S64."""
    stand = Redriving(3)
    other = stand.queue("other")
    stand.start(DestinationArn=stand.arn("other"), MaxNumberOfMessagesPerSecond=1)
    stand.call("DeleteQueue", QueueUrl=other)
    stand.now_ms = 1_000
    told = stand.listed()
    assert told["Status"] == "FAILED"
    assert told["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_move_task_fails_at_a_message_sent_by_hand():
    """S65: it has no source to go back to, and stays."""
    stand = Redriving(0)
    stand.send(stand.dlq)
    stand.start()
    assert stand.listed()["Status"] == "FAILED"
    assert stand.attributes(stand.dlq)["ApproximateNumberOfMessages"] == "1"


def test_a_move_task_fails_when_its_source_is_deleted():
    stand = Redriving(2)
    stand.start(MaxNumberOfMessagesPerSecond=1)
    stand.call("DeleteQueue", QueueUrl=stand.dlq)
    stand.now_ms = 1_000
    stand.service.move_tasks.advance(stand.now_ms)
    assert stand.service.move_tasks.next_ms() is None


def test_move_tasks_that_cannot_be():
    """S64."""
    stand = Redriving()
    answer = stand.call("StartMessageMoveTask", SourceArn=stand.arn("q"))
    assert refused(answer, "InvalidParameterValue", "Source queue must be configured as a Dead")
    gone = stand.arn("gone")
    assert refused(stand.start(DestinationArn=gone), "ResourceNotFoundException", "DestinationArn")
    answer = stand.start(MaxNumberOfMessagesPerSecond=501)
    assert refused(answer, "InvalidParameterValue")
    answer = stand.call("CancelMessageMoveTask", TaskHandle="nonsense")
    assert refused(answer, "InvalidParameterValue", "Value for parameter TaskHandle is invalid.")


def test_a_task_handle_of_an_unknown_source():
    """S64."""
    stand = Redriving()
    handle = stand.start()["TaskHandle"]
    stand.call("DeleteQueue", QueueUrl=stand.dlq)
    answer = stand.call("CancelMessageMoveTask", TaskHandle=handle)
    assert refused(answer, "ResourceNotFoundException", "SourceArn")
