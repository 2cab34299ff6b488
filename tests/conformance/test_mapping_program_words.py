"""What the programs of event source mappings may say, and what is not run and why."""

from __future__ import annotations

import pytest
from example_programs import ATTRIBUTES, CREATED, FAILS_ONCE, FIFO, LARGE, REFUSED, changed

from sqs_contract.conformance.mappings import run_program


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


def test_attributes_and_criteria_as_the_api_takes_them():
    program = changed(ATTRIBUTES, "handler", {"return": "raises ValueError"})
    program = changed(program, "config/queue", {"maxReceiveCount": 1})
    criteria = {"Filters": [{"Pattern": '{"body": ["m"]}'}, {"Pattern": {"body": ["n"]}}]}
    program = changed(program, "config/esm/FilterCriteria", criteria)
    assert run_program(program).details == ()
