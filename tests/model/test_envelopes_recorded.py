"""Bodies other services were recorded putting into queues, through the model: unchanged.

Whatever the envelope, the record's body is its text (S17), and the digest of the message
attributes is the recorded one (S19).
"""

from __future__ import annotations

import ast
import json

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.model.arns import queue_arn
from sqs_contract.model.digests import md5_of_body
from sqs_contract.model.event import render_event
from sqs_contract.model.message import Message, MessageAttribute
from sqs_contract.model.queue import QueueSettings, StandardQueue

FILES = [f"envelopes_{service}.json" for service in ("sns", "s3", "eventbridge", "apigateway")]
SENT = ("Body", "sqs-message-body", "messages", "message")


def delivered(body, attributes=None):
    """The record of a message with this body and these attributes, as the API shows them."""
    queue = StandardQueue(QueueSettings(name="q"))
    given = {
        name: MessageAttribute(
            data_type=value["DataType"],
            string_value=value.get("StringValue"),
            binary_value=_bytes(value.get("BinaryValue")),
        )
        for name, value in (attributes or {}).items()
    }
    queue.send(Message(message_id="m", body=body, sent_ms=0, attributes=given))
    received = queue.receive(0).messages
    event = render_event(received, queue_arn=queue_arn("q"), region="us-east-1")
    return event["Records"][0]


def _bytes(shown):
    return None if shown is None else ast.literal_eval(shown)


def _messages(value):
    """Every recorded SQS message: its body, and the attributes that came with it."""
    if isinstance(value, dict):
        if "Body" in value and "MessageId" in value:
            yield value["Body"], value
            return
        if "sqs-message-body" in value:
            yield (
                value["sqs-message-body"],
                {"MessageAttributes": value.get("sqs-message-attributes", {})},
            )
        for inner in value.values():
            yield from _messages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _messages(inner)
        yield from ((item, {}) for item in value if isinstance(item, dict) and "s3" in item)


FOUND = {
    f"{file} {name} {number}": found
    for file in FILES
    for name, case in load(file).get("cases", {}).items()
    for number, found in enumerate(_messages(case["content"]))
}


@needs_recordings
def test_messages_are_found_in_every_file():
    assert {name.split()[0] for name in FOUND} == set(FILES)
    assert len(FOUND) >= 60


@needs_recordings
@pytest.mark.parametrize("name", sorted(FOUND))
def test_a_body_of_another_service_is_delivered_as_it_is(name):
    """S17, S19."""
    body, recorded = FOUND[name]
    text = body if isinstance(body, str) else json.dumps(body)
    attributes = recorded.get("MessageAttributes", {})
    unmasked = all(isinstance(value, dict) for value in attributes.values())
    record = delivered(text, attributes if unmasked else {})
    assert record["body"] == text
    assert record["md5OfBody"] == md5_of_body(text)
    digest = recorded.get("MD5OfMessageAttributes", "<masked>")
    if unmasked and not digest.startswith("<"):
        assert record["md5OfMessageAttributes"] == digest
    assert set(record["messageAttributes"]) == (set(attributes) if unmasked else set())


@pytest.mark.parametrize(
    "body",
    [
        '{"Type": "Notification", "Message": "{\\"a\\": 1}"}',
        '{"Records":[{"s3":{"object":{"key":"a%40b+c"}}}]}',
        "&quot;&quot;\r",
        '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3Key":"k"}]',
    ],
)
def test_no_body_is_decoded_or_changed(body):
    """S17, without recordings."""
    assert delivered(body)["body"] == body


def test_binary_attributes_of_a_raw_delivery_stay_binary():
    """S7, S19: as SNS passes them on."""
    given = {"store": {"DataType": "Binary", "BinaryValue": "b'\\x02\\x03\\x04'"}}
    record = delivered("This is a test message", given)
    assert record["messageAttributes"]["store"]["binaryValue"] == "AgME"
