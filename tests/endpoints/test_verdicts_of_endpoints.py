"""What a verification makes of the runs on an endpoint: which are played, and how they are judged."""

from __future__ import annotations

import dataclasses

import pytest
from endpoint_tampering import Tampered, on
from playing import add_one, create_everything, playing, put_item, strike

from sqs_contract.clauses import CLAUSES
from sqs_contract.clauses.verdict import PoisonPolicy, Severity, Verdict
from sqs_contract.explore.cases import Cases
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.on_endpoint import Setup, choose_scenarios, play_scenarios
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.report.endpoint import endpoint_to_json, render_endpoint
from sqs_contract.report.text import columns
from sqs_contract.results import Finding
from sqs_contract.scenario import FaultKind


def counts_again(event, _context):
    for record in event["Records"]:
        put_item(record["body"])
        add_one(record["body"])


@pytest.fixture(scope="module")
def stand():
    with playing(counts_again, reset=create_everything) as made:
        yield made


@pytest.fixture(scope="module")
def finding(stand):
    """The counterexample of a handler that counts a duplicate."""
    scenario = stand.scenario("a", faults=[strike(FaultKind.DUPLICATE_LATER, "m1")])
    stand.oracle.golden.learn_noise(scenario.messages)
    analysis = Analysis(stand.player.play(scenario), stand.oracle)
    (violation,) = CLAUSES["idempotent"].judge(analysis, PoisonPolicy.EITHER).violations
    return Finding(violation=violation, analysis=analysis)


@pytest.fixture
def report_on(stand, finding):
    """Play scenarios on an endpoint, with that bug known."""

    def report(connection, *scenarios, findings=(finding,)):
        told: list[tuple[int, int]] = []
        setup = Setup(
            player=stand.player,
            connection=connection,
            oracle=stand.oracle,
            clauses=[*CLAUSES.values()],
            listener=lambda done, total: told.append((done, total)),
        )
        result = play_scenarios(setup, scenarios, findings, PoisonPolicy.EITHER)
        assert told == [(number, len(scenarios)) for number in range(result.played)]
        return result

    return report


def verdicts(report):
    return {clause.id: clause.verdict for clause in report.clauses}


def lines(report):
    shown = list(render_endpoint(report))
    assert all(columns(line) <= 80 for line in shown)
    return " ".join(" ".join(shown).split())


def test_a_bug_that_shows_there_too_is_violated_and_confirmed(report_on, finding, moto):
    report = report_on(moto, finding.scenario)
    assert verdicts(report)["idempotent"] is Verdict.VIOLATED
    assert verdicts(report)["no-loss"] is Verdict.HELD
    assert (report.confirmed, report.counterexamples) == (1, 1)
    assert "played 1 of 1 scenario; 1 of 1 counterexample came out the same" in lines(report)


def test_a_clause_that_no_run_there_put_to_the_test_is_not_checked(report_on, stand, moto):
    report = report_on(moto, stand.scenario("a"), findings=())
    (clause,) = [clause for clause in report.clauses if clause.id == "idempotent"]
    assert clause.verdict is Verdict.NOT_CHECKED
    assert clause.reason == "no scenario played there put it to the test"
    assert "counterexample" not in lines(report)


REFUSING = on("ChangeMessageVisibility")(lambda _: Refusal("Unsupported", "no"))


def test_what_the_endpoint_does_is_never_blamed_on_the_handler(report_on, finding, moto, stand):
    plain = stand.scenario("a")
    report = report_on(Tampered(moto, REFUSING), finding.scenario, plain)
    assert verdicts(report)["idempotent"] is Verdict.NOT_CHECKED
    assert Verdict.VIOLATED not in verdicts(report).values()
    assert report.confirmed == 0
    assert report.played == 2
    (difference,) = report.differences
    assert difference.scenario == finding.scenario
    assert difference.what == "does not let the visibility timeout of m1 end (Unsupported)"
    told = lines(report)
    assert "idempotent not checked the counterexample could not be played to its end there" in told
    assert (
        "differs it does not let the visibility timeout of m1 end (Unsupported); AWS does not. "
        "1 scenario not judged there"
    ) in told


def test_advice_that_is_broken_there_is_advice_all_the_same(report_on, finding, moto):
    severities = {
        clause.id: clause.severity for clause in report_on(moto, finding.scenario).clauses
    }
    assert severities["deadline"] is CLAUSES["deadline"].severity
    assert severities["idempotent"] is Severity.ERROR


def test_no_scenario_is_begun_when_time_is_up(report_on, finding, moto, monkeypatch):
    monkeypatch.setattr("sqs_contract.on_endpoint.SECONDS_MAX", -1)
    report = report_on(moto, finding.scenario)
    assert (report.planned, report.played) == (1, 0)
    assert "played 0 of 1 scenario; 0 of 1 counterexample" in lines(report)


def test_the_same_as_json(report_on, finding, moto):
    told = endpoint_to_json(report_on(moto, finding.scenario))
    assert told["kind"] == "moto"
    assert told["name"] == moto.name
    assert told["clauses"][4]["id"] == "idempotent"
    assert told["clauses"][4]["verdict"] == "violated"
    assert (told["planned"], told["played"], told["confirmed"]) == (1, 1, 1)
    assert told["skipped_seconds"] >= 0
    assert told["calls"] > 0


def test_plain_delivery_comes_first_then_counterexamples_then_faults(stand, finding):
    messages = stand.scenario("a", "b", "c").messages
    cases = Cases(groups=(messages,), poison=(), model="a", refusal=None, visible=True, filtered=0)
    base = dataclasses.replace(finding.scenario, messages=(), faults=())
    chosen = choose_scenarios(cases, [finding], base)
    assert chosen[0].messages == messages
    assert chosen[0].faults == ()
    assert chosen[1] == finding.scenario
    kinds = {fault.kind for scenario in chosen[2:] for fault in scenario.faults}
    assert kinds == {
        FaultKind.DUPLICATE_LATER, FaultKind.DUPLICATE_IN_BATCH, FaultKind.LOST_DELETE,
        FaultKind.OVERTAKEN, FaultKind.THROTTLED, FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER,
        FaultKind.COLD_START,
    }  # fmt: skip
    assert len({scenario.digest() for scenario in chosen}) == len(chosen)


def test_without_a_healthy_message_only_counterexamples_are_played(finding):
    cases = Cases(groups=(), poison=(), model="a", refusal="no", visible=False)
    assert choose_scenarios(cases, [finding], finding.scenario) == [finding.scenario]
