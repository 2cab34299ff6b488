"""The SQS API on model queues: what can be sent, alone and in batches (S23-S33)."""

from __future__ import annotations

import pytest
from api_account import TEXT, attribute, entries, refused


def test_size_counts_body_and_name_type_and_value_of_attributes(account):
    """S24."""
    url = account.queue()
    fits = "a" * (1_048_576 - 8)
    assert "MessageId" in account.send(url, fits, **attribute())
    assert refused(
        account.send(url, fits + "a", **attribute()),
        "InvalidParameterValue",
        "Reason: Message must be shorter than 1048576 bytes.",
    )


@pytest.mark.parametrize(
    ("parameters", "code", "text"),
    [
        ({"MessageBody": ""}, "MissingParameter", "MessageBody"),
        ({"MessageBody": "\0"}, "InvalidMessageContents", "Invalid characters"),
        ({"MessageBody": "\ud800"}, "InvalidMessageContents", ""),
        ({"DelaySeconds": 901}, "InvalidParameterValue", "DelaySeconds"),
        ({"MessageGroupId": "a b"}, "InvalidParameterValue", "Value a b for parameter"),
        ({"MessageGroupId": "a" * 129}, "InvalidParameterValue", "1 to 128"),
        ({"MessageDeduplicationId": "d"}, "InvalidParameterValue", "not valid for this queue"),
        ({"MessageSystemAttributes": {"Other": TEXT}}, "InvalidParameterValue", "Other"),
        (attribute("AWS.x"), "InvalidParameterValue", "reserved"),
        (attribute("amazon.x"), "InvalidParameterValue", "reserved"),
        (attribute("a..b"), "InvalidParameterValue", "invalid"),
        (attribute("a!"), "InvalidParameterValue", "invalid"),
        (attribute(".a"), "InvalidParameterValue", "invalid"),
        (attribute("a" * 257), "InvalidParameterValue", "256"),
        (attribute(kind="Text"), "InvalidParameterValue", "type"),
        (attribute(kind="String." + "a" * 250), "InvalidParameterValue", "too long"),
        (attribute(StringValue=""), "InvalidParameterValue", "non-empty value of type 'String'"),
        (attribute(StringValue="\0"), "InvalidParameterValue", "characters"),
        (attribute(kind="Number", StringValue="one"), "InvalidParameterValue", "number"),
        (attribute(kind="Number", StringValue="1e127"), "InvalidParameterValue", "number"),
        (attribute(kind="Number", StringValue="1" * 39), "InvalidParameterValue", "number"),
        (attribute(kind="Number", StringValue="NaN"), "InvalidParameterValue", "number"),
        (
            {"MessageAttributes": {f"a{number}": TEXT for number in range(11)}},
            "InvalidParameterValue",
            "[11]",
        ),
    ],
)
def test_what_a_standard_queue_refuses(account, parameters, code, text):
    """S27-S31, S33, S35."""
    asked = {"MessageBody": "x", **parameters}
    assert refused(account.call("SendMessage", QueueUrl=account.queue(), **asked), code, text)


@pytest.mark.parametrize(
    "parameters",
    [
        attribute("attr.1øßä"),
        attribute(kind="Number.int", StringValue="-1e128"),
        attribute(kind="Binary", BinaryValue=b"\0"),
        {"MessageGroupId": "!~"},
        {"DelaySeconds": 900},
    ],
)
def test_what_a_standard_queue_accepts(account, parameters):
    """S29, S30, S33."""
    assert "SequenceNumber" not in account.send(account.queue(), **parameters)


def test_what_a_fifo_queue_refuses(account):
    """S26, S31."""
    url = account.queue("q.fifo")
    assert refused(account.send(url, MessageDeduplicationId="d"), "MissingParameter", "GroupId")
    assert refused(account.send(url, MessageGroupId="g"), "InvalidParameterValue", "ContentBased")
    both = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
    text = "The request include parameter that is not valid for this queue type."
    assert refused(account.send(url, DelaySeconds=2, **both), "InvalidParameterValue", text)
    assert "SequenceNumber" in account.send(url, DelaySeconds=0, **both)


def test_a_duplicate_is_answered_as_the_first_was(account):
    """S51."""
    url = account.queue("q.fifo", ContentBasedDeduplication="true")
    assert account.send(url, MessageGroupId="g") == account.send(url, MessageGroupId="g")
    assert account.attributes(url)["ApproximateNumberOfMessages"] == "1"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "AWS.SimpleQueueService.EmptyBatchRequest"),
        (entries(*"x" * 11), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
        (entries("x") * 2, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
        ([{"Id": "a:b", "MessageBody": "x"}], "AWS.SimpleQueueService.InvalidBatchEntryId"),
        ([{"Id": "", "MessageBody": "x"}], "AWS.SimpleQueueService.InvalidBatchEntryId"),
        ([{"Id": "a" * 81, "MessageBody": "x"}], "AWS.SimpleQueueService.InvalidBatchEntryId"),
        (entries("a" * 1_048_576, "b"), "AWS.SimpleQueueService.BatchRequestTooLong"),
    ],
)
def test_a_batch_that_fails_as_a_whole(account, given, code):
    """S25."""
    url = account.queue()
    assert refused(account.call("SendMessageBatch", QueueUrl=url, Entries=given), code)
    assert account.attributes(url)["ApproximateNumberOfMessages"] == "0"


def test_in_a_batch_an_entry_fails_alone(account):
    """S25, S26."""
    url = account.queue(MaximumMessageSize="1024")
    answer = account.call(
        "SendMessageBatch", QueueUrl=url, Entries=entries("fine", "\x01", "a" * 1_025)
    )
    assert [item["Id"] for item in answer["Successful"]] == ["0"]
    assert [(item["Id"], item["Code"], item["SenderFault"]) for item in answer["Failed"]] == [
        ("1", "InvalidMessageContents", True),
        ("2", "InvalidParameterValue", True),
    ]
    assert answer["Failed"][1]["Message"] == (
        "One or more parameters cannot be validated. "
        "Reason: Message must be shorter than 1024 bytes."
    )


@pytest.mark.parametrize("more", [{"MessageGroupId": "g"}, {"MessageDeduplicationId": "d"}])
def test_a_fifo_batch_without_group_or_deduplication_id_fails_as_a_whole(account, more):
    """S26."""
    url = account.queue("q.fifo")
    answer = account.call("SendMessageBatch", QueueUrl=url, Entries=entries("a", **more))
    assert refused(answer, "InvalidParameterValue")


def test_a_binary_attribute_comes_back_as_it_was_sent(account):
    """S4, S19."""
    url = account.queue()
    account.send(url, **attribute(kind="Binary.pdf", BinaryValue=b"\0\xff"))
    (received,) = account.receive(url, MessageAttributeNames=["All"])
    assert received["MessageAttributes"] == {
        "k": {"DataType": "Binary.pdf", "BinaryValue": b"\0\xff"}
    }


def test_a_batch_counts_the_attributes_of_its_entries(account):
    """S24, S25."""
    url = account.queue("q.fifo", ContentBasedDeduplication="true")
    fits = "a" * (1_048_576 - 8)
    binary = attribute(kind="Binary", BinaryValue=b"x")
    for body, more, told in (
        (fits, attribute(), None),
        (fits, binary, None),
        (fits + "a", attribute(), "You have sent 1048577 bytes."),
    ):
        given = entries(body, MessageGroupId="g", **more)
        answer = account.call("SendMessageBatch", QueueUrl=url, Entries=given)
        if told is None:
            assert "Successful" in answer
        else:
            assert refused(answer, "AWS.SimpleQueueService.BatchRequestTooLong", told)
