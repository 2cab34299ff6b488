"""The SQS API on model queues: what it accepts, what it answers (S23-S66)."""

from __future__ import annotations

import json

import pytest

from sqs_contract.model.service import QueueService
from sqs_contract.model.sqs_errors import Refusal

SECOND = 1_000


class Account:
    def __init__(self):
        self.service = QueueService()
        self.now_ms = 0

    def call(self, operation, **parameters):
        return self.service.call(operation, parameters, self.now_ms)

    def queue(self, name="q", **attributes):
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        return self.call("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]

    def queue_with_dlq(self, count=1, name="q", dlq="dlq"):
        target = self.queue(dlq)
        policy = {"deadLetterTargetArn": self.arn(dlq), "maxReceiveCount": count}
        return self.queue(name, RedrivePolicy=json.dumps(policy)), target

    def arn(self, name):
        return self.service.registry.arn(name)

    def send(self, url, body="x", **parameters):
        return self.call("SendMessage", QueueUrl=url, MessageBody=body, **parameters)

    def receive(self, url, **parameters):
        return self.call("ReceiveMessage", QueueUrl=url, **parameters).get("Messages", [])

    def attributes(self, url):
        return self.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]


@pytest.fixture
def account():
    return Account()


def refused(answer, code, text=""):
    assert isinstance(answer, Refusal), answer
    assert answer.code == code
    assert text in answer.message
    return True


TEXT = {"DataType": "String", "StringValue": "x"}


def attribute(name="k", kind="String", **value):
    return {"MessageAttributes": {name: {"DataType": kind, **(value or {"StringValue": "x"})}}}


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


def entries(*bodies, **more):
    return [{"Id": str(at), "MessageBody": body, **more} for at, body in enumerate(bodies)]


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


def test_a_binary_attribute_comes_back_as_it_was_sent(account):
    """S4, S19."""
    url = account.queue()
    account.send(url, **attribute(kind="Binary.pdf", BinaryValue=b"\0\xff"))
    (received,) = account.receive(url, MessageAttributeNames=["All"])
    assert received["MessageAttributes"] == {
        "k": {"DataType": "Binary.pdf", "BinaryValue": b"\0\xff"}
    }


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


def test_a_receive_attempt_id_has_the_form_of_other_ids(account):
    """S55."""
    url = account.queue("q.fifo")
    answer = account.call("ReceiveMessage", QueueUrl=url, ReceiveRequestAttemptId="a b")
    assert refused(answer, "InvalidParameterValue", "ReceiveRequestAttemptId")


def test_what_expired_counts_no_more(account):
    """S32."""
    url = account.queue(MessageRetentionPeriod="60")
    account.send(url)
    account.now_ms = 60 * SECOND
    assert account.attributes(url)["ApproximateNumberOfMessages"] == "0"


def test_a_task_handle_of_an_unknown_source():
    """S64."""
    stand = Redriving()
    handle = stand.start()["TaskHandle"]
    stand.call("DeleteQueue", QueueUrl=stand.dlq)
    answer = stand.call("CancelMessageMoveTask", TaskHandle=handle)
    assert refused(answer, "ResourceNotFoundException", "SourceArn")


def test_a_key_of_ones_own_takes_the_place_of_that_of_sqs(account):
    """Recorded; an empty value takes the key away, and does not bring back the other."""
    url = account.queue()
    assert account.attributes(url)["SqsManagedSseEnabled"] == "true"
    for key, shown in (("mine", "mine"), ("", None)):
        account.call("SetQueueAttributes", QueueUrl=url, Attributes={"KmsMasterKeyId": key})
        told = account.attributes(url)
        assert told["SqsManagedSseEnabled"] == "false"
        assert told.get("KmsMasterKeyId") == shown
