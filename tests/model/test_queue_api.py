"""What a handler's own calls about the queue it is fed from come to (S37-S41, S95)."""

from __future__ import annotations

import pytest

from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.message import Message
from sqs_contract.model.queue import QueueSettings, StandardQueue
from sqs_contract.model.queue_api import QueueApi, Refusal
from sqs_contract.model.response import Effect, Reading, Row

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"


class Stand:
    def __init__(self):
        self.now_ms = 0
        self.queue = StandardQueue(QueueSettings(name="orders"))
        self.api = QueueApi(self.queue, URL, lambda: self.now_ms)

    def received(self, body="hello"):
        self.queue.send(Message(message_id=f"id-{body}", body=body, sent_ms=0))
        (item,) = self.queue.receive(self.now_ms).messages
        return item


@pytest.fixture
def stand():
    return Stand()


def test_a_message_the_handler_deletes_is_gone(stand):
    item = stand.received()
    assert stand.api.answer("DeleteMessage", {"ReceiptHandle": item.receipt_handle}) == {}
    assert len(stand.queue) == 0


def test_deleting_twice_succeeds(stand):
    """S41."""
    handle = {"ReceiptHandle": stand.received().receipt_handle}
    assert stand.api.answer("DeleteMessage", handle) == {}
    assert stand.api.answer("DeleteMessage", handle) == {}


def test_a_changed_visibility_counts_from_now(stand):
    """S37."""
    item = stand.received()
    stand.now_ms = 10_000
    asked = {"ReceiptHandle": item.receipt_handle, "VisibilityTimeout": 300}
    assert stand.api.answer("ChangeMessageVisibility", asked) == {}
    assert stand.queue.next_available_ms() == 310_000


@pytest.mark.parametrize("seconds", [-1, 43_201, None])
def test_a_visibility_out_of_range_is_refused(stand, seconds):
    """S37: 0 to 43,200 seconds."""
    item = stand.received()
    asked = {"ReceiptHandle": item.receipt_handle, "VisibilityTimeout": seconds}
    answer = stand.api.answer("ChangeMessageVisibility", asked)
    assert isinstance(answer, Refusal)
    assert answer.code == "InvalidParameterValue"


def test_the_visibility_of_a_deleted_message_cannot_be_changed(stand):
    """S41."""
    handle = stand.received().receipt_handle
    stand.api.answer("DeleteMessage", {"ReceiptHandle": handle})
    answer = stand.api.answer(
        "ChangeMessageVisibility", {"ReceiptHandle": handle, "VisibilityTimeout": 5}
    )
    assert isinstance(answer, Refusal)
    assert "not available for visibility timeout change" in answer.message


def test_a_batch_answers_entry_by_entry(stand):
    handles = [stand.received(body).receipt_handle for body in ("a", "b")]
    entries = [{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)]
    entries.append({"Id": "cut", "ReceiptHandle": handles[0][:-1]})
    answer = stand.api.answer("DeleteMessageBatch", {"Entries": entries})
    assert answer["Successful"] == [{"Id": "0"}, {"Id": "1"}]
    assert [(it["Id"], it["Code"]) for it in answer["Failed"]] == [
        ("cut", "ReceiptHandleIsInvalid")
    ]
    assert len(stand.queue) == 0


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("DeleteMessage", {"ReceiptHandle": "of-another-queue"}),
        ("DeleteMessageBatch", {"Entries": [{"Id": "1", "ReceiptHandle": "of-another-queue"}]}),
        ("DeleteMessageBatch", {"Entries": "no list"}),
        ("GetQueueUrl", {"QueueName": "parking"}),
        ("SendMessage", {"MessageBody": "x"}),
    ],
)
def test_calls_about_other_queues_are_not_answered(stand, operation, parameters):
    stand.received()
    assert stand.api.answer(operation, parameters) is None


@pytest.mark.parametrize("operation", ["ReceiveMessage", "SendMessageBatch"])
def test_calls_that_carry_no_receipt_handle_are_not_answered(stand, operation):
    handle = {"Id": "1", "ReceiptHandle": stand.received().receipt_handle}
    assert stand.api.answer(operation, {**handle, "Entries": [handle]}) is None


def test_the_visibilities_of_a_batch_are_changed_one_by_one(stand):
    """S37."""
    handle = stand.received().receipt_handle
    entries = [
        {"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 300},
        {"Id": "2", "ReceiptHandle": handle, "VisibilityTimeout": -1},
    ]
    answer = stand.api.answer("ChangeMessageVisibilityBatch", {"Entries": entries})
    assert answer["Successful"] == [{"Id": "1"}]
    assert [item["Id"] for item in answer["Failed"]] == ["2"]
    assert stand.queue.next_available_ms() == 300_000


def test_the_queue_knows_its_url(stand):
    assert stand.api.answer("GetQueueUrl", {"QueueName": "orders"}) == {"QueueUrl": URL}


@pytest.mark.parametrize("effect", [Effect.KEEP_ALL, Effect.KEEP_REPORTED])
def test_what_the_handler_deleted_does_not_come_back_whatever_it_returns(stand, effect):
    """S95: not even where the function fails, or reports it."""
    mapping = EventSourceMapping(stand.queue, MappingSettings())
    for body in ("a", "b"):
        stand.queue.send(Message(message_id=f"id-{body}", body=body, sent_ms=0))
    first, second = mapping.poll(0).batch
    stand.api.answer("DeleteMessage", {"ReceiptHandle": first.receipt_handle})
    reading = Reading(row=Row.FUNCTION_ERROR, effect=effect, reported=frozenset({"id-a", "id-b"}))
    deleted, kept = mapping.settle([first, second], reading)
    assert [item.entry.message.body for item in deleted] == ["a"]
    assert [item.entry.message.body for item in kept] == ["b"]
    assert [message.body for message in stand.queue.messages()] == ["b"]


class Told:
    """A queue that tells what the handler sends to it."""

    def __init__(self):
        self.queue = StandardQueue(QueueSettings(name="orders"))
        self.sent = []
        self.api = QueueApi(self.queue, URL, lambda: 5_000, lambda *sent: self.sent.append(sent))

    def ask(self, operation, **parameters):
        return self.api.answer(operation, {"QueueUrl": URL, **parameters})

    @property
    def bodies(self):
        return [message.body for message in self.queue.messages()]


def test_what_the_handler_sends_to_its_own_queue_is_in_it_and_told():
    told = Told()
    answer = told.ask("SendMessage", MessageBody="again", DelaySeconds=30)
    assert told.bodies == ["again"]
    assert told.queue.next_available_ms() == 35_000
    assert told.sent == [(answer["MessageId"], "again")]


def test_of_a_batch_what_was_taken_is_told():
    """S25, S28."""
    told = Told()
    entries = [{"Id": "a", "MessageBody": "one"}, {"Id": "b", "MessageBody": ""}]
    answer = told.ask("SendMessageBatch", Entries=entries)
    assert [item["Id"] for item in answer["Failed"]] == ["b"]
    assert told.bodies == ["one"]
    assert [body for _, body in told.sent] == ["one"]


def test_what_sqs_refuses_is_not_told():
    """S28."""
    told = Told()
    assert isinstance(told.ask("SendMessage", MessageBody=""), Refusal)
    assert (told.bodies, told.sent) == ([], [])


def test_its_own_queue_can_be_asked_read_and_purged():
    told = Told()
    told.ask("SendMessage", MessageBody="one")
    counted = told.ask("GetQueueAttributes", AttributeNames=["All"])["Attributes"]
    assert counted["ApproximateNumberOfMessages"] == "1"
    assert counted["QueueArn"] == "arn:aws:sqs:us-east-1:123456789012:orders"
    assert told.ask("ReceiveMessage")["Messages"][0]["Body"] == "one"
    assert told.ask("PurgeQueue") == {}
    assert told.bodies == []


def test_calls_about_another_queue_are_not_its_own():
    told = Told()
    other = {"QueueUrl": URL + "-dlq", "MessageBody": "x"}
    assert told.api.answer("SendMessage", other) is None
    assert told.bodies == []


def test_calls_about_no_queue_are_not_its_own():
    assert Told().api.answer("ListQueues", {}) is None
