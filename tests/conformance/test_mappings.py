"""Programs of event source mappings: run, compared, or not run and why."""

from __future__ import annotations

import copy

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.conformance.mappings import run_program

FAILS_ONCE = {
    "id": "fails-once",
    "config": {
        "queue": {"type": "standard", "VisibilityTimeout": 5, "maxReceiveCount": 2},
        "function": {"timeout": 5},
        "esm": {"BatchSize": 1},
    },
    "given": {"send_after_enable": ["m1"]},
    "handler": {"raise_if": "ApproximateReceiveCount <= 1"},
    "expected": {
        "invocations": [
            {"records": ["m1"], "receive_counts": ["1"], "outcome": "error"},
            {
                "records": ["m1"],
                "receive_counts": ["2"],
                "outcome": "ok",
                "not_before_seconds_after_first": 5,
            },
        ],
        "deleted": ["m1"],
        "dlq": [],
    },
}
FIFO = {
    "id": "fifo",
    "config": {
        "queue": {"type": "fifo", "VisibilityTimeout": 8, "maxReceiveCount": 2},
        "dlq": {"type": "fifo"},
        "function": {"timeout": 6},
        "esm": {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
    },
    "given": {
        "send_before_enable": ["a", "b", "c"],
        "group": "g",
        "dedup": ["1", "2", "3"],
        "fail_attempts": {"a": 0, "b": 1, "c": 2},
    },
    "handler": {"report_if": "fail_attempts >= ApproximateReceiveCount"},
    "expected": {
        "invocations": [
            {"records": ["a", "b", "c"], "reported": ["b", "c"]},
            {"records": ["b", "c"], "receive_counts": ["2", "2"], "reported": ["c"]},
        ],
        "deleted": ["a", "b"],
        "dlq": ["c"],
        "dlq_same_message_id": True,
        "dlq_empty_after_first_attempt": True,
        "no_third_invocation": True,
        "queue_empty_after": True,
    },
}
LARGE = {
    "id": "large",
    "config": {
        "function": {"reserved_concurrency": 2},
        "esm": {
            "BatchSize": 20,
            "MaximumBatchingWindowInSeconds": 1,
            "ScalingConfig": {"MaximumConcurrency": 2},
        },
    },
    "given": {"send_before_enable_batches": [10, 10, 10]},
    "handler": {"ok": True, "sleep_seconds": 2},
    "expected": {
        "invocations_total": 2,
        "delivered_exactly_once": 30,
        "receive_counts": 'all "1"',
        "max_concurrency": 2,
    },
}
FILTERED = {
    "id": "filtered",
    "config": {"esm": {"FilterCriteria": {"body": {"a": [1]}}}},
    "given": {"send_before_enable": ['{"a": 1}', '{"a": 2}', "plain"]},
    "handler": {"return": "the event itself"},
    "expected": {
        "invocations": [{"records": ['{"a": 1}']}],
        "filtered_out_and_deleted": ['{"a": 2}', "plain"],
        "deleted": ['{"a": 1}'],
    },
}
SERIAL = {
    "id": "serial",
    "config": {
        "queue": {"type": "fifo", "ContentBasedDeduplication": True, "VisibilityTimeout": 60},
        "function": {"timeout": 10},
        "esm": {"BatchSize": 1},
    },
    "given": {"send_before_enable": ["a", "b", "c"], "group": "one group"},
    "handler": {"sleep_seconds": 5, "return": {"status": "ok"}},
    "expected": {"max_concurrency": 1, "invocations_total": 3},
}
CREATED = {
    "id": "created",
    "config": {"esm": {}},
    "expected": {
        "create": {"BatchSize": 10, "State": "Creating", "http": 202},
        "error_for_BatchSize_11_window_0": {
            "Code": "InvalidParameterValueException",
            "Message": "Maximum batch window in seconds must be greater than 0 if maximum batch "
            "size is greater than 10",
            "http": 400,
        },
    },
}
REFUSED = {
    "id": "refused",
    "config": {"esm": {"FilterCriteria_pattern_text": "null"}},
    "given": {},
    "handler": {},
    "expected": {
        "error": {
            "Code": "InvalidParameterValueException",
            "Message": "Invalid filter pattern definition.",
            "http": 400,
        }
    },
}
ATTRIBUTES = {
    "id": "attributes",
    "config": {"esm": {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:source"}},
    "given": {"send_after_enable": ["m"], "attributes": {"T": "String A b", "N": "Number 6"}},
    "handler": {"raise_always": True},
    "expected": {"deleted": [], "queue_empty_after": True},
}


def changed(program, path, value):
    """A program with one field set, or taken away by `...`."""
    program = copy.deepcopy(program)
    *parents, name = path.split("/")
    inner = program
    for parent in parents:
        inner = inner[int(parent)] if isinstance(inner, list) else inner[parent]
    if value is ...:
        del inner[name]
    else:
        inner[name] = value
    return program


@pytest.mark.parametrize(
    "program",
    [FAILS_ONCE, FIFO, LARGE, FILTERED, SERIAL, CREATED, REFUSED],
    ids=lambda program: program["id"],
)
def test_what_the_model_does_as_aws_does(program):
    outcome = run_program(program)
    assert (outcome.id, outcome.verdict, outcome.details) == (program["id"], "ok", ())


@pytest.mark.parametrize(
    ("program", "path", "value", "told"),
    [
        (FAILS_ONCE, "expected/invocations", [{"records": ["m1"]}], "AWS made 1 invocations"),
        (FAILS_ONCE, "expected/invocations/0/records", ["m2"], "AWS delivered ['m2']"),
        (FAILS_ONCE, "expected/invocations/1/receive_counts", ["3"], "receive counts were ['3']"),
        (FAILS_ONCE, "expected/invocations/1/outcome", "error", "it failed on AWS"),
        (FAILS_ONCE, "expected/invocations/0/outcome", "ok", "it succeeded on AWS"),
        (
            FAILS_ONCE,
            "expected/invocations/1/not_before_seconds_after_first",
            6,
            "no sooner than 6 s after the first, we 5 s after it",
        ),
        (FAILS_ONCE, "expected/deleted", [], "AWS deleted [], we ['m1']"),
        (FAILS_ONCE, "expected/dlq", ["m1"], "AWS dead-lettered ['m1'], we []"),
        (FAILS_ONCE, "config/esm/BatchSize", 11, "AWS accepted the mapping, we refuse it"),
        (
            FAILS_ONCE,
            "config/queue/VisibilityTimeout",
            43_201,
            "AWS created the queue, we answered",
        ),
        (FAILS_ONCE, "config/queue/maxReceiveCount", 0, "AWS created the queue, we answered"),
        (
            FAILS_ONCE,
            "config/esm/ProvisionedPollerConfig",
            {"MinimumPollers": 1},
            "AWS accepted the mapping, we refuse it",
        ),
        (FIFO, "expected/invocations/0/records", ["b", "a", "c"], "AWS delivered ['b', 'a', 'c']"),
        (FIFO, "expected/invocations/0/reported", ["c"], "['c'] were reported on AWS"),
        (FIFO, "config/queue/maxReceiveCount", 1, "AWS made 2 invocations, we made 1"),
        (FIFO, "given/fail_attempts/b", 2, "['c'] were reported on AWS, ['b', 'c'] here"),
        (LARGE, "expected/invocations_total", 3, "invocations: 3 on AWS, 2 here"),
        (LARGE, "expected/delivered_exactly_once", 31, "AWS delivered 31 messages once each"),
        (LARGE, "expected/receive_counts", 'all "2"', "all receive counts were 2 on AWS"),
        (SERIAL, "expected/max_concurrency", 2, "most invocations at once: 2 on AWS, 1 here"),
        (FILTERED, "expected/filtered_out_and_deleted", [], "AWS filtered out and deleted []"),
        (CREATED, "expected/create/BatchSize", 5, "BatchSize is 5 on AWS, 10 here"),
        (
            CREATED,
            "expected/error_for_BatchSize_9_window_0",
            {"Code": "InvalidParameterValueException"},
            "AWS refused of {'BatchSize': 9",
        ),
        (REFUSED, "expected/error/Code", "Other", "AWS said Other"),
        (REFUSED, "expected/error/Message", "Other", "AWS said 'Other'"),
        (REFUSED, "expected/error/http", 409, "AWS answered 409"),
        (REFUSED, "config/esm/FilterCriteria_pattern_text", '{"a": [1]}', "we accept"),
    ],
)
def test_a_difference_is_told(program, path, value, told):
    """Each field is looked at: were AWS's answer another, the verdict would be too."""
    spoilt = changed(program, path, value)
    if path.endswith("window_0"):
        spoilt["expected"].pop("create")
    outcome = run_program(spoilt)
    assert outcome.verdict == "differs"
    assert told in " ".join(outcome.details)


@pytest.mark.parametrize(
    ("program", "path", "value", "why"),
    [
        (FAILS_ONCE, "expected/record_check", "as it was sent", "expected.record_check"),
        (FAILS_ONCE, "expected/invocations", "two", "expected.invocations is prose"),
        (FAILS_ONCE, "expected/invocations/0/about", 1, "expected.invocations[0].about"),
        (FAILS_ONCE, "expected/invocations/0/records", ..., "has no records"),
        (FAILS_ONCE, "expected/invocations/0/outcome", "late", "is none of ok, error"),
        (FAILS_ONCE, "expected/invocations/0/receive_counts", [], "differ in length"),
        (FAILS_ONCE, "expected/deleted", "all of them", "expected.deleted is prose"),
        (FAILS_ONCE, "expected", {}, "nothing is expected"),
        (FAILS_ONCE, "expected/error", {"Code": "X"}, "an error and a run"),
        (FAILS_ONCE, "config/source", "kinesis stream", "the source is a kinesis stream"),
        (FAILS_ONCE, "config/queue/type", "fast", "is none of standard, fifo"),
        (FAILS_ONCE, "config/queue/Policy", {}, "config.queue.Policy is not understood"),
        (FAILS_ONCE, "config/dlq", {"type": "fifo"}, "differs from the queue's"),
        (FAILS_ONCE, "config/esm/BatchSize", "ten", "config.esm.BatchSize is prose"),
        (FAILS_ONCE, "config/esm/DestinationConfig", "on failure", "DestinationConfig is prose"),
        (FAILS_ONCE, "config/esm/FunctionName", "version 1, then 2", "FunctionName is prose"),
        (FAILS_ONCE, "config/esm/EventSourceArn", "nowhere", "is no ARN"),
        (FAILS_ONCE, "config/esm/FilterCriteria", {"Filters": 1}, "is no list of filters"),
        (FAILS_ONCE, "config/esm", ..., "config.esm is missing"),
        (FAILS_ONCE, "given/send", ["a"], "given.send is not understood"),
        (FAILS_ONCE, "given/attributes", {"T": "words"}, "is no type and value"),
        (FAILS_ONCE, "given/dedup", [], "given.dedup does not name one id"),
        (FAILS_ONCE, "handler", {}, "the handler is missing"),
        (FAILS_ONCE, "handler", "raises at first", "handler is prose"),
        (FAILS_ONCE, "handler/raise_if", "now and then", "condition is prose"),
        (FAILS_ONCE, "handler/raise_if", "fail_attempts > 1", "which is not given"),
        (FAILS_ONCE, "handler/raise_always", "yes", "handler.raise_always is prose"),
        (FAILS_ONCE, "handler/ok", False, "handler.ok is false"),
        (FAILS_ONCE, "handler/return", "what it likes", "handler.return is prose"),
        (FAILS_ONCE, "handler", {"raise_always": True}, ""),
        (FAILS_ONCE, "weather", "rain", "weather is not understood"),
        (FIFO, "given/group", "two groups, in turn", "given.group is prose"),
        (FIFO, "given/group", "1 (all four)", "given.group is prose"),
        (FIFO, "given/group", ["g"], "does not name one group for each message"),
        (FIFO, "given/group", 7, "given.group is prose"),
        (FIFO, "given/group", ..., "given.group is missing"),
        (FIFO, "given/dedup", ..., "the queue refuses the message"),
        (FIFO, "expected/no_third_invocation", False, "says nothing"),
        (LARGE, "expected/receive_counts", "mostly 1", "expected.receive_counts is prose"),
        (LARGE, "given/send_before_enable_batches", ["ten"], "is prose"),
        (LARGE, "given/send_before_enable_batches", [10**9], "at most 100,000 are run"),
        (LARGE, "handler/sleep_seconds", -1, "handler.sleep_seconds is -1"),
        (FAILS_ONCE, "config/function/timeout", 0, "which Lambda does not accept"),
        (FAILS_ONCE, "given/send_after_enable", ["\ud800"], "the queue refuses the message"),
        (FAILS_ONCE, "given/send_after_enable", [""], "the queue refuses the message"),
        (CREATED, "expected/create/Color", 1, "expected.create.Color is not modelled"),
        (REFUSED, "expected/error/Code", ..., "has no Code"),
    ],
)
def test_what_cannot_be_carried_out_is_not_run(program, path, value, why):
    """Prose, and fields nobody knows, are never passed in silence."""
    program = changed(program, path, value)
    if path == "handler" and value == {"raise_always": True}:
        program = changed(program, "config/queue/maxReceiveCount", ...)
        why = "1,000 invocations were made"
    outcome = run_program(program)
    assert outcome.verdict == "not run"
    assert why in " ".join(outcome.details)


@pytest.mark.parametrize("group", ["1 (all)", "1 (all three)", "1 (all 3)", "one group"])
def test_words_for_one_group(group):
    assert run_program(changed(FIFO, "given/group", group)).verdict == "ok"


def test_a_group_for_each_message():
    """Two groups, reported apart; each keeps its order."""
    program = changed(FIFO, "given/group", ["g", "h", "g"])
    invocations = [
        {"records": ["a", "c", "b"], "reported": ["b", "c"]},
        {"records": ["c", "b"], "receive_counts": ["2", "2"], "reported": ["c"]},
    ]
    program = changed(program, "expected/invocations", invocations)
    assert run_program(program).details == ()


def test_bodies_may_say_how_often_they_fail():
    """As those of the recordings do."""
    bodies = ['{"fail_attempts": 1}', '{"fail_attempts": 0}']
    program = {
        **changed(FAILS_ONCE, "given/send_after_enable", bodies),
        "handler": {"report_if": "fail_attempts >= ApproximateReceiveCount"},
        "expected": {
            "invocations": [
                {"records": bodies[:1]},
                {"records": bodies[1:]},
                {"records": bodies[:1]},
            ]
        },
    }
    program["config"] = {
        **FAILS_ONCE["config"],
        "esm": {"BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"]},
    }
    assert run_program(program).details == ()
    spoilt = changed(program, "given/send_after_enable", ["plain"])
    assert run_program(spoilt).verdict == "not run"


def test_where_a_program_comes_from_is_not_run():
    about = {"source": "a test", "basis": "snapshot", "recorded": "2025", "note": "in words"}
    assert run_program({**FAILS_ONCE, **about}).verdict == "ok"


def test_a_handler_that_sleeps_too_long_times_out():
    program = changed(FAILS_ONCE, "handler", {"sleep_seconds": 6})
    outcome = run_program(
        changed(program, "expected", {"invocations_total": 2, "dlq_set": ["m1"], "deleted": []})
    )
    assert outcome.details == ()


def test_attributes_and_criteria_as_the_api_takes_them():
    program = changed(ATTRIBUTES, "handler", {"return": "raises ValueError"})
    program = changed(program, "config/queue", {"maxReceiveCount": 1})
    criteria = {"Filters": [{"Pattern": '{"body": ["m"]}'}, {"Pattern": {"body": ["n"]}}]}
    program = changed(program, "config/esm/FilterCriteria", criteria)
    assert run_program(program).details == ()


@needs_recordings
def test_the_recorded_programs():
    """None differs; those that say all in data are run."""
    outcomes = [run_program(program) for program in load("esm_scenarios.json")["scenarios"]]
    assert [outcome for outcome in outcomes if outcome.verdict == "differs"] == []
    assert sum(outcome.verdict == "ok" for outcome in outcomes) >= 17
    for outcome in outcomes:
        assert outcome.details or outcome.verdict == "ok"


def throttled(reserved, expected, **queue):
    """Three messages in batches of one; each invocation takes ten seconds."""
    return {
        "id": "throttled",
        "config": {
            "queue": {"VisibilityTimeout": 30, **queue},
            "function": {"timeout": 15, "reserved_concurrency": reserved},
            "esm": {"BatchSize": 1},
        },
        "given": {"send_before_enable": ["a", "b", "c"]},
        "handler": {"sleep_seconds": 10},
        "expected": expected,
    }


def test_a_throttled_batch_is_invoked_again_as_long_as_it_is_invisible():
    """S76, S99: the pollers receive more than may run; one receive, many attempts."""
    expected = {
        "invocations": [
            {"records": ["a"], "receive_counts": ["1"]},
            {"records": ["b"], "receive_counts": ["1"]},
            {"records": ["c"], "receive_counts": ["1"]},
        ],
        "max_concurrency": 1,
        "queue_empty_after": True,
    }
    outcome = run_program(throttled(1, expected, VisibilityTimeout=60))
    assert outcome.verdict == "ok", outcome


def test_what_was_throttled_too_long_comes_back_with_a_higher_count():
    """S99: the first delivery the handler sees has a count above 1."""
    expected = {
        "invocations": [
            {"records": ["a"], "receive_counts": ["1"]},
            {"records": ["b"], "receive_counts": ["2"]},
            {"records": ["c"], "receive_counts": ["3"]},
        ],
        "deleted": ["a", "b", "c"],
    }
    program = throttled(1, expected, VisibilityTimeout=10)
    program["config"]["function"]["timeout"] = 10
    outcome = run_program(program)
    assert outcome.verdict == "ok", outcome


def test_reserved_concurrency_0_throttles_everything_into_the_dead_letter_queue():
    """S63, S99, S100: without any run of the function."""
    expected = {"invocations_total": 0, "dlq_set": ["a", "b", "c"]}
    outcome = run_program(throttled(0, expected, maxReceiveCount=2))
    assert outcome.verdict == "ok", outcome
