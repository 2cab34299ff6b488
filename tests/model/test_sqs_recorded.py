"""What SQS was recorded answering, held against the answers of the model.

Each recorded case is a short program in recorded_calls.py. The other cases are programs
of `sqs_scenarios.json`, which the tests of conformance run. All rules they prove are
tested by cases of our own in the tests of calls and in test_fifo.py.
"""

from __future__ import annotations

import pytest
import recorded_calls
from aws_recorded import Masks, load, needs_recordings
from sqs_account import NOT_COMPARED, Account

CORE = load("sqs_core.json").get("cases", {})
SOURCES = {item.get("source", "") for item in load("sqs_scenarios.json").get("scenarios", [])}
QUERY_PROTOCOL = "-query"

PROGRAMS = {
    name: value
    for name, value in vars(recorded_calls).items()
    if callable(value) and any(f"test_{name}" == case.rpartition("::")[2].partition("[")[0] for case in CORE)
}  # fmt: skip
MASKED_VALUES = {"aws_trace_header_propagation": {"MD5OfMessageAttributes"}}
"""What was masked in a recording, and cannot be compared."""


def program_of(case):
    return case.rpartition("::")[2].partition("[")[0].removeprefix("test_")


@needs_recordings
def test_every_recorded_case_is_compared():
    """By a program of ours, or as a program of the scenarios."""
    for case in CORE:
        source = case.partition("[")[0]
        assert program_of(case) in PROGRAMS or any(source in it for it in SOURCES), case


@needs_recordings
@pytest.mark.parametrize("case", [case for case in CORE if program_of(case) in PROGRAMS])
def test_our_answers_are_those_recorded(case):
    """S23-S29, S31, S33, S36, S39, S41, S44, S51-S54, S57, S59."""
    name = program_of(case)
    recorded = {
        label: answer
        for label, answer in CORE[case]["content"].items()
        if not label.endswith(QUERY_PROTOCOL)
    }
    masks = Masks(without=NOT_COMPARED | MASKED_VALUES.get(name, set()))
    assert list(masks.differences(recorded, PROGRAMS[name](Account()))) == []
