"""A second fault where the first has led the handler to: failures while a failure is dealt with."""

from __future__ import annotations

import pytest
from little_shop import write_module

from sqs_contract import Contract, Deployment
from sqs_contract.clauses.verdict import Verdict
from sqs_contract.explore.pairs import calls_in, pair_scenarios
from sqs_contract.history import Called
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage

HANDLER = """
    from {name}_ledger import charge, put_aside

    def handler(event, context):
        failed = []
        for record in event["Records"]:
            try:
                charge(record["body"])
            except Exception:
                try:
                    put_aside(record["body"])
                except Exception:
                    {otherwise}
        return {{"batchItemFailures": failed}}
"""

LEDGER = """
    charged, aside = set(), set()

    def charge(body):
        charged.add(body)

    def put_aside(body):
        aside.add(body)

    def effects():
        return {"charged": sorted(charged), "aside": sorted(aside)}

    def reset():
        charged.clear()
        aside.clear()
"""


def verified(in_tmp_path, name, otherwise):
    write_module(in_tmp_path, f"{name}_ledger", LEDGER)
    write_module(in_tmp_path, name, HANDLER.format(name=name, otherwise=otherwise))
    return Contract(
        f"{name}:handler",
        bodies=['{"id": "a"}'],
        effects=f"{name}_ledger:effects",
        reset=f"{name}_ledger:reset",
        fault_sites=[f"{name}_ledger:charge", f"{name}_ledger:put_aside"],
        max_examples=0,
        deployment=Deployment.of(report_batch_item_failures=True, max_receive_count=3),
    ).verify()


def violated(report):
    return {it.id: it for it in report.clauses if it.verdict is Verdict.VIOLATED}


def test_a_failure_while_a_failure_is_dealt_with_loses_the_message(in_tmp_path):
    """Each failure by itself is dealt with: charged, or put aside."""
    report = verified(in_tmp_path, "pairs_swallowed", "pass")
    found = violated(report)
    assert {"no-loss", "exact-report"} & found.keys()
    faults = next(iter(found.values())).findings[0].scenario.faults
    assert [fault.site.split(" ")[0] for fault in faults] == [
        "pairs_swallowed_ledger:charge",
        "pairs_swallowed_ledger:put_aside",
    ]
    assert report.coverage.pairs_explored == report.coverage.pairs > 0


def test_one_that_reports_what_it_could_not_put_aside_keeps_the_contract(in_tmp_path):
    """The correct twin."""
    otherwise = 'failed.append({"itemIdentifier": record["messageId"]})'
    report = verified(in_tmp_path, "pairs_reported", otherwise)
    assert violated(report) == {}
    assert report.coverage.pairs_explored == report.coverage.pairs > 0


def called(site, nth=1, invocation=1, fault=None):
    error = None if fault is None else "Error"
    return Called(0, invocation, site, nth, fault, error)


FIRST = Fault(kind=FaultKind.CALL_FAILS, site="a:charge x", nth=1)
OTHER = Fault(kind=FaultKind.TIMEOUT_BEFORE, site="a:charge x", nth=1)


def scenario_of(fault):
    return Scenario(messages=(ScenarioMessage(name="m1", body="x"),), faults=(fault,))


def pairs(*singles):
    plain = calls_in([called("a:charge x")])
    return [scenario.faults for scenario in pair_scenarios(singles, plain)]


def test_calls_that_only_a_failure_leads_to_come_before_those_made_once_more():
    events = [
        called("a:charge x", fault=FIRST.kind),
        called("a:charge x", nth=2, invocation=2),
        called("a:alarm"),
    ]
    seconds = [second.site for _, second in pairs((scenario_of(FIRST), events))]
    alarms = seconds.count("a:alarm")
    assert seconds == ["a:alarm"] * alarms + ["a:charge x"] * (len(seconds) - alarms)
    assert 0 < alarms < len(seconds)


def test_faults_that_lead_the_same_way_are_followed_once():
    events = [called("a:charge x", fault=FIRST.kind), called("a:charge x", nth=2, invocation=2)]
    same = [called("a:charge x", fault=OTHER.kind), *events[1:]]
    once = pairs((scenario_of(FIRST), events))
    assert pairs((scenario_of(FIRST), events), (scenario_of(OTHER), same)) == once
    elsewhere = [*same, called("a:alarm", invocation=2)]
    assert len(pairs((scenario_of(FIRST), events), (scenario_of(OTHER), elsewhere))) > len(once)


@pytest.mark.parametrize("events", [[], [called("a:charge x")], [called("b", fault=FIRST.kind)]])
def test_where_nothing_follows_there_is_no_second_fault(events):
    assert pairs((scenario_of(FIRST), events)) == []


CLAIMING = """
    from {name}_ledger import claim, charge, is_charged, release

    class Busy(Exception):
        pass

    def work(body):
        if is_charged(body):
            return
        if not claim(body):
            raise Busy
        try:
            charge(body)
        finally:
            release(body)

    def handler(event, context):
        failed = []
        for record in event["Records"]:
            try:
                work(record["body"])
            except Busy:
                {busy}
            except Exception:
                failed.append({{"itemIdentifier": record["messageId"]}})
        return {{"batchItemFailures": failed}}
"""

CLAIMS = """
    import time

    charged, claims = set(), {}

    def is_charged(body):
        return body in charged

    def claim(body):
        if claims.get(body, 0) > time.time():
            return False
        claims[body] = time.time() + 20
        return True

    def charge(body):
        charged.add(body)

    def release(body):
        claims.pop(body, None)

    def effects():
        return {"charged": sorted(charged)}

    def reset():
        charged.clear()
        claims.clear()
"""


def claiming(in_tmp_path, name, busy):
    write_module(in_tmp_path, f"{name}_ledger", CLAIMS)
    write_module(in_tmp_path, name, CLAIMING.format(name=name, busy=busy))
    return Contract(
        f"{name}:handler",
        bodies=['{"id": "a"}'],
        effects=f"{name}_ledger:effects",
        reset=f"{name}_ledger:reset",
        fault_sites=[f"{name}_ledger:claim", f"{name}_ledger:charge"],
        clauses=["no-loss"],
        max_examples=0,
        deployment=Deployment.of(report_batch_item_failures=True, max_receive_count=3),
    ).verify()


def test_a_copy_let_go_because_another_has_the_claim_is_lost_with_the_other(in_tmp_path):
    """A claim that is released, and runs out, survives each single fault: only who trusted in it loses the message."""
    report = claiming(in_tmp_path, "pairs_trusting", "pass")
    (finding, *_) = violated(report)["no-loss"].findings
    assert finding.violation.mode == "left-to-another"
    assert [fault.kind for fault in finding.scenario.faults] == [
        FaultKind.OVERLAPPED,
        FaultKind.CALL_FAILS,
    ]


def test_a_copy_that_is_reported_while_another_has_the_claim_is_not_lost(in_tmp_path):
    """The correct twin."""
    failed = 'failed.append({"itemIdentifier": record["messageId"]})'
    assert not violated(claiming(in_tmp_path, "pairs_waiting", failed))
