"""`response-shape`: what is returned can be serialised and reads as it was meant."""

from __future__ import annotations

import json

import pytest
from playing import modes, playing, strike

from sqs_contract.scenario import FaultKind

CLAUSE = "response-shape"


def judged(answer, *bodies, on=True, faults=()):
    """The judgement on a handler that returns `answer(ids)` for the ids of its batch."""

    def handler(event, _):
        return answer([record["messageId"] for record in event["Records"]])

    with playing(
        handler, effects=dict, report_batch_item_failures=on, max_receive_count=2
    ) as stand:
        return stand.judge(CLAUSE, *(bodies or ("a", "b")), faults=faults)


def report(ids, key="batchItemFailures", item="itemIdentifier"):
    return {key: [{item: given} for given in ids]}


@pytest.mark.parametrize(
    "answer",
    [
        lambda ids: report(ids),  # noqa: PLW0108
        lambda ids: report(ids[:1]),
        lambda ids: report(ids[:1] * 2),
        lambda _: report([]),
        lambda _: {"batchItemFailures": None},
        lambda _: {},
        lambda _: None,
        lambda ids: {**report(ids), "extra": 1},
        lambda ids: json.dumps(report(ids)).encode(),
    ],
)
def test_what_lambda_understands_is_kept(answer):
    assert modes(judged(answer)) == []


@pytest.mark.parametrize(
    ("answer", "mode"),
    [
        (lambda ids: {"batchItemFailures": [{"itemIdentifier": set(ids)}]}, "unserialisable"),
        (lambda ids: ids and {1}, "unserialisable"),
        (lambda _: "x" * 6_300_000, "too-large"),
        (lambda ids: report(ids, key="BatchItemFailures"), "wrong-key"),
        (lambda ids: report(ids, key="batch_item_failures"), "wrong-key"),
        (lambda ids: {"statusCode": 200, "body": json.dumps(report(ids))}, "wrong-key"),
        (lambda ids: {"result": report(ids)}, "wrong-key"),
        (lambda ids: {"failures": [{"itemIdentifier": ids[0]}]}, "wrong-key"),
        (lambda ids: report(ids, item="ItemIdentifier"), "row-10"),
        (lambda ids: report(ids, item="messageId"), "row-10"),
        (lambda _: report([""]), "row-11"),
        (lambda _: report([None]), "row-11"),
        (lambda _: report(["no-such-id"]), "row-12"),
        (lambda ids: report([*ids, 7]), "row-12"),
        (lambda _: b"not json", "row-13"),
        (lambda _: {"batchItemFailures": [], "n": float("nan")}, "row-13"),
        (lambda ids: {"batchItemFailures": ids}, "row-14"),
        (lambda _: "ok", "row-14"),
        (lambda _: True, "row-14"),
    ],
)
def test_what_lambda_reads_otherwise_is_told_with_what_aws_makes_of_it(answer, mode):
    judgement = judged(answer)
    assert modes(judgement) == [mode]
    [violation] = judgement.violations
    assert violation.claim
    assert violation.why
    assert violation.remedies


def test_the_claim_names_the_item_that_spoils_the_report():
    [violation] = judged(lambda ids: report([ids[0], "no-such-id"])).violations
    assert "no-such-id" in violation.claim
    assert "all 2 come back" in violation.why


def test_a_dict_that_is_no_report_is_success_and_no_mistake():
    """S86: it is a trap, but not one of the response's shape."""
    assert modes(judged(lambda _: {"statusCode": 200})) == []


def test_a_report_nobody_reads():
    """S85."""
    judgement = judged(lambda ids: report(ids), on=False)  # noqa: PLW0108
    assert modes(judgement) == ["reporting-off"]
    assert "all 2 are deleted" in judgement.violations[0].why


@pytest.mark.parametrize("answer", [lambda _: report([]), lambda _: "anything", lambda _: None])
def test_where_reports_are_off_any_other_answer_will_do(answer):
    """Look-alike of the above: an empty report loses nothing."""
    assert modes(judged(answer, on=False)) == []


def test_an_exception_is_no_response():
    def fail(_):
        raise ValueError

    assert not judged(fail).tested


def test_a_response_that_never_reached_lambda_is_not_judged():
    crashed = [strike(FaultKind.CRASH_AFTER, 1), strike(FaultKind.CRASH_AFTER, 2)]
    assert not judged(lambda _: {1}, faults=crashed).tested
