"""Events of FIFO queues, and records and events made without Hypothesis."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import defaultdict

import pytest
from aws_could_send import EVENT_BYTES_MAX, check_event, check_record, values_in
from drawing import drawn
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies import (
    envelopes,
    fifo_events,
    records,
    sample_events,
    sample_records,
    sqs_events,
)


@pytest.fixture(scope="module")
def many():
    return drawn(fifo_events())


def lines_of(event):
    """The system attributes of each group, in the order of the event."""
    lines = defaultdict(list)
    for record in event["Records"]:
        lines[record["attributes"]["MessageGroupId"]].append(record["attributes"])
    return lines.values()


def test_an_event_of_a_fifo_queue_is_one_aws_could_send(many):
    """S1-S22, S9: group, number and deduplication id are always there, and no window (S68)."""
    for event in many:
        check_event(event)
        assert event["Records"][0]["eventSourceARN"].endswith(":orders.fifo")


def test_within_a_group_numbers_and_times_grow_and_counts_do_not(many):
    """S45, S46, S53: who is behind was sent later, and was not received without who is ahead."""
    compared = 0
    for event in many:
        for line in lines_of(event):
            for ahead, behind in itertools.pairwise(line):
                compared += 1
                assert int(ahead["SequenceNumber"]) < int(behind["SequenceNumber"])
                for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"):
                    assert int(ahead[name]) <= int(behind[name])
                name = "ApproximateReceiveCount"
                assert int(ahead[name]) >= int(behind[name])
    assert compared > 100


def test_a_group_stands_together(many):
    """S45: a receive takes what it can of one group, and goes on to the next."""
    for event in many:
        groups = [record["attributes"]["MessageGroupId"] for record in event["Records"]]
        changes = sum(one != other for one, other in itertools.pairwise(groups))
        assert changes == len(set(groups)) - 1
    assert {len(lines_of(event)) for event in many} == {1, 2, 3}


def test_deduplication_is_by_content_or_by_an_id_of_the_producer(many):
    """S9."""
    by_content = set()
    for event in many:
        for record in event["Records"]:
            digest = hashlib.sha256(record["body"].encode()).hexdigest()
            by_content.add(record["attributes"]["MessageDeduplicationId"] == digest)
    assert by_content == {True, False}


def test_in_a_dead_letter_queue_messages_are_deduplicated_by_their_ids():
    """S61."""
    where = {"queue_name": "dead.fifo", "dead_letter_source": "orders.fifo"}
    sources = set()
    for event in drawn(fifo_events(**where), 60):
        check_event(event)
        for record in event["Records"]:
            source = record["attributes"].get("DeadLetterQueueSourceArn")
            sources.add(source)
            moved = record["attributes"]["MessageDeduplicationId"] == record["messageId"]
            assert moved == (source is not None)
    assert sources == {None, "arn:aws:sqs:us-east-1:123456789012:orders.fifo"}


def test_s3_never_writes_into_a_fifo_queue(many):
    senders = values_in(many, "attributes", "SenderId")
    assert not any(sender.endswith(":S3-PROD-END") for sender in senders)
    assert len(senders) == 5


@pytest.mark.parametrize(("least", "most"), [(1, 1), (2, 4), (10, 10)])
@pytest.mark.parametrize("bodies", [None, st.just("x")], ids=["our bodies", "own bodies"])
def test_the_number_of_records_lies_within_what_is_asked_for(least, most, bodies):
    sizes = {
        len(event["Records"])
        for event in drawn(fifo_events(min_records=least, max_records=most, bodies=bodies), 200)
    }
    assert sizes == set(range(least, most + 1))


def test_a_fifo_event_shrinks_to_one_plain_record_of_the_first_group(minimal):
    (record,) = minimal(fifo_events())["Records"]
    assert record["body"] == '{"id": 0}'
    assert record["messageAttributes"] == {}
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["MessageGroupId"] == "group-1"


@pytest.mark.nightly
def test_two_groups_shrink_to_a_message_of_each(minimal):
    found = minimal(fifo_events(), lambda event: len(lines_of(event)) == 2)
    assert len(found["Records"]) == 2
    assert {record["body"] for record in found["Records"]} == {'{"id": 0}'}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"queue_name": "orders"}, "names a standard queue.*ends in .fifo, or use sqs_events"),
        ({"queue_name": "a" * 76 + ".fifo"}, "must be the name of a queue"),
        ({"queue_name": ".fifo"}, "must be the name of a queue"),
        ({"queue_name": "arn:aws:sqs:us-east-1:1:o.fifo"}, "give the name alone, 'o.fifo'"),
        ({"max_records": 11}, "max_records=11"),
        ({"dead_letter_source": "orders"}, "dead_letter_source='orders' names a standard queue"),
        ({"dead_letter_source": "orders.fifo"}, "is the queue itself"),
        ({"bodies": "x"}, "bodies='x' must be a strategy"),
    ],
)
def test_wrong_arguments_are_told_at_the_call(arguments, said):
    """S16, S61, S68."""
    with pytest.raises(InvalidArgument, match=said):
        fifo_events(**arguments)


# Without Hypothesis


@pytest.mark.parametrize("queue", ["orders", "orders.fifo"])
def test_samples_are_what_aws_could_send(queue):
    for event in sample_events(60, queue_name=queue):
        check_event(event)
        assert len(event["Records"]) == 10
    for record in sample_records(50, queue_name=queue):
        check_event({"Records": [record]})


def test_samples_of_a_seed_are_the_same_and_of_another_are_not():
    def made(**arguments):
        return json.dumps([*sample_events(3, **arguments), *sample_records(3, **arguments)])

    assert made(seed=1) == made(seed=1)
    assert made(seed=1) != made(seed=2)


def test_the_records_of_a_sample_differ():
    """Ids and handles are those of messages of their own, however many there are."""
    found = list(sample_records(20_000))
    assert len({record["messageId"] for record in found}) == 20_000
    assert len({record["receiptHandle"] for record in found}) == 20_000
    assert len({record["body"] for record in found}) > 300
    counts = values_in([{"Records": found}], "attributes", "ApproximateReceiveCount")
    assert counts == {"1", "2", "3", "4", "5", "6"}


def test_records_of_a_sample_are_objects_of_their_own():
    """A test that changes one changes no other."""
    first, second = sample_records(2, bodies=["x"])
    first["attributes"].clear()
    first["messageAttributes"]["mine"] = {}
    check_record(second)


def test_a_sample_takes_bodies_and_a_place():
    where = {"queue_name": "jobs", "region": "cn-north-1", "account": "000000000001"}
    (event,) = sample_events(1, records_per_event=40, bodies=["a", "b"], **where)
    check_event(event)
    assert len(event["Records"]) == 40
    assert {record["body"] for record in event["Records"]} == {"a", "b"}
    assert event["Records"][0]["eventSourceARN"] == "arn:aws-cn:sqs:cn-north-1:000000000001:jobs"


def test_large_bodies_leave_records_out():
    """S69."""
    (event,) = sample_events(1, bodies=["a" * 1_048_576])
    assert len(event["Records"]) == 5
    assert len(json.dumps(event)) <= EVENT_BYTES_MAX


def test_no_sample_is_no_sample():
    assert list(sample_events(0)) == list(sample_records(0)) == []


@pytest.mark.parametrize("sample", [sample_events, sample_records])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"count": -1}, "count=-1 must be an integer from 0 on"),
        ({"count": "5"}, "count='5'"),
        ({"seed": "x"}, "seed='x' must be an integer"),
        ({"bodies": "x"}, "bodies='x' must be a list of bodies"),
        ({"bodies": []}, r"bodies=\[\] must hold at least one body"),
        ({"bodies": [""]}, "S28"),
        ({"bodies": [5]}, "which is no text"),
        ({"bodies": st.just("x")}, "use sqs_events"),
        ({"queue_name": "two words"}, "must be the name of a queue"),
        ({"region": "x"}, "must be a region"),
    ],
    ids=str,
)
def test_wrong_arguments_of_samples_are_told_at_the_call(sample, arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        sample(**{"count": 1, **arguments})


@pytest.mark.parametrize(("queue", "most"), [("orders", "10,000"), ("orders.fifo", "10")])
def test_more_records_than_an_event_may_hold_are_refused(queue, most):
    """S68."""
    with pytest.raises(InvalidArgument, match=f"from 1 to {most}"):
        sample_events(1, records_per_event=10_001, queue_name=queue)


# Readers written by others


def thousands():
    """Events of every kind: standard and FIFO, with and without a window, from dead-letter
    queues, of every region, from envelopes."""
    regions = ("us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1")
    for region in regions:
        yield from sample_events(150, region=region)
        yield from sample_events(150, region=region, queue_name="orders.fifo")
        yield from sample_events(20, region=region, records_per_event=25)
    yield from drawn(sqs_events(queue_name="dead", dead_letter_source="orders"), 100)
    yield from drawn(sqs_events(bodies=envelopes()), 100)


def test_powertools_reads_thousands_of_our_events():
    """A data class and a pydantic model, written by AWS."""
    from aws_lambda_powertools.utilities.data_classes import SQSEvent
    from aws_lambda_powertools.utilities.parser.models import SqsModel

    count = 0
    for event in thousands():
        count += len(event["Records"])
        model = SqsModel.model_validate(event)
        read = SQSEvent(event).records
        for record, parsed, raw in zip(read, model.Records, event["Records"], strict=True):
            attributes = raw["attributes"]
            assert record.message_id == parsed.messageId == raw["messageId"]
            assert record.body == parsed.body == raw["body"]
            assert parsed.attributes.MessageGroupId == attributes.get("MessageGroupId")
            assert parsed.attributes.SequenceNumber == attributes.get("SequenceNumber")
            assert record.attributes.sequence_number == attributes.get("SequenceNumber")
            assert record.attributes.aws_trace_header == attributes.get("AWSTraceHeader")
            assert (
                parsed.attributes.ApproximateReceiveCount == attributes["ApproximateReceiveCount"]
            )
            assert record.attributes.dead_letter_queue_source_arn == attributes.get(
                "DeadLetterQueueSourceArn"
            )
            assert set(parsed.messageAttributes) == set(raw["messageAttributes"])
    assert count > 10_000


def test_powertools_reads_our_envelopes():
    """Its models of what is inside an SQS message: SNS, S3, EventBridge.

    Left out: events about tags and access lists. Powertools demands a size of them, and AWS
    was recorded sending none (S145).
    """
    from aws_lambda_powertools.utilities.parser.models import (
        EventBridgeModel,
        S3EventNotificationEventBridgeModel,
        S3Model,
        S3SqsEventNotificationModel,
        SnsNotificationModel,
    )

    models = {
        "sns": SnsNotificationModel, "sns-fifo": SnsNotificationModel,
        "s3-sns": SnsNotificationModel, "s3-test-sns": SnsNotificationModel,
        "s3": S3Model, "eventbridge": EventBridgeModel, "scheduled": EventBridgeModel,
        "s3-eventbridge": S3EventNotificationEventBridgeModel,
    }  # fmt: skip
    for kind, model in models.items():
        read = 0
        for sent in drawn(envelopes(kinds=[kind]), 80):
            value = json.loads(sent.body)
            if kind == "s3" and "size" not in value["Records"][0]["s3"]["object"]:
                continue
            model.model_validate(value)
            read += 1
        assert read > 0, kind
    whole = envelopes(kinds=["s3"]).filter(lambda sent: '"size"' in sent.body)
    for record in drawn(records(bodies=whole), 30):
        S3SqsEventNotificationModel.model_validate({"Records": [record]})
