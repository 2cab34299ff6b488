"""How two looks at the world differ."""

from __future__ import annotations

import pytest

from sqs_contract.report.differences import differences


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"rows": [1]}, {"rows": [1]}, []),
        ({"rows": []}, {"rows": [{"id": "a"}]}, ["rows + {id: a}"]),
        ({"rows": [{"id": "a"}]}, {"rows": []}, ["rows - {id: a}"]),
        ({}, {"rows": [{"id": "a"}]}, ["rows + {id: a}"]),
        ({"rows": [1, 2]}, {"rows": [2, 1]}, []),
        ({"rows": ["a"]}, {"rows": ["a", "a"]}, ["rows a 1 -> 2 times"]),
        (
            {"totals": [{"id": "c1", "total": 5}]},
            {"totals": [{"id": "c1", "total": 10}]},
            ["totals {id: c1} total 5 -> 10"],
        ),
        ({"sum": 5}, {"sum": "five"}, ["sum 5 -> five"]),
        ({"db": {"a": 1}}, {"db": {"a": 1, "b": 2}}, ["db + b: 2"]),
        ([], ["a"], ["effects + a"]),
    ],
)
def test_what_was_added_taken_away_or_changed_is_told_in_the_users_words(before, after, lines):
    """Lists are multisets: no order is owed on a standard queue."""
    assert differences(before, after) == lines


def test_many_differences_are_cut_short_and_counted():
    lines = differences({"rows": []}, {"rows": list(range(50))})
    assert len(lines) == 12
    assert lines[-1] == "and 39 more"


HOSTILE = "\x1b]0;owned\x07\u202e"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({HOSTILE: []}, {HOSTILE: [HOSTILE]}),
        ({"rows": []}, {"rows": [{HOSTILE: HOSTILE}]}),
        ({"rows": [{HOSTILE: HOSTILE}]}, {"rows": []}),
        ({"rows": [HOSTILE]}, {"rows": [HOSTILE] * 2}),
        ({"rows": [{"id": HOSTILE, HOSTILE: 1}]}, {"rows": [{"id": HOSTILE, HOSTILE: 2}]}),
        ({"db": {HOSTILE: 1}}, {"db": {HOSTILE: 2}}),
        ({"db": {}}, {"db": {HOSTILE: 1}}),
        ({"db": {HOSTILE: 1}}, {"db": {HOSTILE: "1"}}),
        ({HOSTILE: 1}, {HOSTILE: 2}),
    ],
)
def test_hostile_keys_and_values_are_shown_and_not_obeyed(before, after):
    """They come from message bodies."""
    lines = differences(before, after)
    assert lines
    assert [line for line in lines if not line.isprintable()] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"r" * 90: []}, {"r" * 90: ["v" * 200]}),
        ({"rows": [{"id": "i" * 90, "x" * 90: 1}]}, {"rows": [{"id": "i" * 90, "x" * 90: 2}]}),
        ({"rows": ["v" * 90]}, {"rows": ["v" * 90] * 3}),
        ({"r" * 50: {"k" * 90: "v" * 90}}, {"r" * 50: {"k" * 90: "w" * 90}}),
    ],
)
def test_a_difference_fits_in_the_report(before, after):
    """In 80 columns, indented by four."""
    lines = differences(before, after)
    assert lines
    assert [line for line in lines if len(line) > 76] == []
