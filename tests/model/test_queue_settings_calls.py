"""The SQS API on model queues: queues are made, set and counted."""

from __future__ import annotations

import json

import pytest
from api_account import SECOND, refused


def test_queue_attributes_have_awss_defaults_and_can_be_changed(account):
    """S23, S32, S37."""
    url = account.queue()
    attributes = account.attributes(url)
    assert attributes["MaximumMessageSize"] == "1048576"
    assert attributes["MessageRetentionPeriod"] == "345600"
    assert attributes["VisibilityTimeout"] == "30"
    assert attributes["SqsManagedSseEnabled"] == "true"
    assert "FifoQueue" not in attributes
    changed = {"VisibilityTimeout": "69", "KmsMasterKeyId": "key"}
    assert account.call("SetQueueAttributes", QueueUrl=url, Attributes=changed) == {}
    assert account.attributes(url)["VisibilityTimeout"] == "69"
    assert account.attributes(url)["KmsMasterKeyId"] == "key"


def test_fifo_attributes(account):
    """S51, S54."""
    url = account.queue("q.fifo", ContentBasedDeduplication="true")
    assert account.attributes(url)["DeduplicationScope"] == "queue"
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    assert account.call("SetQueueAttributes", QueueUrl=url, Attributes=high) == {}
    assert account.attributes(url)["FifoThroughputLimit"] == "perMessageGroupId"


@pytest.mark.parametrize(
    ("name", "attributes", "code"),
    [
        ("q", {"VisibilityTimeout": "43201"}, "InvalidAttributeValue"),
        ("q", {"VisibilityTimeout": "long"}, "InvalidAttributeValue"),
        ("q", {"Colour": "red"}, "InvalidAttributeName"),
        ("q", {"DeduplicationScope": "queue"}, "InvalidAttributeName"),
        ("q", {"RedrivePolicy": "{}"}, "InvalidAttributeValue"),
        ("q", {"FifoQueue": "true"}, "InvalidParameterValue"),
        ("q.fifo", {"FifoQueue": "false"}, "InvalidParameterValue"),
        ("q.fifo", {"FifoQueue": "yes"}, "InvalidAttributeValue"),
        ("q.fifo", {"FifoQueue": "true", "DeduplicationScope": "x"}, "InvalidAttributeValue"),
        (
            "q.fifo",
            {"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"},
            "InvalidAttributeValue",
        ),
    ],
)
def test_queues_that_cannot_be(account, name, attributes, code):
    answer = account.call("CreateQueue", QueueName=name, Attributes=attributes)
    assert refused(answer, code)


def test_a_dead_letter_queue_is_of_the_same_type(account):
    """S61, S63."""
    account.queue("dlq")
    for count, kind in ((1, "q.fifo"), (0, "q"), (1_001, "q")):
        policy = {"deadLetterTargetArn": account.arn("dlq"), "maxReceiveCount": count}
        attributes = {"RedrivePolicy": json.dumps(policy)}
        if kind == "q.fifo":
            attributes["FifoQueue"] = "true"
        answer = account.call("CreateQueue", QueueName=kind, Attributes=attributes)
        assert refused(answer, "InvalidAttributeValue")


def test_a_redrive_policy_can_be_set_and_taken_away(account):
    url, dlq = account.queue(), account.queue("dlq")
    policy = json.dumps({"deadLetterTargetArn": account.arn("dlq"), "maxReceiveCount": "1"})
    account.call("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": policy})
    assert json.loads(account.attributes(url)["RedrivePolicy"])["maxReceiveCount"] == 1
    account.call("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert "RedrivePolicy" not in account.attributes(url)
    assert dlq.endswith("/dlq")
    answer = account.call("SetQueueAttributes", QueueUrl=url, Attributes={"FifoQueue": "true"})
    assert refused(answer, "InvalidAttributeValue")


def test_queues_and_operations_there_are_none_of(account):
    code = "AWS.SimpleQueueService.NonExistentQueue"
    assert refused(account.call("GetQueueUrl", QueueName="q"), code)
    assert refused(account.call("PurgeQueue", QueueUrl="https://x/q"), code)
    url = account.queue()
    assert account.call("GetQueueUrl", QueueName="q") == {"QueueUrl": url}
    assert account.call("GetQueueAttributes", QueueUrl=url) == {}
    assert account.call("DeleteQueue", QueueUrl=url) == {}
    assert refused(account.send(url), code)
    assert refused(account.call("Dance"), "InvalidAction")


def test_what_expired_counts_no_more(account):
    """S32."""
    url = account.queue(MessageRetentionPeriod="60")
    account.send(url)
    account.now_ms = 60 * SECOND
    assert account.attributes(url)["ApproximateNumberOfMessages"] == "0"


def test_a_key_of_ones_own_takes_the_place_of_that_of_sqs(account):
    """Recorded; an empty value takes the key away, and does not bring back the other."""
    url = account.queue()
    assert account.attributes(url)["SqsManagedSseEnabled"] == "true"
    for key, shown in (("mine", "mine"), ("", None)):
        account.call("SetQueueAttributes", QueueUrl=url, Attributes={"KmsMasterKeyId": key})
        told = account.attributes(url)
        assert told["SqsManagedSseEnabled"] == "false"
        assert told.get("KmsMasterKeyId") == shown
