"""The fidelity table is true and up to date, and says so when it is not."""

from __future__ import annotations

import dataclasses

import pytest

from docs.fidelity.citations import Citation, citations_of, rules_in
from docs.fidelity.table import COMMAND, PAGE, Fidelity, Section, gather, problems, render

PLACE = (Citation("S1", "sqs_contract/model/x.py", "f", direct=True),)
TEST = (Citation("S1", "tests/test_x.py", "test_f", direct=True),)
GOOD = Fidelity(
    sections=(Section("Rules", {"S1": "One.", "S2": "Two."}),),
    not_modelled={"S2": "too far"},
    left_out={},
    places={"S1": PLACE},
    tests={"S1": TEST},
)


@pytest.fixture(scope="module")
def fidelity():
    return gather()


def test_every_rule_is_kept_and_tested_or_has_its_reason(fidelity):
    """Otherwise: cite the rule where it is kept and tested, or give a reason in rules.toml."""
    assert list(problems(fidelity)) == []


def test_the_page_is_up_to_date(fidelity):
    """Otherwise: `python -m docs.fidelity`, and commit what it writes."""
    assert PAGE.read_text(encoding="utf-8") == render(fidelity), f"run {COMMAND}"


def test_all_rules_and_open_points_are_there(fidelity):
    rules = [f"S{number}" for number in range(1, 151)] + [f"N{number}" for number in range(1, 12)]
    assert list(fidelity.rules) == rules


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"places": {}}, "S1 is cited by no code and has no reason"),
        ({"tests": {}}, "S1 is cited by no test, but modelled: sqs_contract/model/x.py f"),
        (
            {"places": {"S1": PLACE, "S2": PLACE}},
            "S2 is not modelled (too far), and yet cited: sqs_contract/model/x.py f",
        ),
        (
            {"places": {"S1": PLACE, "S3": PLACE}},
            "S3 is named in code, and there is no such rule: sqs_contract/model/x.py f",
        ),
        (
            {"tests": {"S1": TEST, "S3": TEST}},
            "S3 is named in tests, and there is no such rule: tests/test_x.py test_f",
        ),
        (
            {"left_out": {"S2": "x"}},
            "S2 is not modelled, and yet a part of it is said to be left out",
        ),
        ({"left_out": {"S3": "x"}}, "S3 is named in [left_out], and there is no such rule"),
        (
            {"not_modelled": {"S2": "x", "S3": "x"}},
            "S3 is named in [not_modelled], and there is no such rule",
        ),
    ],
)
def test_what_is_wrong_is_told(changes, problem):
    assert list(problems(GOOD)) == []
    assert list(problems(dataclasses.replace(GOOD, **changes))) == [problem]


def test_a_range_that_passes_over_a_rule_does_not_claim_it():
    ranged = (dataclasses.replace(PLACE[0], direct=False),)
    places = {"S1": ranged, "S2": ranged}
    assert list(problems(dataclasses.replace(GOOD, places=places))) == []


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Handed out (S57, S58).", ["S57", "S58"]),
        ("S22-S24: as on AWS", ["S22", "S23", "S24"]),
        ("N3: open", ["N3"]),
        ("null with a window (S3).", ["S3"]),
        ("S3: absent", ["S3"]),
        ("all of it (S3, S5)", ["S3", "S5"]),
        ("a notification of S3, or S3's own", []),
        ("SNS, S3 and others", []),
        ("AROA:S3-PROD-END", []),
        ("SQS, IPv4, S", []),
    ],
)
def test_what_counts_as_a_citation(text, rules):
    """S3 is a service as well."""
    assert [rule for rule, _ in rules_in(text)] == rules


def test_a_citation_belongs_to_what_it_stands_in():
    source = '''"""About S1 and S2-S9."""

LIMIT = 1
"""S10."""

# S11
OTHER = 2


class Queue:
    """S12."""

    def receive(self):
        """S13."""
        return 1  # S14  # noqa: S101


# S15
@decorated
def test_it():
    # S16
    text = "S17"
'''
    assert [(item.rule, item.name) for item in citations_of(source, "f")] == [
        ("S1", ""),
        ("S10", "LIMIT"),
        ("S12", "Queue"),
        ("S13", "Queue.receive"),
        ("S11", "OTHER"),
        ("S14", "Queue.receive"),
        ("S15", ""),
        ("S16", "test_it"),
    ]
