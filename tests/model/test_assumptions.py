"""The open points: each is a setting with a default, and each setting makes a difference."""

from __future__ import annotations

import dataclasses
import json

import pytest

from sqs_contract.model.arns import function_arn, queue_arn
from sqs_contract.model.assumptions import (
    DEFAULT_ASSUMPTIONS,
    SETTINGS,
    Assumptions,
    FilterReach,
    Nulls,
    OpenPoint,
)
from sqs_contract.model.effect import Effect
from sqs_contract.model.entry import State
from sqs_contract.model.event import render_event
from sqs_contract.model.fifo import make_queue
from sqs_contract.model.filters import compile_filters
from sqs_contract.model.mapping import EventSourceMapping, MappingSettings
from sqs_contract.model.mapping_api import FunctionFacts, MappingApi
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.message import Message, MessageAttribute
from sqs_contract.model.response import Reading, Row
from sqs_contract.model.service import QueueService
from sqs_contract.model.settings import QueueSettings

SECOND = 1_000
TEXT = {"k": MessageAttribute(data_type="String", string_value="v")}


def queue_of(*bodies, assumptions=Assumptions(), groups=None, **settings):  # noqa: B008
    fifo = groups is not None
    name = "q.fifo" if fifo else "q"
    queue = make_queue(QueueSettings(name=name, fifo=fifo, **settings), assumptions=assumptions)
    for number, body in enumerate(bodies):
        queue.send(
            Message(
                message_id=str(number),
                body=body,
                sent_ms=0,
                group_id=groups[number] if fifo else None,
                deduplication_id=str(number) if fifo else None,
            )
        )
    return queue


def test_every_setting_belongs_to_an_open_point():
    fields = {field.name for field in dataclasses.fields(Assumptions)}
    named = [name for names in SETTINGS.values() for name in names]
    assert sorted(named) == sorted(fields)
    assert [point.number for point in OpenPoint] == list(range(1, 12))


@pytest.mark.parametrize(
    ("nulls", "window_ms", "there"),
    [
        (Nulls.WITH_WINDOW, 0, False),
        (Nulls.WITH_WINDOW, SECOND, True),
        (Nulls.ALWAYS, 0, True),
        (Nulls.NEVER, SECOND, False),
    ],
)
def test_when_a_record_says_null(nulls, window_ms, there):
    """N4: of the digest, and of values of attributes, alike."""
    records = []
    for attributes in ({}, TEXT):
        queue = make_queue(QueueSettings(name="q"))
        queue.send(Message(message_id="m", body="x", sent_ms=0, attributes=attributes))
        event = render_event(
            queue.receive(0).messages,
            queue_arn=queue_arn("q"),
            region="us-east-1",
            window_ms=window_ms,
            assumptions=Assumptions(nulls=nulls),
        )
        records += event["Records"]
    assert ("md5OfMessageAttributes" in records[0]) is there
    assert records[0].get("md5OfMessageAttributes") is None
    assert ("binaryValue" in records[1]["messageAttributes"]["k"]) is there


@pytest.mark.parametrize(
    ("stretched", "window_s", "back_after_s"),
    [(False, 20, 30), (True, 20, 20 + 15 + 30), (True, 10, 30), (True, 0, 30)],
)
def test_a_window_may_stretch_the_visibility_timeout(stretched, window_s, back_after_s):
    """S78, N5: to window + timeout + 30 s, where these exceed the queue's own."""
    queue = queue_of("x")
    EventSourceMapping(
        queue,
        MappingSettings(window_ms=window_s * SECOND),
        function_timeout_ms=15 * SECOND,
        assumptions=Assumptions(stretched_visibility=stretched),
    ).poll(0)
    assert queue.next_available_ms() == back_after_s * SECOND


@pytest.mark.parametrize("retried", [False, True])
def test_a_delete_that_failed_may_be_repeated(retried):
    """S96, N7."""
    queue = queue_of("x")
    mapping = EventSourceMapping(
        queue, MappingSettings(), assumptions=Assumptions(retried_deletes=retried)
    )
    batch = mapping.poll(0).batch
    success = Reading(row=Row.NULL, effect=Effect.DELETE_ALL)
    mapping.settle(batch, success, undeleted=["0"])
    assert batch[0].entry.state is (State.DELETED if retried else State.WAITING)


@pytest.mark.parametrize(
    ("pattern", "setting"),
    [
        ({"eventSource": ["aws:sqs"]}, "metadata_filters"),
        ({"body": ["x"]}, "text_filters"),
    ],
)
def test_filters_on_other_things_than_json_in_the_body(pattern, setting):
    """S107, S109, N8: matched, accepted without ever matching, or refused."""
    filters = {
        reach: compile_filters([json.dumps(pattern)], Assumptions(**{setting: reach}))
        for reach in (FilterReach.MATCHED, FilterReach.NEVER_MATCHED)
    }
    passed = {reach: it.passes("x", {"eventSource": "aws:sqs"}) for reach, it in filters.items()}
    assert passed == {FilterReach.MATCHED: True, FilterReach.NEVER_MATCHED: False}
    assert all(it.unsettled for it in filters.values())
    refused = Assumptions(**{setting: FilterReach.REFUSED})
    with pytest.raises(MappingRefused, match="Invalid filter pattern"):
        compile_filters([json.dumps(pattern)], refused)
    api = MappingApi(
        {queue_arn("q"): QueueSettings(name="q")},
        {"f": FunctionFacts(arn=function_arn("f"))},
        assumptions=refused,
    )
    criteria = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    with pytest.raises(MappingRefused, match="Invalid filter pattern"):
        api.create(
            {"EventSourceArn": queue_arn("q"), "FunctionName": "f", "FilterCriteria": criteria}
        )


def test_filters_on_json_in_the_body_are_settled():
    """N8 is about the others."""
    strict = Assumptions(
        metadata_filters=FilterReach.REFUSED, text_filters=FilterReach.NEVER_MATCHED
    )
    filters = compile_filters(['{"body": {"a": [1]}}'], strict)
    assert filters.passes('{"a": 1}')
    assert not filters.unsettled


@pytest.mark.parametrize(
    ("together", "batches"),
    [
        (True, [["a1", "a2", "b1", "c1"]]),
        (False, [["a1", "a2"], ["b1"], ["c1"]]),
    ],
)
def test_several_fifo_groups_may_share_a_batch(together, batches):
    """S73, N9: in order in any case."""
    queue = queue_of("a1", "b1", "a2", "c1", groups=["a", "b", "a", "c"])
    mapping = EventSourceMapping(
        queue, MappingSettings(), assumptions=Assumptions(groups_together=together)
    )
    got = []
    while mapping.next_poll_ms() == 0:
        got.append([item.entry.message.body for item in mapping.poll(0).batch])
    assert got == batches


@pytest.mark.parametrize("groups", [None, ["g"]])
@pytest.mark.parametrize(("kept", "first_ms"), [(True, 0), (False, 100 * SECOND)])
def test_the_time_of_the_first_receive_may_survive_the_move(groups, kept, first_ms):
    """S59, N10."""
    assumptions = Assumptions(first_receive_kept=kept)
    fifo = groups is not None
    target = make_queue(QueueSettings(name="d", fifo=fifo), assumptions=assumptions)
    source = make_queue(
        QueueSettings(name="q", fifo=fifo, max_receive_count=1), dead_letter_queue=target
    )
    source.send(
        Message(
            message_id="m", body="x", sent_ms=0, group_id="g" if fifo else None,
            deduplication_id="d" if fifo else None,
        )
    )  # fmt: skip
    source.receive(0)
    source.receive(50 * SECOND)
    assert target.receive(100 * SECOND).messages[0].first_received_ms == first_ms


@pytest.mark.parametrize("suffix", ["", ".fifo"])
@pytest.mark.parametrize(("at_receive", "moved"), [(True, 0), (False, 1)])
def test_a_message_may_move_without_an_attempt_to_receive_it(suffix, at_receive, moved):
    """S58, N11: once its visibility timeout is over, and not before."""
    service = QueueService(assumptions=Assumptions(moved_at_receive=at_receive))
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if suffix else {}
    urls = {}
    policy = {"deadLetterTargetArn": service.registry.arn(f"d{suffix}"), "maxReceiveCount": 1}
    for name, more in (("d", {}), ("q", {"RedrivePolicy": json.dumps(policy)})):
        created = {"QueueName": name + suffix, "Attributes": {**fifo, **more}}
        urls[name] = service.call("CreateQueue", created, 0)["QueueUrl"]
    group = {"MessageGroupId": "g"} if suffix else {}
    service.call("SendMessage", {"QueueUrl": urls["q"], "MessageBody": "x", **group}, 0)
    service.call("ReceiveMessage", {"QueueUrl": urls["q"]}, 0)

    def dead(now_ms):
        asked = {"QueueUrl": urls["d"], "AttributeNames": ["All"]}
        answer = service.call("GetQueueAttributes", asked, now_ms)
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    assert (dead(29 * SECOND), dead(30 * SECOND)) == (0, moved)


@pytest.mark.parametrize(
    ("point", "said"),
    [
        (OpenPoint.N1, "keep all"),
        (OpenPoint.N7, "no"),
        (OpenPoint.N8, "matched"),
        (OpenPoint.N6, "1000 ms, times 2 each time, 60000 ms at the most"),
    ],
)
def test_an_open_point_is_told_with_what_is_taken_for_it(point, said):
    told = point.told(DEFAULT_ASSUMPTIONS)
    assert told == f"{point.value} is not settled; taken here: {said}"
    assert point.name == f"N{point.number}"


@pytest.mark.parametrize("fifo", [False, True])
def test_a_queue_goes_by_the_assumptions_it_is_made_with(fifo):
    """N10 is decided by the dead-letter queue, of either type."""
    name = "dlq.fifo" if fifo else "dlq"
    settings = QueueSettings(name=name, fifo=fifo)
    for kept in (False, True):
        assumptions = Assumptions(first_receive_kept=kept)
        assert make_queue(settings, assumptions=assumptions).assumptions is assumptions
