"""Recorded programs on an endpoint: which agree with AWS, which differ, which are not run and why."""

from __future__ import annotations

import json
import re

import boto3
import moto as moto_package
import pytest
from aws_recorded import DIRECTORY, needs_recordings

from docs.endpoints.table import PAGE, VERSIONS, render, with_table
from sqs_contract.conformance.command import Conformance, area_of, run_files
from sqs_contract.conformance.outcome import Outcome
from sqs_contract.endpoints.endpoint import Endpoint

COMES_BACK = {
    "id": "a-message-comes-back",
    "queue": {"VisibilityTimeout": "30", "maxReceiveCount": 1},
    "steps": [
        {"op": "send", "body": "hello"},
        {"op": "receive", "expect": ["hello"]},
        {"op": "counts", "expect": {"visible": 0, "not_visible": 1}},
        {"op": "advance", "seconds": 30},
        {"op": "receive", "expect": []},
        {"op": "receive", "queue": "dlq", "expect": ["hello"], "same_message_id": True},
    ],
}
DRAINED = {
    "id": "drained",
    "queue": {"FifoQueue": True},
    "steps": [
        {"op": "send", "body": "a", "group": "g", "dedup": "1"},
        {"op": "send", "body": "b", "group": "g", "dedup": "2"},
        {"op": "drain", "expect_set": ["a", "b"], "visibility": 0},
    ],
}
NOT_AS_AWS = {
    "id": "empty",
    "queue": {},
    "steps": [{"op": "send", "body": "", "error": "MissingParameter"}],
}
MOVED = {
    "id": "moved",
    "queue": {"maxReceiveCount": 1},
    "steps": [{"op": "start_move_task"}],
}
TWO_CALLERS = {
    "id": "two-callers",
    "queue": {},
    "steps": [
        {"op": "schedule_send", "after": 1, "body": "a"},
        {"op": "receive", "wait": 5, "expect": ["a"]},
    ],
}
MAPPING = {
    "id": "mapping",
    "config": {"esm": {"FilterCriteria_pattern_text": "null"}},
    "expected": {"error": {"Code": "InvalidParameterValueException"}},
}
PROGRAMS = [COMES_BACK, DRAINED, NOT_AS_AWS, MOVED, TWO_CALLERS, MAPPING]

MOTO = Endpoint(backend="moto")

ACCEPTED = "AWS refused it with {'Code': 'MissingParameter'}, it accepted it"
NO_SUCH_ACTION = (
    "AWS accepted it, it answered InternalError: NotImplementedError: The start_message_move_task "
    "action has not been implemented"
)


@pytest.fixture
def programs(tmp_path):
    file = tmp_path / "programs.json"
    file.write_text(json.dumps({"scenarios": PROGRAMS}), encoding="utf-8")
    return file


def test_a_table_by_area_follows_the_outcomes(programs):
    result = run_files([programs], MOTO)
    assert result.lines == (
        "ok       a-message-comes-back",
        "ok       drained",
        f"differs  empty: step 1 (send): {ACCEPTED}",
        f"differs  moved: step 1 (start_move_task): {NO_SUCH_ACTION}",
        "not run  two-callers: it sends while a receive waits: that takes a second caller",
        "not run  mapping: moto runs functions in Docker containers only",
        "",
        f"as on AWS, on moto {moto_package.__version__}",
        "  standard queues         0 of 1  (1 not run)",
        "  FIFO queues             1 of 1",
        "  dead-letter queues      1 of 1",
        "  redrive tasks           0 of 1",
        "  event source mappings   0 of 0  (1 not run)",
        "",
        "6 programs: 2 ok, 2 differs, 2 not run",
    )
    assert result.differs


def test_a_program_that_takes_too_much_real_time_is_not_run(programs, moto_server):
    result = run_files([programs], Endpoint(backend="endpoint", url=moto_server), max_wait_s=29)
    assert result.lines[0] == (
        "not run  a-message-comes-back: it takes 30 s of real time there: --max-wait allows it"
    )
    assert result.lines[1] == "ok       drained"


def test_real_time_passes_there(tmp_path, moto_server):
    steps = [
        {"op": "send", "body": "a"},
        {"op": "receive", "visibility": 1, "expect": ["a"]},
        {"op": "receive", "expect": []},
        {"op": "advance", "seconds": 1},
        {"op": "receive", "expect": ["a"], "takes_less_than": 5},
    ]
    file = tmp_path / "time.json"
    program = {"id": "time", "queue": {}, "steps": steps}
    file.write_text(json.dumps({"scenarios": [program]}), encoding="utf-8")
    endpoint = Endpoint(backend="endpoint", url=moto_server)
    assert run_files([file], endpoint, max_wait_s=1).lines[0] == "ok       time"


# Event source mappings, where an endpoint runs them

FAILS_ONCE = {
    "id": "fails-once",
    "config": {
        "queue": {"VisibilityTimeout": 2, "maxReceiveCount": 2},
        "function": {"timeout": 2},
        "esm": {"BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"]},
    },
    "given": {"send_before_enable": ["a", "b", "c"], "fail_attempts": {"a": 0, "b": 1, "c": 2}},
    "handler": {"report_if": "fail_attempts >= ApproximateReceiveCount"},
    "expected": {
        "invocations": [
            {"records": ["a", "b", "c"], "reported": ["b", "c"], "outcome": "ok"},
            {
                "records": ["b", "c"],
                "receive_counts": ["2", "2"],
                "reported": ["c"],
                "not_before_seconds_after_first": 2,
            },
        ],
        "deleted": ["a", "b"],
        "dlq": ["c"],
        "dlq_same_message_id": True,
        "dlq_empty_after_first_attempt": True,
        "queue_empty_after": True,
    },
}
TIMES_OUT = {
    "id": "times-out",
    "config": {
        "queue": {"VisibilityTimeout": 2, "maxReceiveCount": 1},
        "function": {"timeout": 1},
        "esm": {"BatchSize": 1},
    },
    "given": {"send_after_enable": ["a"]},
    "handler": {"sleep_seconds": 3},
    "expected": {"invocations": [{"records": ["a"], "outcome": "error"}], "dlq": ["a"]},
}
FILTERED = {
    "id": "filtered",
    "config": {"esm": {"FilterCriteria": {"body": {"a": [1]}}}},
    "given": {"send_before_enable": ['{"a": 1}', '{"a": 2}']},
    "handler": {"ok": True},
    "expected": {"deleted": ['{"a": 1}'], "filtered_out_and_deleted": ['{"a": 2}']},
}
NOT_SO = {**FILTERED, "id": "not-so", "expected": {"deleted": ['{"a": 2}']}}
LONG = {
    "id": "long",
    "config": {"queue": {"VisibilityTimeout": 60}, "esm": {}},
    "given": {"send_before_enable": ["a"]},
    "handler": {"raise_if": "ApproximateReceiveCount <= 1"},
    "expected": {"invocations_total": 2},
}
DEFAULTS = {
    "id": "defaults",
    "config": {"esm": {}},
    "expected": {"create": {"BatchSize": 10, "http": 202, "Nowhere": 1}},
}
THEIRS = "arn:aws:sqs:us-east-1:123456789012:theirs"
NOT_ITS_OWN = {
    "id": "not-its-own",
    "config": {"esm": {"EventSourceArn": THEIRS}},
    "expected": {"create": {"BatchSize": 10}},
}
ON_MAPPINGS = [FAILS_ONCE, TIMES_OUT, FILTERED, NOT_SO, LONG, DEFAULTS, NOT_ITS_OWN]


@pytest.mark.endpoints
@pytest.mark.timeout(300)
def test_programs_of_mappings_where_the_endpoint_runs_functions(tmp_path, ministack):
    """A mapping is only ever made of queues and functions of ours, and nothing is left of them."""
    file = tmp_path / "mappings.json"
    file.write_text(json.dumps({"scenarios": ON_MAPPINGS}), encoding="utf-8")
    result = run_files([file], Endpoint(backend="endpoint", url=ministack), max_wait_s=30)
    assert result.lines[: len(ON_MAPPINGS)] == (
        "ok       fails-once",
        "ok       times-out",
        "ok       filtered",
        """differs  not-so: AWS deleted ['{"a": 2}'], it ['{"a": 1}']""",
        "not run  long: it takes 60 s of real time there: --max-wait allows it",
        "differs  defaults: Nowhere is 1 on AWS, missing there",
        f"not run  not-its-own: config.esm.EventSourceArn is not the program's own: {THEIRS!r}",
    )
    queues, functions = client("sqs", ministack), client("lambda", ministack)
    assert queues.list_queues().get("QueueUrls", []) == []
    assert functions.list_functions()["Functions"] == []
    assert functions.list_event_source_mappings()["EventSourceMappings"] == []


def client(service, url):
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip


@pytest.mark.endpoints
@pytest.mark.parametrize("server", ["moto_server", "localstack"])
def test_where_no_function_runs_the_reason_is_told(tmp_path, server, request):
    file = tmp_path / "mappings.json"
    file.write_text(json.dumps({"scenarios": [MAPPING, FILTERED]}), encoding="utf-8")
    url = request.getfixturevalue(server)
    result = run_files([file], Endpoint(backend="endpoint", url=url))
    why = "it runs no function, as moto's server and LocalStack without Docker ("
    for line, program in zip(result.lines, (MAPPING, FILTERED), strict=False):
        assert line.startswith(f"not run  {program['id']}: {why}")
    assert result.lines[1].endswith(result.lines[0].partition(why)[2])


def test_the_areas():
    assert [area_of(program) for program in PROGRAMS] == [
        "dead-letter queues", "FIFO queues", "standard queues", "redrive tasks", "standard queues",
        "event source mappings",
    ]  # fmt: skip


def test_the_page_tells_of_the_versions_that_are_pinned():
    """Otherwise: `python -m docs.endpoints FILE...`, and commit what it writes. moto is whichever
    is installed; the others are pinned."""
    (heads,) = re.findall(r"\| programs as on AWS \| (.*) \|", PAGE.read_text(encoding="utf-8"))
    moto, server, *others = heads.split(" | ")
    assert re.fullmatch(r"moto 5\.[\d.]+", moto)
    assert server == moto.replace("moto", "moto's server")
    assert others == [*VERSIONS[2:]]


def test_the_table_of_the_page():
    outcomes = (
        ("standard queues", Outcome("good", "ok")),
        ("standard queues", Outcome("bad", "differs", ("AWS gave `a`, it " + "x" * 300,))),
        ("FIFO queues", Outcome("slow", "not run", ("it takes long",))),
        ("FIFO queues", Outcome("slower", "not run", ("it takes long",))),
    )
    found = {"one": Conformance("one", outcomes), "two": Conformance("two", outcomes[:1])}
    table = render(found)
    assert (
        table
        == """\
| programs as on AWS | one | two |
|---|---|---|
| standard queues | 1 of 2 | 1 of 1 |
| FIFO queues | 0 of 0, 2 not run | 0 of 0 |

**one**

- bad: `AWS gave 'a', it x...`
- slow and 1 more: not run: `it takes long`

**two**

- nothing that was run differs
"""
    )
    page = with_table(
        "head\n" + "".join(PAGE.read_text(encoding="utf-8").partition("<!-- G")[1:]), table
    )
    assert page.startswith("head\n<!-- Generated by")
    assert table in page
    assert with_table(page, table) == page


@pytest.mark.endpoints
@needs_recordings
def test_the_page_tells_what_moto_does():
    """Of the version the table was made with."""
    if f"**{VERSIONS[0]}**" not in PAGE.read_text(encoding="utf-8"):
        pytest.skip(f"the table is not of {VERSIONS[0]}")
    result = run_files([DIRECTORY / "sqs_scenarios.json"], MOTO)
    page = PAGE.read_text(encoding="utf-8")
    for _, outcome in result.results:
        if outcome.id == "fifo-sequence-increases":
            continue  # moto's sequence numbers are random
        listed = f"\n- {outcome.id}: " in page.partition("**moto's server")[0]
        assert listed is (outcome.verdict != "ok")
