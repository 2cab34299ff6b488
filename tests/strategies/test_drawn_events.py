"""Every event and record drawn is one that AWS could send."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
from aws_could_send import (
    EVENT_BYTES_MAX,
    check_event,
    check_record,
    md5_of_attributes,
    values_in,
)
from aws_recorded import load, needs_recordings
from drawing import drawn, generate_only
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies import records, sqs_events

GOOD = {
    "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
    "receiptHandle": "AQEB" + "wJnK" * 90,
    "body": "Test message.",
    "attributes": {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1767603600000",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1767603600007",
    },
    "messageAttributes": {
        "Title": {
            "stringValue": "The Whistler", "stringListValues": [], "binaryListValues": [],
            "dataType": "String",
        },
        "Author": {
            "stringValue": "John Grisham", "stringListValues": [], "binaryListValues": [],
            "dataType": "String",
        },
        "WeeksOn": {
            "stringValue": "6", "stringListValues": [], "binaryListValues": [],
            "dataType": "Number",
        },
    },
    "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
    "md5OfMessageAttributes": "d25a6aea97eb8f585bfa92d314504a92",
    "eventSource": "aws:sqs",
    "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
    "awsRegion": "us-east-1",
}  # fmt: skip
"""Attributes and their digest as AWS recorded them, the rest as the developer guide shows it."""


@pytest.fixture(scope="module")
def many_events():
    return drawn(sqs_events(), 1_000)


def test_the_check_of_these_tests_takes_what_aws_sends():
    """The oracle is not so strict that it refuses the real thing."""
    check_event({"Records": [GOOD]})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["messageId"], "059F36B4-87A3-44AB-83D2-661975830A7D"),
        (["receiptHandle"], "AQEB"),
        (["body"], ""),
        (["body"], "\x00"),
        (["body"], None),
        (["md5OfBody"], "0" * 32),
        (["md5OfMessageAttributes"], "0" * 32),
        (["md5OfMessageAttributes"], None),
        (["eventSource"], "aws:SQS"),
        (["eventSourceArn"], "arn:aws:sqs:us-east-1:123456789012:orders"),
        (["eventSourceARN"], "arn:aws:sqs:us-east-1:12345:orders"),
        (["awsRegion"], "eu-west-1"),
        (["attributes", "ApproximateReceiveCount"], 1),
        (["attributes", "ApproximateReceiveCount"], "0"),
        (["attributes", "SentTimestamp"], "1767603600008"),
        (["attributes", "SentTimestamp"], "1767603600"),
        (["attributes", "SequenceNumber"], "1"),
        (["messageAttributes", "AWS.trace"], {"dataType": "String", "stringValue": "x"}),
        (["messageAttributes", "Title", "stringValue"], ""),
        (["messageAttributes", "Title", "binaryValue"], "AAA="),
        (["messageAttributes", "WeeksOn", "stringValue"], "six"),
    ],
)
def test_the_check_of_these_tests_finds(path, value):
    """The oracle is not so lax that it takes what AWS never sends."""
    record = copy.deepcopy(GOOD)
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises((AssertionError, KeyError)):
        check_event({"Records": [record]})


@needs_recordings
def test_the_digest_of_these_tests_is_that_of_aws():
    """S19: the independent MD5 agrees with every digest recorded."""
    for name, vector in load("md5_vectors.json")["attribute_vectors"].items():
        shown = {
            key: {
                "dataType": value["DataType"],
                "stringValue": value.get("StringValue"),
                "binaryValue": _base64_of_hex(value.get("BinaryValueHex", "")),
            }
            for key, value in vector["attributes"].items()
        }
        assert md5_of_attributes(shown) == vector["md5"], name


def _base64_of_hex(text):
    import base64

    return base64.b64encode(bytes.fromhex(text)).decode()


@settings(max_examples=300)
@given(sqs_events())
def test_an_event_is_one_aws_could_send(event):
    """S1-S22, digests recomputed from the rules."""
    check_event(event)
    assert 1 <= len(event["Records"]) <= 10


@given(records())
def test_a_record_is_one_aws_could_send(record):
    check_record(record)


@given(sqs_events(bodies=st.text(st.sampled_from('a"\\é€😀\t\n\r\ud7ff\ue000�'), min_size=1)))
def test_a_body_arrives_exactly_as_it_was_drawn(event):
    """S17: no decoding, no encoding, whatever is in it."""
    check_event(event)


@pytest.mark.parametrize("least", [1, 11])
def test_an_event_of_a_large_batch_is_one_aws_could_send(least):
    """S3, S68: more than ten records take a batching window."""
    for event in drawn(sqs_events(min_records=least, max_records=40), 100):
        check_event(event)


@pytest.mark.nightly
def test_ids_stay_distinct_in_a_large_batch_when_it_shrinks(minimal):
    """The smallest large batch with one redelivered record still has distinct ids."""
    event = minimal(
        sqs_events(max_records=30),
        lambda event: (
            len(event["Records"]) >= 12
            and any(r["attributes"]["ApproximateReceiveCount"] != "1" for r in event["Records"])
        ),
    )
    ids = [record["messageId"] for record in event["Records"]]
    handles = [record["receiptHandle"] for record in event["Records"]]
    assert len(set(ids)) == len(ids)
    assert len(set(handles)) == len(handles)


@pytest.mark.parametrize(
    "strategy",
    [
        pytest.param(
            lambda: sqs_events(min_records=7, max_records=7, bodies=st.just("a" * 1_048_576)),
            id="large bodies",
        ),
        pytest.param(lambda: sqs_events(min_records=10_000, max_records=10_000), id="many records"),
    ],
)
def test_an_event_never_exceeds_what_lambda_takes(strategy):
    """S69, S115: an event over 6 MiB is never delivered; so it is not drawn, or refused."""
    sizes = []

    @settings(generate_only, max_examples=1, suppress_health_check=list(HealthCheck))
    @given(strategy())
    def weigh(event):
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        sizes.append(len(text.encode()))

    with contextlib.suppress(InvalidArgument):
        weigh()
    assert all(size <= EVENT_BYTES_MAX for size in sizes)


def test_a_message_with_attributes_never_exceeds_what_sqs_takes():
    """S24: attributes count too, so a body of 1 MiB goes without them."""
    found = drawn(records(bodies=st.just("a" * 1_048_576)).map(_attributes_of), 30)
    assert found
    assert not any(found)


def _attributes_of(record):
    return record["messageAttributes"]


@given(sqs_events())
def test_an_event_survives_json(event):
    """What a handler is given through the Runtime API equals what was drawn."""
    for ascii_only in (True, False):
        assert json.loads(json.dumps(event, ensure_ascii=ascii_only, allow_nan=False)) == event


@given(sqs_events())
def test_powertools_data_class_reads_an_event(event):
    """A second reader, written by AWS."""
    from aws_lambda_powertools.utilities.data_classes import SQSEvent

    read = list(SQSEvent(event).records)
    assert [record.message_id for record in read] == [r["messageId"] for r in event["Records"]]
    for record, raw in zip(read, event["Records"], strict=True):
        assert record.body == raw["body"]
        assert record.md5_of_body == raw["md5OfBody"]
        assert record.queue_url.endswith("/123456789012/orders")
        assert (
            record.attributes.approximate_receive_count
            == raw["attributes"]["ApproximateReceiveCount"]
        )
        assert record.attributes.aws_trace_header == raw["attributes"].get("AWSTraceHeader")
        for name, shown in raw["messageAttributes"].items():
            attribute = record.message_attributes[name]
            assert attribute.data_type == shown["dataType"]
            if "binaryValue" in shown:
                assert attribute.binary_value == shown["binaryValue"]
            else:
                assert attribute.string_value == shown["stringValue"]


@given(sqs_events())
def test_powertools_parser_validates_an_event(event):
    """A third reader: a pydantic schema."""
    from aws_lambda_powertools.utilities.parser.models import SqsModel

    read = SqsModel.model_validate_json(json.dumps(event))
    for record, raw in zip(read.Records, event["Records"], strict=True):
        assert record.messageId == raw["messageId"]
        assert record.body == raw["body"]
        assert record.attributes.SentTimestamp <= record.attributes.ApproximateFirstReceiveTimestamp
        assert record.attributes.SentTimestamp.year == 2026


def test_drawn_events_are_objects_of_their_own():
    """A handler that changes its event changes no other example."""
    seen = []

    @settings(generate_only, max_examples=20)
    @given(sqs_events(max_records=1))
    def spoil(event):
        seen.append(json.dumps(event))
        event["Records"][0]["attributes"].clear()
        event["Records"][0]["messageAttributes"]["mine"] = {}
        event["Records"].clear()

    spoil()
    first = list(seen)
    seen.clear()
    spoil()
    assert seen == first


def test_events_of_every_size_are_drawn(many_events):
    """One to ten, the full batch of a busy queue too, and mostly more than one."""
    sizes = [len(event["Records"]) for event in many_events]
    assert set(sizes) == set(range(1, 11))
    assert sum(size > 1 for size in sizes) > len(sizes) / 2


def test_receive_counts_senders_and_headers_vary(many_events):
    """First deliveries and redeliveries; users, roles, SNS, S3, the account's root; with and without a trace."""
    assert values_in(many_events, "attributes", "ApproximateReceiveCount") >= {"1", "2", "3", "6"}
    senders = values_in(many_events, "attributes", "SenderId")
    assert {sender[:4] for sender in senders} == {"AIDA", "AROA", "1234"}
    assert len(senders) == 6
    headers = values_in(many_events, "attributes", "AWSTraceHeader")
    assert None in headers
    assert len(headers) > 1


def test_messages_wait_before_they_are_received_at_times(many_events):
    waits = {
        int(record["attributes"]["ApproximateFirstReceiveTimestamp"])
        - int(record["attributes"]["SentTimestamp"])
        for event in many_events
        for record in event["Records"]
    }
    assert 0 in waits
    assert max(waits) > 1_000


def test_message_attributes_of_every_type_are_drawn(many_events):
    """None, String, Number and Binary, plain and custom, and several on one message."""
    bags = [r["messageAttributes"] for event in many_events for r in event["Records"]]
    types = {shown["dataType"] for bag in bags for shown in bag.values()}
    assert types >= {"String", "Number", "Binary"}
    assert any("." in data_type for data_type in types)
    assert {len(bag) for bag in bags} >= {0, 1, 2, 3}


def test_the_digest_of_no_attributes_is_drawn_in_both_forms(many_events):
    """S3: absent without a batching window, null with one. A consumer must read both."""
    without = [
        record
        for event in many_events
        for record in event["Records"]
        if not record["messageAttributes"]
    ]
    assert any("md5OfMessageAttributes" not in record for record in without)
    assert any("md5OfMessageAttributes" in record for record in without)


def test_bodies_within_one_event_differ(many_events):
    """A batch of the same message ten times would test little."""
    batches = [event["Records"] for event in many_events if len(event["Records"]) >= 4]
    assert len(batches) > 100
    assert all(len({r["body"] for r in batch}) > 1 for batch in batches)
