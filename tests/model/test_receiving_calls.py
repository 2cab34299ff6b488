"""The SQS API on model queues: what a receive asks for and brings, and what its handles do (S36-S44)."""

from __future__ import annotations

import pytest
from api_account import SECOND, TEXT, refused


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"MaxNumberOfMessages": 0}, "Must be between 1 and 10, if provided."),
        ({"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages"),
        ({"WaitTimeSeconds": 21}, "Must be >= 0 and <= 20, if provided."),
        ({"VisibilityTimeout": 43_201}, "VisibilityTimeout"),
        ({"ReceiveRequestAttemptId": "x"}, "not valid for this queue type"),
    ],
)
def test_a_receive_out_of_range(account, asked, text):
    """S36, S37."""
    answer = account.call("ReceiveMessage", QueueUrl=account.queue(), **asked)
    assert refused(answer, "InvalidParameterValue", text)


def test_an_empty_receive_has_no_messages_key(account):
    """S36."""
    assert account.call("ReceiveMessage", QueueUrl=account.queue()) == {}


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        ([], []),
        (["All"], ["General", "Hello", "Help.Me"]),
        ([".*"], ["General", "Hello", "Help.Me"]),
        (["Hel.*"], ["Hello", "Help.Me"]),
        (["Hello", "None"], ["Hello"]),
        ([".", "a..b"], []),
    ],
)
def test_the_user_attributes_asked_for(account, names, seen):
    """S20: the digest covers what is returned."""
    url = account.queue()
    given = dict.fromkeys(("General", "Hello", "Help.Me"), TEXT)
    whole = account.send(url, MessageAttributes=given)["MD5OfMessageAttributes"]
    (item,) = account.receive(url, MessageAttributeNames=names)
    assert sorted(item.get("MessageAttributes", {})) == seen
    assert (item.get("MD5OfMessageAttributes") == whole) == (len(seen) == 3)
    assert ("MD5OfMessageAttributes" in item) == bool(seen)


@pytest.mark.parametrize("key", ["AttributeNames", "MessageSystemAttributeNames"])
def test_the_system_attributes_asked_for(account, key):
    """S8, S10, S11."""
    url = account.queue()
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
    sent = account.send(url, MessageGroupId="g", MessageSystemAttributes=trace)
    assert "MD5OfMessageSystemAttributes" in sent
    (item,) = account.receive(url, VisibilityTimeout=0, **{key: ["All"]})
    assert set(item["Attributes"]) == {
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "MessageGroupId",
        "AWSTraceHeader",
    }
    (item,) = account.receive(url, **{key: ["SenderId"]})
    assert set(item["Attributes"]) == {"SenderId"}


def test_a_dead_lettered_message_names_its_source(account):
    """S12, S59."""
    url, dlq = account.queue_with_dlq()
    sent = account.send(url)
    account.receive(url, VisibilityTimeout=0)
    assert account.receive(url) == []
    (item,) = account.receive(dlq, AttributeNames=["All"])
    assert item["MessageId"] == sent["MessageId"]
    assert item["Attributes"]["ApproximateReceiveCount"] == "2"
    assert item["Attributes"]["DeadLetterQueueSourceArn"] == account.arn("q")


def test_deletes_and_their_errors(account):
    """S39-S41, S50."""
    url, fifo = account.queue(), account.queue("q.fifo")
    account.send(url)
    account.send(fifo, MessageGroupId="g", MessageDeduplicationId="d")
    handles = [account.receive(it)[0]["ReceiptHandle"] for it in (url, fifo)]
    account.now_ms = 31 * SECOND
    assert account.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handles[0]) == {}
    assert account.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handles[0]) == {}
    answer = account.call("DeleteMessage", QueueUrl=fifo, ReceiptHandle=handles[1])
    assert refused(answer, "InvalidParameterValue", "Reason: The receipt handle has expired.")
    answer = account.call("DeleteMessage", QueueUrl=url, ReceiptHandle="x")
    assert refused(answer, "ReceiptHandleIsInvalid", '"x" is not a valid receipt handle.')
    assert refused(account.call("DeleteMessage", QueueUrl=url), "MissingParameter")


def test_batches_of_handles(account):
    """S25, S41."""
    url = account.queue()
    account.send(url)
    handle = account.receive(url)[0]["ReceiptHandle"]
    given = [{"Id": "a", "ReceiptHandle": handle}, {"Id": "b", "ReceiptHandle": "x"}]
    timed = [{**item, "VisibilityTimeout": 5} for item in given]
    answer = account.call("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=timed)
    assert [item["Id"] for item in answer["Successful"]] == ["a"]
    answer = account.call("DeleteMessageBatch", QueueUrl=url, Entries=given)
    assert [item["Id"] for item in answer["Successful"]] == ["a"]
    assert [item["Code"] for item in answer["Failed"]] == ["ReceiptHandleIsInvalid"]


def test_the_visibility_of_a_message_ends_within_twelve_hours(account):
    """S37."""
    url = account.queue()
    account.send(url)
    handle = account.receive(url)[0]["ReceiptHandle"]
    account.now_ms = SECOND
    asked = {"QueueUrl": url, "ReceiptHandle": handle}
    assert account.call("ChangeMessageVisibility", **asked, VisibilityTimeout=43_199) == {}
    answer = account.call("ChangeMessageVisibility", **asked, VisibilityTimeout=43_200)
    assert refused(
        answer,
        "InvalidParameterValue",
        "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
    )


def test_purge_once_a_minute(account):
    """S44: visible, delayed and in flight."""
    url = account.queue()
    for delay in (0, 0, 60):
        account.send(url, DelaySeconds=delay)
    account.receive(url)
    assert account.call("PurgeQueue", QueueUrl=url) == {}
    assert account.attributes(url)["ApproximateNumberOfMessagesDelayed"] == "0"
    answer = account.call("PurgeQueue", QueueUrl=url)
    assert refused(answer, "AWS.SimpleQueueService.PurgeQueueInProgress", "on q is allowed")
    assert answer.status == 403
    account.now_ms = 60 * SECOND
    assert account.call("PurgeQueue", QueueUrl=url) == {}


def test_too_much_in_flight(account, monkeypatch):
    """S43: short poll an error, long poll just nothing."""
    monkeypatch.setattr("sqs_contract.model.service.IN_FLIGHT_MAX", 1)
    url = account.queue()
    account.send(url)
    account.send(url)
    account.receive(url)
    assert refused(account.call("ReceiveMessage", QueueUrl=url), "OverLimit")
    assert account.call("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=1) == {}


def test_a_receive_attempt_id_has_the_form_of_other_ids(account):
    """S55."""
    url = account.queue("q.fifo")
    answer = account.call("ReceiveMessage", QueueUrl=url, ReceiveRequestAttemptId="a b")
    assert refused(answer, "InvalidParameterValue", "ReceiveRequestAttemptId")
