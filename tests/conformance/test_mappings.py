"""Programs of event source mappings: run, and compared with what AWS did."""

from __future__ import annotations

import pytest
from aws_recorded import load, needs_recordings
from example_programs import (
    CREATED,
    FAILS_ONCE,
    FIFO,
    FILTERED,
    LARGE,
    REFUSED,
    SERIAL,
    changed,
)

from sqs_contract.conformance.mappings import run_program


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
        (REFUSED, "config/esm/FilterCriteria_pattern_text", '{"a": [1]}', "we accepted it"),
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


def test_a_handler_that_sleeps_too_long_times_out():
    program = changed(FAILS_ONCE, "handler", {"sleep_seconds": 6})
    outcome = run_program(
        changed(program, "expected", {"invocations_total": 2, "dlq_set": ["m1"], "deleted": []})
    )
    assert outcome.details == ()


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
