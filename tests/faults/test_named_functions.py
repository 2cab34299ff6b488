"""Functions the user names are fault sites: wherever they were taken by name, at every cold start."""

from __future__ import annotations

import pytest
from playing import calls, error_types, playing, strike

from sqs_contract import Contract, Deployment
from sqs_contract.clauses.verdict import Verdict
from sqs_contract.errors import UsageError
from sqs_contract.scenario import FaultKind

BODY = '{"id": "a"}'
WAYS = [
    ("reports", "gateway.client:charge"),
    ("reports_async", "gateway.client:charge_later"),
    ("reports_by_method", "gateway.client:Client.send"),
    ("reports_by_static_method", "gateway.client:Client.ping"),
    ("reports_by_class_method", "gateway.client:Client.make"),
]
EACH = pytest.mark.parametrize(("handler", "function"), WAYS)


def stand_for(handler, *sites):
    return playing(
        f"gateway.handlers:{handler}",
        effects="gateway.ledger:effects",
        reset="gateway.ledger:reset",
        fault_sites=sites,
        report_batch_item_failures=True,
        max_receive_count=2,
    )


def play(handler, function, *faults):
    with stand_for(handler, function) as stand:
        stand.player.program.share_world(shared=True)
        return stand.play(BODY, faults=faults)


@EACH
def test_each_call_is_a_site_named_after_the_function_and_its_first_argument(handler, function):
    run = play(handler, function)
    assert [it.site for it in calls(run)] == [f"{function} a"]
    assert list(run.worlds[-1]) == ["a"]


@EACH
def test_a_function_that_fails_does_nothing_and_raises_as_the_network_does(handler, function):
    run = play(handler, function, strike(FaultKind.CALL_FAILS, f"{function} a"))
    assert [it.error for it in calls(run)] == ["ConnectionError", None]
    assert run.worlds[1] == {}
    assert list(run.worlds[-1]) == ["a"]


@EACH
def test_a_function_whose_answer_is_lost_took_effect(handler, function):
    run = play(handler, function, strike(FaultKind.ANSWER_LOST, f"{function} a"))
    assert calls(run)[0].error == "TimeoutError"
    assert list(run.worlds[1]) == ["a"]


@EACH
@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER])
def test_the_sandbox_dies_at_the_function_and_the_next_one_has_the_site_too(
    handler, function, kind
):
    """The modules are imported anew for the next sandbox, and the function with them."""
    run = play(handler, function, strike(kind, f"{function} a"))
    assert error_types(run) == ["Sandbox.Timedout", None]
    assert [it.nth for it in calls(run)] == [1, 2]
    assert list(run.worlds[1]) == (["a"] if kind is FaultKind.TIMEOUT_AFTER else [])


def test_the_exception_is_the_one_that_was_named():
    site = "gateway.client:charge"
    fault = strike(FaultKind.CALL_FAILS, f"{site} a")
    run = play("reports", f"{site}=gateway.client:GatewayDown", fault)
    assert calls(run)[0].error == "GatewayDown"
    run = play("reports", f"{site}=builtins:ValueError", fault)
    assert calls(run)[0].error == "ValueError"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("gateway.client", "must be given as module:name"),
        ("gateway.client:charged", "has no 'charged'"),
        ("gateway.nowhere:charge", "there is no module 'gateway.nowhere'"),
        ("gateway.client:NOT_A_FUNCTION", "is no function"),
        ("gateway.client:Client", "is no function"),
        ("gateway.client:charges", "is a generator"),
        ("gateway.client:charge=gateway.client:Client", "is no exception"),
        ("gateway.client:charge=gateway.client:Gone", "has no 'Gone'"),
        ("gateway.client:charge=Gone", "must be given as module:name"),
    ],
)
def test_what_cannot_be_a_site_is_said_in_one_line(given, said):
    with pytest.raises(UsageError, match=r"fault site") as caught, stand_for("reports", given):
        pytest.fail("it was taken")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_being_named_a_function_is_no_site():
    """Look-alike."""
    with stand_for("reports") as stand:
        stand.player.program.share_world(shared=True)
        assert calls(stand.play(BODY)) == []


def verified(handler, *sites):
    return Contract(
        f"gateway.handlers:{handler}",
        bodies=[BODY],
        effects="gateway.ledger:effects",
        reset="gateway.ledger:reset",
        fault_sites=sites,
        max_examples=5,
        deployment=Deployment.of(report_batch_item_failures=True, max_receive_count=3),
    ).verify()


def violated(report):
    return {it.id for it in report.clauses if it.verdict is Verdict.VIOLATED}


def test_a_handler_that_swallows_the_failure_of_a_named_function_loses_messages():
    assert "no-loss" in violated(verified("swallows", "gateway.client:charge"))


def test_one_that_reports_it_keeps_the_contract():
    """The correct twin."""
    report = verified("reports", "gateway.client:charge")
    assert violated(report) == set()
    assert report.coverage.single_faults_explored == report.coverage.single_faults > 8
    assert report.notes == ()


def test_a_function_that_is_never_called_is_told():
    report = verified("swallows", "gateway.client:charge_later")
    assert any("gateway.client:charge_later' was never called" in note for note in report.notes)


def test_a_counterexample_is_replayed_with_the_sites_it_was_found_with(tmp_path, monkeypatch):
    from sqs_contract.replay import replay_file
    from sqs_contract.report.document import save_counterexample

    monkeypatch.chdir(tmp_path)
    report = verified("swallows", "gateway.client:charge")
    [finding] = report.clauses[3].findings
    saved = save_counterexample(finding, report.request.program, "either")
    assert replay_file(tmp_path / saved).violated


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("gateway.client:charge", "must be a list"),
        (3, "must be a list"),
        ([3], "or a function found under a name"),
        ([lambda: None], "or a function found under a name"),
    ],
)
def test_what_is_no_list_of_functions_is_refused_at_once(given, said):
    with pytest.raises(UsageError, match=said):
        Contract("gateway.handlers:reports", fault_sites=given)
