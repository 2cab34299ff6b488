"""`sqs-contract conformance`: what it prints, and its exit status."""

from __future__ import annotations

import json
import sys

import pytest
from aws_recorded import DIRECTORY, needs_recordings

from sqs_contract.cli import main

REFUSED = {
    "id": "refused",
    "config": {"esm": {"FilterCriteria_pattern_text": "null"}},
    "expected": {"error": {"Code": "InvalidParameterValueException"}},
}
DIFFERENT = {**REFUSED, "id": "different", "expected": {"error": {"Code": "Other"}}}
PROSE = {**REFUSED, "id": "prose", "handler": "does as it\nlikes"}
QUEUE = {
    "id": "queue",
    "queue": {},
    "steps": [{"op": "send", "body": "a"}, {"op": "receive", "max": 1, "expect": ["a"]}],
}


@pytest.fixture
def conformance(tmp_path, monkeypatch, capsys):
    """Run the command on files of these contents: status, lines printed, lines of error."""

    def run(*contents, options=()):
        files = []
        for number, content in enumerate(contents):
            file = tmp_path / f"{number}.json"
            text = content if isinstance(content, str) else json.dumps({"scenarios": content})
            file.write_text(text, encoding="utf-8")
            files.append(str(file))
        monkeypatch.setattr(sys, "argv", ["sqs-contract", "conformance", *options, *files])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return stop.value.code, out.splitlines(), err.splitlines()

    return run


def test_all_as_on_aws(conformance):
    status, lines, errors = conformance([REFUSED], [QUEUE], options=["--backend", "simulator"])
    assert status == 0
    assert lines == [
        "ok       refused",
        "ok       queue",
        "2 programs: 2 ok, 0 differs, 0 not run",
    ]
    assert errors == []


def test_a_difference_is_told_and_fails(conformance):
    status, lines, _ = conformance([REFUSED, DIFFERENT])
    assert status == 1
    assert lines == [
        "ok       refused",
        "differs  different: AWS said Other, we say InvalidParameterValueException",
        "2 programs: 1 ok, 1 differs, 0 not run",
    ]


def test_what_is_not_run_says_why_on_one_line_and_does_not_fail(conformance):
    status, lines, _ = conformance([PROSE])
    assert status == 0
    assert lines == [
        "not run  prose: handler is prose: 'does as it\\nlikes'",
        "1 program: 0 ok, 0 differs, 1 not run",
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "it is not JSON"),
        ("[]", "it holds no list of programs under `scenarios`"),
        ('{"cases": {}}', "it holds no list of programs under `scenarios`"),
        ([1], "program 1 is no object with an `id`"),
        ([{"id": 1, "expected": {}}], "program 1 is no object with an `id`"),
        ([{"id": "x"}], "program 'x' has neither `steps`"),
    ],
)
def test_a_file_it_cannot_read(conformance, content, why):
    """One clear line, before anything is run."""
    status, lines, errors = conformance([REFUSED], content)
    assert status == 2
    assert lines == []
    assert len(errors) == 1
    assert errors[0].startswith("sqs-contract: cannot read ")
    assert why in errors[0]


def test_a_file_that_is_not_there(conformance, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["sqs-contract", "conformance", str(tmp_path / "none.json")])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert "No such file" in capsys.readouterr().err


def test_no_file_and_another_backend(conformance):
    assert conformance()[0] == 2
    assert conformance([REFUSED], options=["--backend", "aws"])[0] == 2


@needs_recordings
def test_the_recorded_files(monkeypatch, capsys):
    """Nothing recorded on AWS differs."""
    files = [str(DIRECTORY / name) for name in ("sqs_scenarios.json", "esm_scenarios.json")]
    monkeypatch.setattr(sys, "argv", ["sqs-contract", "conformance", *files])
    with pytest.raises(SystemExit) as stop:
        main()
    lines = capsys.readouterr().out.splitlines()
    assert stop.value.code == 0
    assert lines[-1].startswith("80 programs: ")
    assert len(lines) == 81
