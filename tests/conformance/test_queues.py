"""Recorded SQS programs on the model: as on AWS, different, or not to be run."""

from __future__ import annotations

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.conformance.queues import run_program, run_programs

FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


def run(*steps, queue=None, **more):
    return run_program({"id": "p", "queue": queue or {}, "steps": list(steps), **more})


def send(body="a", **more):
    return {"op": "send", "body": body, **more}


def receive(**more):
    return {"op": "receive", "max": 10, **more}


PROGRAMS = {
    "order and handles": run(
        send("1", group="g"),
        send("2", group="g"),
        receive(expect=["1", "2"], save=["h1", "h2"]),
        {"op": "assert_distinct", "handles": ["h1", "h2"]},
        {"op": "change_visibility", "handle": "h1", "timeout": 0},
        receive(expect=["1"], save="h3"),
        {"op": "delete_batch", "handles": ["h3", "h2"], "expect_successful": ["0", "1"]},
        {"op": "depth", "expect": 0},
        {"op": "assert_sequence_increasing"},
        queue=FIFO,
    ),
    "weak forms": run(
        send("1"),
        send("2"),
        receive(visibility=0, expect_set=["2", "1"], expect_count=2, expect_at_least=1),
        receive(visibility=0, expect_any=["1", "2", "3"], expect_one_of=[["1", "2"], ["2", "1"]]),
        receive(visibility=0, expect_any=True),
        receive(visibility=0, max=1, may_be_empty=True, same_message_id=True),
    ),
    "attributes": run(
        send(
            attributes={"k": {"DataType": "Binary", "BinaryValue": "b'\\x00'"}},
            trace="Root=1",
            group="g",
        ),
        receive(
            expect_system=[{"SentTimestamp": "timestamp", "AWSTraceHeader": "<x:1>"}],
            expect_attributes=[{"k": {"DataType": "Binary", "BinaryValue": "b'\\x00'"}}],
            absent_system=["SequenceNumber"],
        ),
    ),
    "time": run(
        {"op": "schedule_send", "after": 3, "body": "late"},
        receive(wait=2, expect=[]),
        receive(wait=20, expect=["late"], takes_less_than=1.5),
        {"op": "counts", "expect": {"visible": 0, "not_visible": 1, "delayed": 0}},
        {"op": "advance", "seconds": 30},
        {"op": "schedule_send", "after": 1, "body": "later"},
        {"op": "advance", "seconds": 1},
        {"op": "counts", "expect": {"visible": 2}},
    ),
    "default wait": run(
        send(delay=3),
        receive(expect=["a"]),
        queue={"ReceiveMessageWaitTimeSeconds": "5"},
    ),
    "redrive": run(
        send("a"),
        receive(visibility=0, expect=["a"]),
        receive(expect=[]),
        receive(queue="dlq", visibility=0, expect=["a"], same_message_id=True),
        {"op": "start_move_task", "save": "task"},
        {"op": "drain", "expect_set": ["a"]},
        {"op": "cancel_move_task", "task": "task", "error": "ResourceNotFoundException"},
        {"op": "cancel_move_task", "task": '"x"', "error": {"Code": "InvalidParameterValue"}},
        queue={"maxReceiveCount": 1},
        dlq={},
    ),
    "slow redrive": run(
        send("a", queue="dlq"),
        send("b", queue="dlq"),
        {
            "op": "start_move_task",
            "destination": "source",
            "max_per_second": 1,
            "save": "task",
        },
        {"op": "cancel_move_task", "task": "task", "expect_moved": 1},
        {"op": "drain", "expect_set": ["a"], "visibility": 60},
        queue={"maxReceiveCount": 1},
    ),
    "errors": run(
        send("", error={"Code": "MissingParameter", "Message~": "MessageBody"}),
        {
            "op": "send_batch",
            "entries": [{"Id": "x", "body": "ok"}, {"body": "\x01"}],
            "expect_failed": [{"Id": "1", "Code": "InvalidMessageContents"}],
            "expect_successful": ["x"],
        },
        {"op": "purge"},
        {"op": "purge", "error": {"Code~": "PurgeQueueInProgress", "http": 403}},
        {"op": "delete", "handle": '"x"', "error": "ReceiptHandleIsInvalid"},
    ),
    "attempts and settings": run(
        send("a", group="g"),
        receive(attempt="t", expect=["a"], save="h"),
        receive(attempt="t", expect=["a"]),
        {"op": "change_visibility_batch", "handles": ["h"], "timeout": 0},
        {"op": "set_attributes", "attributes": {"DelaySeconds": "5"}},
        send("b", group="h"),
        {"op": "counts", "expect": {"visible": 1, "delayed": 1}},
        queue=FIFO,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_our_own_run_as_on_aws(name):
    assert (PROGRAMS[name].verdict, PROGRAMS[name].details) == ("ok", ())


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([send(), receive(expect=["b"])], "step 2 (receive): AWS gave ['b'], we ['a']"),
        ([send(), receive(expect_set=["b"])], "in some order"),
        ([send(), receive(expect_any=["b"])], "AWS gave any of"),
        ([receive(expect_any=True)], "AWS gave any of"),
        ([send(), receive(expect_one_of=[["b"]])], "AWS gave one of"),
        ([send(), receive(expect_count=2)], "AWS gave 2 messages, we 1"),
        ([receive(expect_at_least=1)], "at least 1"),
        ([receive(expect=[], wait=1, takes_less_than=1)], "less than 1000 ms"),
        ([send(), receive(expect_system=[{"ApproximateReceiveCount": "2"}])], "we '1'"),
        (
            [
                send(),
                send(),
                receive(expect_system=[{"SenderId": "<x:1>", "SentTimestamp": "<x:1>"}]),
            ],
            "<x:1>",
        ),
        ([send(), receive(absent_system=["SenderId"])], "AWS gave no"),
        ([send(), receive(expect_system=[{}, {}])], "AWS gave at least 2 messages, we 1"),
        ([send(), receive(save=["h1", "h2"])], "saved as ['h1', 'h2'], we 1"),
        ([send(), receive(expect_attributes=[{"k": {}}])], "the attributes"),
        ([send(), receive(same_message_id=False)], "changed the message id"),
        ([send("")], "AWS accepted it, we answered MissingParameter"),
        ([send(error={"Code": "X"})], "we accepted it"),
        ([send("", error={"Code": "X"})], "AWS answered Code 'X', we 'MissingParameter'"),
        ([send("", error={"Message~": "what"})], "Message~"),
        ([{"op": "counts", "expect": {"visible": 1}}], "AWS counted 1 visible, we 0"),
        ([{"op": "depth", "expect": 1}], "AWS counted 1"),
        ([send("x"), {"op": "drain", "expect_set": ["y"]}], "in the end ['y'], we ['x']"),
        ([send("x"), {"op": "drain", "expect_set": []}], "in the end [], we ['x']"),
        ([send(), {"op": "assert_sequence_increasing"}], "sequence numbers"),
        ([{"op": "send_batch", "entries": [{"body": "\x01"}]}], "failed the entries []"),
        (
            [{"op": "send_batch", "entries": [{"body": "x"}], "expect_successful": []}],
            "accepted the entries",
        ),
        ([{"op": "start_move_task", "queue": "source"}], "InvalidParameterValue"),
        (
            [
                send(),
                receive(save="h"),
                {"op": "assert_distinct", "handles": ["h", "h"]},
            ],
            "its own handle",
        ),
    ],
)
def test_a_difference_is_told(steps, told):
    outcome = run(*steps)
    assert outcome.verdict == "differs"
    assert told in outcome.details[0]


def test_a_cancelled_task_that_moved_otherwise_differs():
    outcome = run(
        send("a", queue="dlq"),
        send("b", queue="dlq"),
        {"op": "start_move_task", "destination": "source", "max_per_second": 1, "save": "t"},
        {"op": "cancel_move_task", "task": "t", "expect_moved": 2},
        queue={"maxReceiveCount": 1},
    )
    assert outcome.details == ("step 4 (cancel_move_task): AWS had moved 2 messages, we 1",)


def test_a_queue_we_would_not_create_differs():
    outcome = run(send(), queue={"VisibilityTimeout": "50000"})
    assert outcome.verdict == "differs"
    assert "AWS created the source queue" in outcome.details[0]


@pytest.mark.parametrize(
    "steps",
    [
        ["receive until it is empty"],
        [{"op": "wait for it"}],
        [send(body=None)],
        [send(delay="a while")],
        [send(colour="red")],
        [send(attributes="three of them")],
        [send(attributes={"k": "text"})],
        [send(queue="the other one")],
        [send("", error="")],
        [send("", error={"Reason": "x"})],
        [{"op": "advance", "seconds": "two"}],
        [{"op": "advance", "seconds": -1}],
        [{"op": "advance", "seconds": True}],
        [{"op": "advance", "seconds": float("nan")}],
        [{"op": "advance", "seconds": 1e300}],
        [send(attributes={"k": {"DataType": "String", "StringValue": 5}})],
        [send(attributes={"k": {"DataType": "String", "Text": "x"}})],
        [send(trace=["Root=1"])],
        [send(), receive(expect_system=[])],
        [send(), receive(expect_system=[{"Colour": "red"}])],
        [send(), receive(absent_system=["Colour"])],
        [{"op": "delete", "handle": "h9"}],
        [{"op": "assert_distinct", "handles": [1]}],
        [{"op": "send_batch", "entries": ["one"]}],
        [{"op": "send_batch", "entries": [{"body": "x"}], "expect_failed": "some"}],
        [{"op": "counts", "expect": {"lost": 1}}],
        [{"op": "cancel_move_task", "task": "t"}],
        [send(), receive(expect_system=["as sent"])],
        [send(), receive(expect_attributes=[{"k": "as sent"}])],
    ],
)
def test_what_cannot_be_executed_is_not_run(steps):
    outcome = run(*steps)
    assert outcome.verdict == "not run"
    assert outcome.details


@pytest.mark.parametrize(
    "program",
    [
        {"steps": []},
        {"steps": "as above"},
        {"steps": [send()], "setup": "two accounts"},
        {"steps": [send()], "queue": "standard"},
        {"steps": [send()], "queue": {"VisibilityTimeout": "short"}},
        {"steps": [send()], "queue": {"maxReceiveCount": "a few"}},
        {"steps": [send()], "queue": {"Colour": "red"}},
        {"steps": [send()], "dlq": {"Colour": "red"}},
    ],
)
def test_a_program_of_prose_is_not_run(program):
    assert run_program({"id": "p", **program}).verdict == "not run"


@needs_recordings
def test_the_recorded_programs_run_as_on_aws():
    programs = load("sqs_scenarios.json")["scenarios"]
    outcomes = run_programs(programs)
    assert [outcome.id for outcome in outcomes] == [program["id"] for program in programs]
    assert [outcome for outcome in outcomes if outcome.verdict != "ok"] == []
