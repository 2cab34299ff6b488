"""Push-button mode: a test that somebody already has, run again with every single fault."""

from __future__ import annotations

import importlib
import textwrap

import pytest

# Loaded before a session within this one starts, which forgets what it was the first to import.
PRELOADED = [
    importlib.import_module(name)
    for name in (
        "boto3",
        "moto",
        "sqs_contract.pytest_every_fault",
        "sqs_contract.stage.moto_world",
    )
]

HANDLERS = """
    import json, time, uuid
    import boto3

    def table(name):
        return boto3.resource("dynamodb", region_name="us-east-1").Table(name)

    def puts(event, context):
        for record in event["Records"]:
            table("done").put_item(Item={"id": record["body"], "at": str(time.time())})

    def counts(event, context):
        for record in event["Records"]:
            table("done").update_item(
                Key={"id": "count"},
                UpdateExpression="ADD seen :one",
                ExpressionAttributeValues={":one": 1},
            )

    def swallows(event, context):
        try:
            puts(event, context)
        except Exception:
            print("never mind")

    def marks_first(event, context):
        for record in event["Records"]:
            if "Item" in table("marks").get_item(Key={"id": record["body"]}):
                continue
            table("marks").put_item(Item={"id": record["body"]})
            table("done").put_item(Item={"id": record["body"]})

    REMEMBERED = set()

    def remembers(event, context):
        for record in event["Records"]:
            if record["body"] not in REMEMBERED:
                puts({"Records": [record]}, context)
                REMEMBERED.add(record["body"])

    ROWS = []

    def fails(event, context):
        puts(event, context)
        raise ValueError("always")

    def does_nothing(event, context):
        pass
"""

TESTS = """
    import boto3
    import pytest
    from moto import mock_aws
    from handlers import {handler} as handler

    @pytest.fixture
    def tables(monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with mock_aws():
            dynamodb = boto3.client("dynamodb", region_name="us-east-1")
            for name in ("done", "marks"):
                dynamodb.create_table(
                    TableName=name,
                    KeySchema=[{{"AttributeName": "id", "KeyType": "HASH"}}],
                    AttributeDefinitions=[{{"AttributeName": "id", "AttributeType": "S"}}],
                    BillingMode="PAY_PER_REQUEST",
                )
            yield dynamodb

    {marker}
    def test_theirs(tables):
        handler({{"Records": [{{"messageId": "m", "body": "a1"}}]}}, None)
        assert {condition}
"""


@pytest.fixture
def run(pytester):
    """Run the test of a handler, marked or with flags; the counts, and the lines printed."""

    def run_test(handler, *flags, marker=None, condition="True"):
        marker = f'@pytest.mark.sqs_every_fault("handlers:{handler}")' if marker is None else marker
        pytester.makepyfile(handlers=textwrap.dedent(HANDLERS))
        pytester.makepyfile(
            textwrap.dedent(TESTS).format(handler=handler, marker=marker, condition=condition)
        )
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *flags)
        counts = {
            outcome: count
            for outcome, count in result.parseoutcomes().items()
            if not outcome.startswith("warning")
        }
        return counts, result.stdout.str()

    return run_test


def test_a_handler_that_can_be_run_again_passes_with_every_fault(run):
    """Its timestamps are noise, and that the faults make its own assertion fail is nothing."""
    condition = 'tables.scan(TableName="done")["Count"] == 1'
    counts, told = run("puts", condition=condition)
    assert counts == {"passed": 1}
    assert "test_theirs: 6 faults at 1 call, no bug" in told


def test_what_is_done_twice_is_told_with_its_story(run):
    counts, told = run("counts")
    assert counts == {"passed": 1, "failed": 3}
    assert "test_theirs[answer-lost dynamodb.UpdateItem done count]" in told
    assert "dynamodb.UpdateItem done count takes effect, but its answer is lost" in told
    assert "seen 1 -> 2" in told


@pytest.mark.long
def test_workers_of_xdist_tell_what_they_found(pytester):
    """Each bug is a failed test of its own there too, though a worker may report none."""
    pytester.makepyfile(handlers=textwrap.dedent(HANDLERS))
    marker = '@pytest.mark.sqs_every_fault("handlers:counts")'
    tests = textwrap.dedent(TESTS).format(handler="counts", marker=marker, condition="True")
    pytester.makepyfile(tests)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "1")
    assert result.parseoutcomes() == {"passed": 1, "failed": 3}
    told = result.stdout.str()
    assert "test_theirs[answer-lost dynamodb.UpdateItem done count]" in told
    assert "seen 1 -> 2" in told


@pytest.mark.nightly
def test_what_is_lost_is_told(run):
    counts, told = run("swallows")
    assert counts["failed"] >= 1
    assert "test_theirs[call-fails dynamodb.PutItem done a1]" in told
    assert "so nothing is delivered again" in told
    assert "the world is as it was before: the message is lost" in told


@pytest.mark.nightly
def test_a_marker_that_outlives_the_work_is_found(run):
    counts, told = run("marks_first")
    assert counts["failed"] >= 1
    assert "test_theirs[timeout-before dynamodb.PutItem done a1]" in told


@pytest.mark.nightly
def test_a_flag_does_it_without_a_change_of_the_test(run):
    counts, told = run("counts", "--sqs-every-fault", "handlers:counts", marker="")
    assert counts == {"passed": 1, "failed": 3}
    assert "test_theirs: 6 faults at 1 call, 3 bugs" in told


def test_a_flag_leaves_tests_of_other_handlers_alone(run):
    counts, told = run("puts", "--sqs-every-fault", "handlers:counts", marker="")
    assert counts == {"passed": 1}
    assert "faults at" not in told


def test_effects_of_the_users_own_are_looked_at_instead(run):
    marker = '@pytest.mark.sqs_every_fault("handlers:counts", effects=lambda: [])'
    counts, told = run("counts", marker=marker)
    assert counts == {"failed": 1}
    assert "nothing the handler changes can be seen" in told


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        ("does_nothing", "nothing the handler changes can be seen"),
        ("remembers", "outlives the test"),
    ],
)
def test_a_test_that_cannot_be_run_so_is_an_error_and_says_why(run, handler, told):
    counts, printed = run(handler)
    assert counts == {"failed": 1}
    assert told in printed


def test_a_test_that_fails_by_itself_fails_as_ever(run):
    counts, told = run("fails")
    assert counts == {"failed": 1}
    assert "ValueError: always" in told


def test_a_marker_without_a_handler_is_refused(pytester):
    pytester.makepyfile("import pytest\n@pytest.mark.sqs_every_fault\ndef test_theirs(): pass\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    assert result.ret != 0
    assert "sqs_every_fault needs the handler: module:function" in (
        result.stdout.str() + result.stderr.str()
    )
