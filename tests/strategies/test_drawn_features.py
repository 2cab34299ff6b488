"""What only some messages have: a group, a source queue, a trace header, custom types."""

from __future__ import annotations

import base64
import gzip
import json
import uuid

import pytest
from aws_could_send import check_event, check_record, values_in
from drawing import drawn
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies import message_attributes, records, sqs_events


@pytest.fixture(scope="module")
def many_events():
    return drawn(sqs_events())


def has(name):
    return lambda record: name in record["attributes"]


def test_some_messages_of_a_standard_queue_belong_to_a_group(many_events):
    """S10: where the producer set it, and nothing that only FIFO queues add."""
    groups = values_in(many_events, "attributes", "MessageGroupId")
    assert None in groups
    assert len(groups) > 2
    assert values_in(many_events, "attributes", "SequenceNumber") == {None}


def test_no_message_comes_from_elsewhere_unless_asked_for(many_events):
    """S12: only what SQS moved to a dead-letter queue says where from."""
    assert values_in(many_events, "attributes", "DeadLetterQueueSourceArn") == {None}


def test_messages_of_a_dead_letter_queue_say_where_they_come_from():
    """S12, S61: moved from the source queue, in its region and account; or sent there directly."""
    where = {
        "queue_name": "orders-dlq", "dead_letter_source": "orders",
        "region": "cn-north-1", "account": "000000000001",
    }  # fmt: skip
    events = drawn(sqs_events(**where), 60)
    for event in events:
        check_event(event)
    assert values_in(events, "attributes", "DeadLetterQueueSourceArn") == {
        None, "arn:aws-cn:sqs:cn-north-1:000000000001:orders",
    }  # fmt: skip
    record = drawn(records(**where), 1)[0]
    check_record(record)


def test_a_message_of_a_dead_letter_queue_shrinks_to_one_that_was_moved(minimal):
    """S59: the count goes on from the source queue, so it is 2 at the least."""
    found = minimal(records(queue_name="orders-dlq", dead_letter_source="orders"))
    assert found["attributes"]["DeadLetterQueueSourceArn"].endswith(":orders")
    assert found["attributes"]["ApproximateReceiveCount"] == "2"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("orders", "dead_letter_source='orders' is the queue itself"),
        ("", "dead_letter_source='' must be the name"),
        ("jobs.fifo", "FIFO"),
        ("arn:aws:sqs:us-east-1:123456789012:jobs", "give the name alone, 'jobs'"),
        (5, "dead_letter_source=5 must be the name"),
    ],
)
def test_a_source_that_cannot_be_is_refused_at_the_call(source, said):
    with pytest.raises(InvalidArgument, match=said):
        sqs_events(dead_letter_source=source)


@pytest.mark.parametrize("name", ["AWSTraceHeader", "MessageGroupId"])
def test_a_special_message_shrinks_to_one_that_is_plain_otherwise(minimal, name):
    found = minimal(records(), has(name))
    assert found["body"] == '{"id": 0}'
    assert found["messageAttributes"] == {}
    assert found["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"AWSTraceHeader", "MessageGroupId"} & set(found["attributes"]) == {name}


def test_a_trace_has_a_parent_however_small_the_example(minimal):
    """No tracer makes an all-zero id, and readers refuse it."""
    header = minimal(records(), has("AWSTraceHeader"))["attributes"]["AWSTraceHeader"]
    parent = dict(part.split("=") for part in header.split(";"))["Parent"]
    assert len(parent) == 16
    assert int(parent, 16) > 0


def test_s3_sends_no_message_attributes(many_events):
    """S15, S145: a notification is a body and nothing else."""
    for event in many_events:
        for record in event["Records"]:
            if record["attributes"]["SenderId"].endswith(":S3-PROD-END"):
                assert record["messageAttributes"] == {}


def test_the_same_id_means_the_same_message(many_events):
    """A consumer that remembers message ids never mistakes a message for another one."""
    known = {}
    for event in many_events:
        for record in event["Records"]:
            said = known.setdefault(record["messageId"], record["body"])
            assert record["body"] == said


READ = {
    "String.uuid": lambda shown: str(uuid.UUID(shown["stringValue"])) == shown["stringValue"],
    "String.json": lambda shown: json.loads(shown["stringValue"]) is not None,
    "Number.int": lambda shown: str(int(shown["stringValue"])) == shown["stringValue"],
    "Number.float": lambda shown: str(float(shown["stringValue"])) == shown["stringValue"],
    "Binary.gzip": lambda shown: (
        gzip.decompress(base64.b64decode(shown["binaryValue"])) is not None
    ),
}


def test_values_of_custom_types_are_what_their_names_promise():
    """A consumer may go by the type: a `String.uuid` is a UUID."""
    seen = set()
    for bag in drawn(message_attributes()):
        for shown in bag.values():
            if shown["dataType"] in READ:
                seen.add(shown["dataType"])
                assert READ[shown["dataType"]](shown), shown
    assert seen == set(READ)


def test_an_event_holds_as_many_large_records_as_fit():
    """S69: what does not fit is left out, as Lambda leaves it for the next batch."""
    large = st.sampled_from(["a" * 1_048_576, '"' * 1_048_576])
    counts = []

    @settings(max_examples=10, database=None, phases=[Phase.generate], derandomize=True)
    @given(sqs_events(bodies=large))
    def collect(event):
        counts.append(len(event["Records"]))
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        assert len(text.encode()) <= 6_291_556

    collect()
    assert 2 <= max(counts) <= 5


def test_thousands_of_records_are_drawn_where_they_fit():
    """S69: about six thousand of the smallest do; more are refused, with how many fit."""
    (event,) = drawn(sqs_events(min_records=6_000, max_records=6_000), 1)
    assert len({record["messageId"] for record in event["Records"]}) == 6_000
    with pytest.raises(InvalidArgument, match=r"min_records=10000: only \d{4} of the records"):
        drawn(sqs_events(min_records=10_000, max_records=10_000), 1)
