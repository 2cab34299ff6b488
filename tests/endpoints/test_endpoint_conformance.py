"""Recorded programs on an endpoint: which agree with AWS, which differ, which are not run and why."""

from __future__ import annotations

import json
import re

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
MAPPING = {"id": "mapping", "config": {}, "expected": {}}
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
        "not run  mapping: it is about an event source mapping: that of an endpoint backend is ours",
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
    )
    found = {"one": Conformance("one", outcomes), "two": Conformance("two", outcomes[:1])}
    table = render(found)
    assert (
        table
        == """\
| programs as on AWS | one | two |
|---|---|---|
| standard queues | 1 of 2 | 1 of 1 |
| FIFO queues | 0 of 0, 1 not run | 0 of 0 |

**one**

- bad: `AWS gave 'a', it x...`
- slow: not run: `it takes long`

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
