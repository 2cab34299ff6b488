"""The report for a machine: the document `--json` writes, as DESIGN.md gives it."""

from __future__ import annotations

import json

import pytest
from little_shop import SHOP, write_module

from sqs_contract.errors import UsageError
from sqs_contract.report.document import check_writable, write_json
from sqs_contract.scenario import Scenario

CLAUSES = [
    "response-shape",
    "exact-report",
    "isolation",
    "no-loss",
    "idempotent",
    "stateless",
    "drains",
    "configuration",
]
VERDICTS = {"held", "violated", "not-checked"}


def check(data, shape, where="report"):
    """That JSON data has a shape: exactly these fields, of these types."""
    if isinstance(shape, dict):
        assert isinstance(data, dict), where
        assert set(data) == set(shape), where
        for key, inner in shape.items():
            check(data[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(data, list), where
        for number, item in enumerate(data):
            check(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, set):
        assert data in shape, where
    else:
        assert isinstance(data, shape), where
        assert not (isinstance(data, bool) and shape is int), where


DEPLOYMENT = {
    "queue": {
        "QueueName": str,
        "VisibilityTimeout": int,
        "MessageRetentionPeriod": int,
        "DelaySeconds": int,
        "maxReceiveCount": int | None,
    },
    "mapping": {
        "BatchSize": int,
        "MaximumBatchingWindowInSeconds": int,
        "ReportBatchItemFailures": bool,
    },
    "function": {
        "FunctionName": str,
        "Timeout": int,
        "MemorySize": int,
        "Runtime": str,
        "Environment": dict,
    },
    "region": str,
    "account": str,
}

COUNTEREXAMPLE = {
    "schema": {1},
    "clause": set(CLAUSES),
    "scenario": {
        "schema": {1},
        "messages": list,
        "faults": list,
        "deployment": DEPLOYMENT,
        "seed": int,
        "target": str,
        "effects": str | None,
        "reset": str | None,
        "poison": {"either", "report", "drop"},
        "violates": set(CLAUSES),
    },
    "history": list,
    "explanation": {
        "mode": str,
        "claim": str,
        "why": str,
        "rests_on": [{"point": str, "assumption": str}],
        "messages": [str],
        "invocation": int | None,
        "remedies": [str],
        "story": [str],
        "effects": [str],
    },
}

PROBLEM = {
    "code": str,
    "name": str,
    "severity": {"error", "warning", "advice"},
    "file": str,
    "line": int | None,
    "column": int | None,
    "resource": str,
    "sentence": str,
    "why": str,
    "page": str,
    "fix": [str],
}

UNTOLD = {"codes": [str], "file": str, "line": int | None, "sentence": str, "flag": str}

CLAUSE = {
    "id": set(CLAUSES),
    "verdict": VERDICTS,
    "severity": {"error", "advice"},
    "reason": str,
    "seconds": float | int,
    "scenarios": int,
    "rests_on": [{"point": str, "assumption": str}],
    "counterexample": dict | None,
    "counterexamples": [COUNTEREXAMPLE],
    "problems": [PROBLEM],
    "untold": [UNTOLD],
}

REPORT = {
    "schema": {1},
    "target": str,
    "deployment": DEPLOYMENT,
    "seed": int,
    "clauses": [CLAUSE],
    "coverage": {
        "scenarios": int,
        "single_faults": int,
        "single_faults_explored": int,
        "pairs": int,
        "pairs_explored": int,
        "drawn": int,
    },
    "notes": [str],
    "seconds": float | int,
}

EVENT = {
    "sent": {"message"},
    "invoked": {"invocation", "records", "environment", "cold"},
    "called": {"invocation", "site", "fault", "error"},
    "ended": {"invocation", "outcome"},
    "settled": {"invocation", "reading", "deleted", "kept"},
    "redriven": {"message"},
    "expired": {"message"},
    "struck": {"fault", "message"},
    "stopped": {"reason"},
}


@pytest.fixture(
    params=[
        ["orders:handler", *SHOP],
        ["orders:handler", *SHOP, "--max-receive-count", "3", "--max-examples", "20"],
        ["orders:handler", *SHOP, "--no-report-batch-item-failures"],
        ["charges_again:handler", *SHOP],
        ["drops_poison:handler", *SHOP, "--poison", "report"],
        ["orders:handler", "--bodies", "bodies.json", "--budget", "0"],
        ["refuses:handler", *SHOP],
    ],
    ids=lambda arguments: arguments[0],
)
def document(request, call):
    write_module(call.directory, "refuses", "def handler(event, context): raise ValueError")
    return call("verify", *request.param, "--json", "-").document


def test_it_has_exactly_the_fields_it_is_documented_to_have(document):
    check(document, REPORT)


def test_every_clause_is_there_in_a_fixed_order(document):
    assert [clause["id"] for clause in document["clauses"]] == CLAUSES


def test_a_verdict_goes_with_its_evidence(document):
    """Violated: a counterexample. Not checked: a reason. Held: scenarios, and neither;
    settings are judged without any."""
    for clause in document["clauses"]:
        found = clause["counterexamples"]
        assert clause["counterexample"] == (found[0] if found else None)
        assert bool(found) == (clause["verdict"] == "violated")
        assert bool(clause["reason"]) == (clause["verdict"] != "held")
        if clause["verdict"] == "held" and clause["id"] != "configuration":
            assert clause["scenarios"] > 0
        for counterexample in found:
            assert counterexample["clause"] == clause["id"]
            assert counterexample["scenario"]["violates"] == clause["id"]


def test_no_more_is_said_to_be_explored_than_there_was(document):
    coverage = document["coverage"]
    assert 0 <= coverage["single_faults_explored"] <= coverage["single_faults"]
    assert coverage["single_faults_explored"] <= coverage["scenarios"]


def counterexamples(document):
    return [item for clause in document["clauses"] for item in clause["counterexamples"]]


def test_a_counterexample_is_the_whole_input_and_the_whole_output(call):
    """The scenario reads back as it was; the history is of known events, in order."""
    result = call("verify", "charges_again:handler", *SHOP, "--json", "-")
    (found,) = counterexamples(result.document)
    scenario = Scenario.from_json(found["scenario"])
    assert scenario.to_json().items() <= found["scenario"].items()
    assert scenario.deployment.to_json() == result.document["deployment"]
    history = found["history"]
    for event in history:
        assert set(event) <= {"event", "at_ms"} | EVENT[event["event"]]
    times = [event["at_ms"] for event in history]
    assert times == sorted(times)
    names = {message["name"] for message in found["scenario"]["messages"]}
    assert {event["message"] for event in history if event["event"] == "sent"} == names


def test_the_saved_file_is_the_counterexample_of_the_report(call):
    result = call("verify", "charges_again:handler", *SHOP, "--json", "-")
    (saved,) = (call.directory / ".sqs-contract").iterdir()
    (found,) = counterexamples(result.document)
    assert json.loads(saved.read_text(encoding="utf-8")) == found


def test_a_hostile_body_is_exact_in_the_scenario_and_escaped_in_the_story(call):
    """Bytes on the wire are plain ASCII all the same."""
    body = '{"order_id": "\\u001b[2J\x7f\x9b\u202e😀", "amount": 5}'
    write_module(call.directory, "hostile", f"bodies = [{body!r}]")
    result = call(
        "verify", "charges_again:handler", *SHOP, "--bodies", "hostile:bodies", "--json", "-"
    )
    assert result.out.isascii()
    assert all(character.isprintable() or character == "\n" for character in result.out)
    (found,) = counterexamples(result.document)
    assert [message["body"] for message in found["scenario"]["messages"]] == [body]
    explanation = found["explanation"]
    for text in (*explanation["story"], *explanation["effects"], explanation["claim"]):
        assert text.isprintable()


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("older", encoding="utf-8")

    def interrupted(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(UsageError, match=r"cannot write .*report\.json': No space left on device"):
        write_json(path, {"new": True})
    assert path.read_text(encoding="utf-8") == "older"


def test_a_write_that_fails_leaves_no_draft_behind(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(UsageError):
        write_json(tmp_path / "report.json", {"new": True})
    assert list(tmp_path.iterdir()) == []


def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path):
    """`/dev/stdout` is one."""
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "report.json")
    check_writable(link)
    write_json(link, {})
    assert link.is_symlink()
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == "{}\n"


def test_lone_surrogates_are_written(tmp_path):
    write_json(tmp_path / "report.json", {"text": "\ud800"})
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert text == '{\n  "text": "\\ud800"\n}\n'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".", "it is a directory"),
        ("nowhere/report.json", "there is no directory"),
        ("file/report.json", "there is no directory"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_runs(in_tmp_path, path, text):
    (in_tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"cannot write '{path}': {text}"):
        check_writable(in_tmp_path.__class__(path))
