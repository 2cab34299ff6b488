"""The event a function receives, key by key, and the digests in it."""

from __future__ import annotations

import base64

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.model.arns import partition_of, queue_arn
from sqs_contract.model.digests import md5_of_attributes, md5_of_body
from sqs_contract.model.event import render_event
from sqs_contract.model.message import Message, MessageAttribute
from sqs_contract.model.queue import QueueSettings, StandardQueue

ARN = queue_arn("orders")

TITLE = {
    "Title": MessageAttribute(data_type="String", string_value="The Whistler"),
    "Author": MessageAttribute(data_type="String", string_value="John Grisham"),
    "WeeksOn": MessageAttribute(data_type="Number", string_value="6"),
}


def record(window_ms: int = 0, **fields):
    q = StandardQueue(QueueSettings(visibility_timeout_ms=0))
    q.send(Message(message_id="id", body=fields.pop("body", "hello"), sent_ms=1_000, **fields))
    received = q.receive(2_000).messages
    event = render_event(received, queue_arn=ARN, region="us-east-1", window_ms=window_ms)
    assert list(event) == ["Records"]
    return event["Records"][0]


def test_a_plain_record_has_these_keys_and_no_other():
    """S2, S6, S8: attributes are strings, numbers too; empty message attributes are {}."""
    made = record()
    assert made.pop("receiptHandle").startswith("AQEB")
    assert made == {
        "messageId": "id",
        "body": "hello",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "2000",
        },
        "messageAttributes": {},
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
        "awsRegion": "us-east-1",
    }


def test_with_a_window_the_attribute_digest_is_null_where_there_are_no_attributes():
    """S3: absent without a window, null with one."""
    assert "md5OfMessageAttributes" not in record()
    assert record(window_ms=1_000)["md5OfMessageAttributes"] is None


def test_message_attributes_as_recorded_on_aws():
    """S4: only the value key that applies, two reserved lists, the digest AWS computed."""
    made = record(attributes=TITLE)
    assert made["messageAttributes"]["WeeksOn"] == {
        "stringValue": "6",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "Number",
    }
    assert made["md5OfMessageAttributes"] == "d25a6aea97eb8f585bfa92d314504a92"


def test_binary_attributes_are_base64_and_absent_values_null_with_a_window():
    """S5, S7."""
    attributes = {
        "b": MessageAttribute(data_type="Binary.gzip", binary_value=b"\x00\xff"),
        "s": MessageAttribute(data_type="String", string_value="x"),
    }
    plain = record(attributes=attributes)["messageAttributes"]
    assert plain["b"]["binaryValue"] == base64.b64encode(b"\x00\xff").decode()
    assert plain["b"]["dataType"] == "Binary.gzip"
    assert "stringValue" not in plain["b"]
    assert "binaryValue" not in plain["s"]
    windowed = record(window_ms=1, attributes=attributes)["messageAttributes"]
    assert windowed["b"]["stringValue"] is None
    assert windowed["s"]["binaryValue"] is None


def test_optional_system_attributes_appear_only_where_they_were_set():
    """S10, S11."""
    made = record(trace_header="Root=1-x", group_id="tenant-1")["attributes"]
    assert made["AWSTraceHeader"] == "Root=1-x"
    assert made["MessageGroupId"] == "tenant-1"


def test_a_message_from_a_dead_letter_queue_names_its_source():
    """S12: the ARN of the queue it was moved from."""
    dlq = StandardQueue(QueueSettings(name="dlq"))
    q = StandardQueue(
        QueueSettings(max_receive_count=1, visibility_timeout_ms=0), dead_letter_queue=dlq
    )
    q.send(Message(message_id="id", body="x", sent_ms=0))
    q.receive(0)
    q.receive(1)
    event = render_event(dlq.receive(1).messages, queue_arn=ARN, region="us-east-1")
    attributes = event["Records"][0]["attributes"]
    assert attributes["DeadLetterQueueSourceArn"] == queue_arn("orders")
    assert attributes["ApproximateReceiveCount"] == "2"


def test_on_redelivery_only_count_and_handle_change():
    """S22."""
    q = StandardQueue(QueueSettings(visibility_timeout_ms=0))
    q.send(Message(message_id="id", body="x", sent_ms=0))
    first, second = (
        render_event(q.receive(t).messages, queue_arn=ARN, region="us-east-1")["Records"][0]
        for t in (1, 2)
    )
    assert first.pop("receiptHandle") != second.pop("receiptHandle")
    assert first["attributes"].pop("ApproximateReceiveCount") == "1"
    assert second["attributes"].pop("ApproximateReceiveCount") == "2"
    assert first == second


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_partition_of_a_region(region, partition):
    """S16."""
    assert partition_of(region) == partition


@pytest.mark.parametrize("body", ['"&quot;&quot;\r"', "{\r\n}", "äöü €", "𝄞", "a"])
def test_a_body_is_delivered_exactly_as_it_was_sent(body):
    """S17."""
    assert record(body=body)["body"] == body


def test_attribute_digest_depends_on_names_types_and_values_but_not_on_order():
    """S19."""
    swapped = dict(reversed(TITLE.items()))
    assert md5_of_attributes(swapped) == md5_of_attributes(TITLE)
    custom = {**TITLE, "WeeksOn": MessageAttribute(data_type="Number.int", string_value="6")}
    assert md5_of_attributes(custom) != md5_of_attributes(TITLE)
    assert md5_of_attributes({}) is None


@needs_recordings
def test_digests_recorded_on_aws():
    """S18, S19: all vectors."""
    vectors = load("md5_vectors.json")
    assert vectors["attribute_vectors"]
    for vector in vectors["attribute_vectors"].values():
        attributes = {
            name: MessageAttribute(
                data_type=value["DataType"],
                string_value=value.get("StringValue"),
                binary_value=(
                    bytes.fromhex(value["BinaryValueHex"]) if "BinaryValueHex" in value else None
                ),
            )
            for name, value in vector["attributes"].items()
        }
        assert md5_of_attributes(attributes) == vector["md5"]


@needs_recordings
def test_body_digests_recorded_on_aws():
    """S18."""
    vectors = load("md5_vectors.json")["body_vectors"]
    assert vectors
    assert {body: md5_of_body(body) for body in vectors} == vectors
