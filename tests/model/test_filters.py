"""Filter criteria: which messages pass, what becomes of the others, what AWS refuses."""

from __future__ import annotations

import json

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.model.filters import compile_filters, read_filter_criteria
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.message import Message
from sqs_contract.model.queue import QueueSettings, StandardQueue


def criteria(*patterns):
    compiled = compile_filters([json.dumps(pattern) for pattern in patterns])
    assert compiled is not None
    return compiled


def mapping(*patterns, bodies, **settings):
    source = StandardQueue(QueueSettings())
    for number, body in enumerate(bodies):
        source.send(Message(message_id=str(number), body=body, sent_ms=0))
    filters = criteria(*patterns)
    return source, EventSourceMapping(source, MappingSettings(filters=filters, **settings))


JSON_BODY = {"body": {"kind": ["order"]}}


@pytest.mark.parametrize(
    ("pattern", "body", "passes"),
    [
        (JSON_BODY, '{"kind": "order"}', True),
        (JSON_BODY, '{"kind": "other"}', False),
        (JSON_BODY, "order", False),
        (JSON_BODY, '"order"', False),
        (JSON_BODY, "NaN", False),
        (JSON_BODY, '[{"kind": "order"}]', True),
        ({"body": {"kind": [{"exists": False}]}}, "plain", False),
        ({"body": {"kind": [{"exists": False}]}}, "{}", True),
        ({"body": ["plain"]}, "plain", True),
        ({"body": ["plain"]}, "other", False),
        ({"body": [{"prefix": "{"}]}, "{}", False),
        ({"body": [{"prefix": "{"}]}, "{no JSON", True),
    ],
)
def test_json_and_plain_bodies(pattern, body, passes):
    """S109: a pattern of the other format drops the message."""
    assert criteria(pattern).passes(body) is passes


def test_a_message_passes_that_matches_any_filter():
    """S107."""
    both = criteria({"body": {"a": [1]}}, {"body": {"b": [1]}})
    assert both.passes('{"b": 1}')
    assert not both.passes('{"c": 1}')


def test_or_at_the_top_is_about_bodies_too():
    either = criteria(
        {"eventSource": ["aws:sqs"], "$or": [{"body": {"a": [1]}}, {"body": ["plain"]}]}
    )
    metadata = {"eventSource": "aws:sqs"}
    assert either.passes('{"a": 1}', metadata)
    assert either.passes("plain", metadata)
    assert not either.passes("plain", {"eventSource": "aws:sns"})
    assert not either.passes('{"a": 2}', metadata)


def test_without_a_body_in_the_pattern_the_body_is_not_looked_at():
    """S109; other keys are matched against the record (N8)."""
    source, poller = mapping({"attributes": {"SenderId": [{"exists": True}]}}, bodies=["a", "{}"])
    assert len(poller.poll(0).batch) == 2
    source, poller = mapping({"messageId": ["1"]}, bodies=["a", "b"])
    poll = poller.poll(0)
    assert [item.entry.message.body for item in poll.batch] == ["b"]
    assert len(source) == 1


def test_what_matches_no_filter_is_deleted_without_an_invocation():
    """S108: deleted, not dead-lettered; the others keep their bodies, blanks and all (S110)."""
    bodies = ['{"kind":  "order"}', '{"kind": "other"}', "plain"]
    source, poller = mapping(JSON_BODY, bodies=bodies)
    poll = poller.poll(0)
    assert [item.entry.message.body for item in poll.batch] == bodies[:1]
    assert [message.body for message in poll.filtered] == bodies[1:]
    assert len(source) == 1
    assert source.deleted_count == 2


def test_nothing_is_invoked_where_nothing_matches():
    """S1, S108."""
    source, poller = mapping(JSON_BODY, bodies=["plain"])
    assert poller.poll(0).batch == []
    assert len(source) == 0
    assert poller.next_poll_ms() is None


def test_filters_apply_while_a_window_fills_the_batch():
    """S114: what is dropped takes no place in the batch and opens no window."""
    bodies = ["plain"] * 5 + ['{"kind": "order"}'] * 3
    _, poller = mapping(JSON_BODY, bodies=bodies, batch_size=3, window_ms=5_000)
    assert len(poller.poll(0).batch) == 3
    _, poller = mapping(JSON_BODY, bodies=["plain"], window_ms=5_000)
    poller.poll(0)
    assert poller.next_poll_ms() is None


@pytest.mark.parametrize(
    "pattern",
    [
        "null",
        "simple string",
        '{"eventSource": "aws:sqs"}',
        '{"eventSource": []}',
        '{"body": "text"}',
        '{"body": {"a": [NaN]}}',
        '{"body": {"a": [{"wildcard": "*"}]}}',
        '{"body": {"a": [{"cidr": "10.0.0.0/8"}]}}',
        "",
    ],
)
def test_a_pattern_aws_refuses(pattern):
    """S113; match types that are not documented for mappings are refused too (S111)."""
    with pytest.raises(MappingRefused) as refused:
        compile_filters([pattern])
    assert refused.value.code == "InvalidParameterValueException"
    assert refused.value.message == "Invalid filter pattern definition."


def test_too_long_a_pattern_and_too_many_filters():
    """S107."""
    with pytest.raises(MappingRefused, match="less than or equal to 4096"):
        compile_filters([" " * 4_097])
    with pytest.raises(MappingRefused, match="Maximum number of filters"):
        compile_filters(['{"body": ["a"]}'] * 6)


def test_criteria_as_the_api_takes_them():
    """Duplicate keys: the last wins (S113). No filters are no criteria."""
    assert read_filter_criteria({}) is None
    assert read_filter_criteria({"Filters": []}) is None
    read = read_filter_criteria({"Filters": [{"Pattern": '{"body": ["a"], "body": ["b"]}'}]})
    assert read is not None
    assert read.passes("b")
    assert not read.passes("a")


RECORDINGS = {
    f"{file} {name}": case["content"]
    for file in ("esm_sqs.json", "esm_sqs_filters_2024.json")
    for name, case in load(file).get("cases", {}).items()
    if "invocation_events" in case["content"]
}


@needs_recordings
@pytest.mark.parametrize("name", sorted(RECORDINGS))
def test_recorded_filters_pass_what_aws_delivered(name):
    """S108: every recorded filter, and the message it let through."""
    content = RECORDINGS[name]
    filters = content["create_event_source_mapping_response"]["FilterCriteria"]["Filters"]
    compiled = criteria(*(item["Pattern"] for item in filters))
    records = [record for event in content["invocation_events"] for record in event["Records"]]
    assert records
    for record in records:
        assert compiled.passes(json.dumps(record["body"]))
    assert not compiled.passes("plain-string")
