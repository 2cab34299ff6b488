"""The events AWS delivered in the recordings, held against those the model renders."""

from __future__ import annotations

import json

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.model.arns import queue_arn
from sqs_contract.model.event import render_event
from sqs_contract.model.fifo import make_queue
from sqs_contract.model.invocation import ErrorKind, FunctionError, Returned
from sqs_contract.model.message import Message, MessageAttribute
from sqs_contract.model.response import Effect, read_outcome
from sqs_contract.model.settings import QueueSettings

FIFO_KEYS = {"SequenceNumber", "MessageGroupId", "MessageDeduplicationId"}


def record_of(*, window_ms=0, fifo=False, receives=1, **fields):
    """The record of one message after some receives."""
    name = "q.fifo" if fifo else "q"
    source = make_queue(QueueSettings(name=name, fifo=fifo, visibility_timeout_ms=0))
    source.send(Message(message_id="id", sent_ms=0, **{"body": "{}", **fields}))
    received = [source.receive(now_ms).messages for now_ms in range(receives)][-1]
    arn = queue_arn(name)
    event = render_event(received, queue_arn=arn, region="us-east-1", window_ms=window_ms)
    return event["Records"][0]


def test_a_fifo_record_tells_group_deduplication_and_sequence():
    """S9: always all three."""
    attributes = record_of(fifo=True, group_id="g", deduplication_id="d")["attributes"]
    assert attributes["MessageGroupId"] == "g"
    assert attributes["MessageDeduplicationId"] == "d"
    assert attributes["SequenceNumber"].isdecimal()
    assert not FIFO_KEYS & set(record_of()["attributes"])


def _found(value):
    """Every Lambda record in a recording, with those that go with it in one event."""
    if isinstance(value, dict):
        records = value.get("Records")
        if isinstance(records, list) and all("receiptHandle" in item for item in records):
            yield from records
        for inner in value.values():
            yield from _found(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner)


def _window(value):
    """The batching window of the mapping that was created."""
    if isinstance(value, dict):
        own = value.get("MaximumBatchingWindowInSeconds")
        return own if own is not None else next(filter(None, map(_window, value.values())), 0)
    return 0


CASES = {
    name: case["content"]
    for name, case in load("esm_sqs.json").get("cases", {}).items()
    if any(_found(case["content"]))
}


@needs_recordings
def test_there_are_recorded_events():
    assert sum(len(list(_found(content))) for content in CASES.values()) >= 100


@needs_recordings
@pytest.mark.parametrize("name", sorted(CASES))
def test_a_recorded_event_has_the_shape_of_ours(name):
    """S2-S9: the same keys, the same types, and the same values where they are not masked."""
    content = CASES[name]
    window = _window(content)
    for recorded in _found(content):
        attributes = recorded["attributes"]
        body = recorded["body"]  # AWS sent text; the recordings keep JSON parsed
        text = body if isinstance(body, str) else json.dumps(body)
        ours = record_of(
            window_ms=1_000 if window else 0,
            fifo="SequenceNumber" in attributes,
            receives=int(attributes["ApproximateReceiveCount"]),
            body=text,
            group_id=attributes.get("MessageGroupId"),
            deduplication_id=attributes.get("MessageDeduplicationId"),
            attributes={
                key: MessageAttribute(
                    data_type=value["dataType"], string_value=value["stringValue"]
                )
                for key, value in recorded["messageAttributes"].items()
            },
        )
        assert set(ours) == set(recorded)
        assert set(ours["attributes"]) == set(attributes)
        assert all(isinstance(value, str) for value in ours["attributes"].values())
        assert ours["messageAttributes"] == recorded["messageAttributes"]
        assert ours.get("md5OfMessageAttributes") == recorded.get("md5OfMessageAttributes")
        assert ours["eventSource"] == recorded["eventSource"]
        assert ours["body"] == text
        for key in ("ApproximateReceiveCount", "MessageGroupId", "MessageDeduplicationId"):
            assert ours["attributes"].get(key) == attributes.get(key)


ANALOGUES = {
    program["id"]: program
    for program in load("esm_scenarios.json").get("scenarios", [])
    if "batch_outcome" in program["expected"]
}


@needs_recordings
@pytest.mark.parametrize("name", sorted(ANALOGUES))
def test_a_response_is_read_as_on_streams(name):
    """S83: the classifier is the same; streams themselves are not modelled."""
    program = ANALOGUES[name]
    returned = program["handler"]["return"]
    if isinstance(returned, str) and returned.startswith("raises"):
        outcome = FunctionError(kind=ErrorKind.RAISED, error_type="E", message="")
    else:
        outcome = Returned(json.dumps(returned))
    reading = read_outcome(outcome, {"id"}, reporting=True)
    failed = program["expected"]["batch_outcome"] == "complete failure"
    assert reading.effect is (Effect.KEEP_ALL if failed else Effect.DELETE_ALL)
