"""Messages as other services put them into a queue: forms, encodings, attributes (S141-S150)."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_plus

import pytest
from aws_could_send import check_body, check_event
from aws_recorded import load, needs_recordings
from drawing import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.strategies import (
    ENVELOPE_KINDS,
    Sent,
    api_gateway_requests,
    envelopes,
    eventbridge_events,
    extended_client_pointers,
    fifo_events,
    s3_notifications,
    sns_envelopes,
    sns_raw_messages,
    sqs_events,
)

MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

SNS_KEYS = [
    "Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature",
    "SigningCertURL", "UnsubscribeURL",
]  # fmt: skip
OBJECT_KEYS = {
    "ObjectCreated:Put": {"key", "size", "eTag", "sequencer"},
    "ObjectRemoved:Delete": {"key", "sequencer"},
    "ObjectTagging:Put": {"key", "eTag"},
    "ObjectAcl:Put": {"key", "eTag"},
}
"""What S3 says of the object, event by event (S145)."""


@pytest.mark.parametrize("kind", ENVELOPE_KINDS)
def test_every_envelope_is_a_message_sqs_takes(kind):
    for sent in drawn(envelopes(kinds=[kind]), 40):
        assert isinstance(sent, Sent)
        check_body(sent.body)


@settings(max_examples=60)
@given(sqs_events(bodies=envelopes()), fifo_events(bodies=sns_envelopes(fifo=True)))
def test_events_of_envelopes_are_ones_aws_could_send(event, ordered):
    """Attributes and sender of the message are those of the record, digests included."""
    check_event(event)
    assert json.loads(ordered["Records"][0]["body"])["SequenceNumber"]


def test_attributes_and_sender_reach_the_record():
    for event in drawn(sqs_events(bodies=extended_client_pointers()), 20):
        for record in event["Records"]:
            (shown,) = record["messageAttributes"].values()
            assert shown["dataType"] == "Number"
            assert int(shown["stringValue"]) > 262_144
    senders = {
        record["attributes"]["SenderId"]
        for event in drawn(sqs_events(bodies=envelopes(kinds=["sns", "s3"])), 20)
        for record in event["Records"]
    }
    assert {sender[:4] for sender in senders} == {"AIDA", "AROA"}
    assert any(sender.endswith(":S3-PROD-END") for sender in senders)


def test_sns_writes_its_keys_in_this_order():
    """S141."""
    for body in drawn(sns_envelopes(), 100):
        envelope = json.loads(body)
        always = [key for key in envelope if key not in {"Subject", "MessageAttributes"}]
        assert always == SNS_KEYS
        assert isinstance(envelope["Message"], str)
        assert MILLISECONDS.fullmatch(envelope["Timestamp"])
        for shown in envelope.get("MessageAttributes", {}).values():
            assert shown["Type"] in {"String", "Number", "Binary", "String.Array"}
            assert isinstance(shown["Value"], str)


def test_a_fifo_topic_numbers_its_messages_and_signs_none():
    """S143."""
    for body in drawn(sns_envelopes(fifo=True), 30):
        envelope = json.loads(body)
        assert list(envelope)[:3] == ["Type", "MessageId", "SequenceNumber"]
        assert not {"Signature", "SignatureVersion", "SigningCertURL"} & set(envelope)
        assert envelope["TopicArn"].endswith(".fifo")


def test_raw_delivery_hands_on_body_and_attributes():
    """S142."""
    found = drawn(sns_raw_messages(bodies=st.just("text")), 100)
    assert {sent.body for sent in found} == {"text"}
    types = {a.data_type for sent in found for a in sent.attributes.values()}
    assert {"String", "Binary"} <= types


def test_a_message_of_a_topic_may_be_of_a_group_on_a_standard_queue():
    """S144: SNS hands the group on; without a number in line or an id to deduplicate by."""
    events = drawn(sqs_events(bodies=sns_envelopes()), 200)
    attributes = [record["attributes"] for event in events for record in event["Records"]]
    grouped = [given for given in attributes if "MessageGroupId" in given]
    assert 0 < len(grouped) < len(attributes)
    assert not any("SequenceNumber" in given for given in grouped)


def test_s3_says_of_an_object_what_the_event_is_about():
    """S145: no size of what is gone, no sequencer of what only changed its tags."""
    seen = set()
    for body in drawn(s3_notifications(test_events=False), 300):
        (record,) = json.loads(body)["Records"]
        name = record["eventName"]
        seen.add(name)
        keys = set(record["s3"]["object"]) - {"versionId"}
        assert keys == OBJECT_KEYS.get(name, keys)
        assert record["eventVersion"] == ("2.3" if re.search("Tagging|Acl", name) else "2.1")
        assert ("glacierEventData" in record) == (name == "ObjectRestore:Completed")
        assert MILLISECONDS.fullmatch(record["eventTime"])
    assert set(OBJECT_KEYS) <= seen


def test_keys_of_objects_are_encoded_by_s3_and_not_by_eventbridge():
    """S145, S147: `a@b` is `a%40b`, a blank is a plus."""
    encoded = {
        json.loads(body)["Records"][0]["s3"]["object"]["key"]
        for body in drawn(s3_notifications(test_events=False), 200)
    }
    assert {"a%40b", "my+photo.jpg", "x%2By%3Dz.txt"} <= encoded
    plain = {
        json.loads(sent.body)["detail"]["object"]["key"]
        for sent in drawn(envelopes(kinds=["s3-eventbridge"]), 200)
    }
    assert {"a@b", "my photo.jpg"} <= plain
    assert {unquote_plus(key) for key in encoded} == plain


def test_the_test_message_of_s3_has_no_records():
    """S146: a handler that reads Records fails on it, so it is drawn unless it is left out."""
    found = [json.loads(body) for body in drawn(s3_notifications(), 100)]
    tests = [value for value in found if "Records" not in value]
    assert tests
    assert {tuple(value) for value in tests} == {
        ("Service", "Event", "Time", "Bucket", "RequestId", "HostId")
    }
    assert {value["Event"] for value in tests} == {"s3:TestEvent"}


def test_through_sns_it_is_an_envelope_with_a_subject():
    """S150."""
    for body in drawn(s3_notifications(through_sns=True), 40):
        envelope = json.loads(body)
        assert envelope["Subject"] == "Amazon S3 Notification"
        assert {"Records", "Event"} & set(json.loads(envelope["Message"]))


def test_events_of_eventbridge():
    """S147."""
    kinds = set()
    for body in drawn(eventbridge_events(), 100):
        value = json.loads(body)
        assert list(value) == [
            "version", "id", "detail-type", "source", "account", "time", "region", "resources",
            "detail",
        ]  # fmt: skip
        assert SECONDS.fullmatch(value["time"])
        assert isinstance(value["detail"], dict)
        kinds.add(value["source"])
        if value["source"] == "aws.events":
            assert value["detail"] == {}
            assert value["resources"][0].startswith("arn:aws:events:")
    assert {"aws.events", "aws.s3", "shop.orders"} <= kinds


def test_an_api_gateway_hands_on_the_body_or_an_object_around_it():
    """S148."""
    bodies = {sent.body for sent in drawn(api_gateway_requests(bodies=st.just('{"a": 1}')), 100)}
    assert {'{"a": 1}', "{}"} <= bodies
    assert any(json.loads(body).get("body-json") == {"a": 1} for body in bodies)


def test_pointers_of_the_extended_client_of_today_and_before():
    """S149."""
    seen = set()
    for sent in drawn(extended_client_pointers(), 100):
        name, where = json.loads(sent.body)
        assert list(where) == ["s3BucketName", "s3Key"]
        seen.add((name.rpartition(".")[2], *sent.attributes))
    assert seen == {
        ("PayloadS3Pointer", "ExtendedPayloadSize"),
        ("MessageS3Pointer", "SQSLargePayloadSize"),
    }


@pytest.mark.parametrize(
    ("strategy", "smallest"),
    [
        (envelopes(), lambda sent: json.loads(sent.body)["Message"] == '{"id": 0}'),
        (sns_envelopes(), lambda body: list(json.loads(body)) == SNS_KEYS),
        (sns_raw_messages(), lambda sent: sent.body == '{"id": 0}' and not sent.attributes),
        (
            s3_notifications(),
            lambda body: (
                json.loads(body)["Records"][0]["eventName"] == "ObjectCreated:Put"
                and json.loads(body)["Records"][0]["s3"]["object"]["key"] == "a"
            ),
        ),
        (eventbridge_events(), lambda body: json.loads(body)["detail"] == {"id": 0}),
        (api_gateway_requests(), lambda sent: sent.body == '{"id": 0}' and not sent.attributes),
        (
            extended_client_pointers(),
            lambda sent: sent.attributes["ExtendedPayloadSize"].string_value == "262145",
        ),
        (
            envelopes(kinds=["scheduled", "sns"]),
            lambda sent: json.loads(sent.body)["detail-type"] == "Scheduled Event",
        ),
    ],
    ids=["all", "sns", "raw", "s3", "eventbridge", "gateway", "pointer", "first kind"],
)
def test_envelopes_shrink_to_the_simplest_as_their_docstrings_say(minimal, strategy, smallest):
    assert smallest(minimal(strategy))


def test_bodies_of_ones_own_are_inside_and_shrink_as_they_do_alone(minimal):
    own = st.integers(0, 1000).map(lambda number: json.dumps({"order": number}))
    found = minimal(
        sns_envelopes(bodies=own),
        lambda body: json.loads(json.loads(body)["Message"])["order"] >= 17,
    )
    assert json.loads(found)["Message"] == '{"order": 17}'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kinds": ["sqs"]}, "kinds: there is no 'sqs'; known are sns, sns-raw"),
        ({"kinds": "sns"}, "must be a list of names"),
        ({"kinds": []}, "must name at least one kind"),
        ({"bodies": "x"}, "bodies='x' must be a strategy"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        envelopes(**arguments)


def test_a_message_too_large_with_its_attributes_is_told():
    """S24."""
    from sqs_contract.model.message import MessageAttribute

    large = Sent(
        body="a" * 1_048_570,
        attributes={"tenant": MessageAttribute(data_type="String", string_value="x")},
    )
    with pytest.raises(InvalidArgument, match=r"with its attributes it has 1048583 bytes.*S24"):
        drawn(sqs_events(bodies=st.just(large)), 1)


def shape(value):
    """The keys of a value, all the way down."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return None


@needs_recordings
def test_notifications_of_s3_have_the_form_recorded_on_aws():
    """S145: for every event recorded and drawn, the same keys at every depth."""
    recorded = {}
    for case in load("envelopes_s3.json")["cases"].values():
        for message in case["content"].get("receive_messages", {}).get("messages", []):
            if "s3" in message:
                recorded[message["eventName"]] = shape(message)
    made = {}
    for body in drawn(s3_notifications(test_events=False), 400):
        (record,) = json.loads(body)["Records"]
        if "versionId" not in record["s3"]["object"]:
            made[record["eventName"]] = shape(record)
    assert set(made) == set(recorded)
    assert made == recorded


@needs_recordings
def test_envelopes_of_sns_have_the_form_recorded_on_aws():
    """S141, S143: the keys, and their order."""
    cases = load("envelopes_sns.json")["cases"]
    (plain,) = cases["TestSNSSubscriptionSQS::test_message_attributes_not_missing"]["content"][
        "json-delivery-msg-attrs"
    ]["Messages"]
    made = [json.loads(body) for body in drawn(sns_envelopes(), 100)]
    assert list(plain["Body"]) in [list(envelope) for envelope in made]
    (ordered,) = cases["TestSNSSubscriptionSQSFifo::test_message_to_fifo_sqs[True]"]["content"][
        "messages"
    ]["Messages"]
    assert list(ordered["Body"]) in [
        list(json.loads(body)) for body in drawn(sns_envelopes(fifo=True), 100)
    ]


@needs_recordings
def test_events_of_eventbridge_have_the_form_recorded_on_aws():
    """S147: a schedule's, and S3's of an object created and deleted."""
    cases = load("envelopes_eventbridge.json")["cases"]
    schedule = cases["TestScheduleRate::tests_schedule_rate_target_sqs"]["content"][
        "messages-first"
    ][0]["Body"]
    objects = cases["TestS3NotificationsToEventBridge::test_object_created_put"]["content"]
    made = [json.loads(sent.body) for sent in drawn(envelopes(kinds=["s3-eventbridge"]), 100)]
    shapes = [shape(value) for value in made]
    assert shape(objects["object_created"]) in shapes
    assert shape(objects["object_deleted"]) in shapes
    (sent, *_) = drawn(envelopes(kinds=["scheduled"]), 1)
    assert shape(json.loads(sent.body)) == shape(schedule)
