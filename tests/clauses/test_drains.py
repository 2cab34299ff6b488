"""`drains`: what a fault leaves behind does not keep later deliveries from doing the work."""

from __future__ import annotations

import textwrap

import pytest

from sqs_contract import Contract, Deployment
from sqs_contract.clauses.verdict import Verdict

CLAIMING = """
    import time

    claims, done = {}, {}

    def reset():
        claims.clear()
        done.clear()

    def effects():
        return sorted(done)

    def save(body):
        done[body] = True

    def claim(body, lasting):
        if claims.get(body, 0) > time.time():
            raise RuntimeError("somebody else is at it")
        claims[body] = time.time() + lasting
"""

HANDLER = """
    from claiming_world import claim, done, save

    def handler(event, context):
        for record in event["Records"]:
            if record["body"] not in done:
                claim(record["body"], lasting=LASTING)
                save(record["body"])
"""


@pytest.mark.parametrize(
    ("lasting", "verdict"),
    [("10**6", Verdict.VIOLATED), ("25", Verdict.HELD)],
    ids=["for ever", "shorter than the visibility timeout"],
)
def test_a_claim_of_a_dead_sandbox_is_over_when_the_message_comes_back(
    in_tmp_path, lasting, verdict
):
    """S98: a fault struck once, and nothing is wrong any more."""
    for name, text in (
        ("claiming_world", CLAIMING),
        ("claiming_handler", HANDLER.replace("LASTING", lasting)),
    ):
        (in_tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    report = Contract(
        "claiming_handler:handler",
        bodies=["a", "b", "c"],
        effects="claiming_world:effects",
        reset="claiming_world:reset",
        fault_sites=["claiming_world:save"],
        deployment=Deployment.of(max_receive_count=3),
        clauses=["drains"],
        max_examples=0,
    ).verify()
    [clause] = report.clauses
    assert clause.verdict is verdict


BOOKS = """
    import json

    rows = {}

    def reset():
        rows.clear()

    def effects():
        return dict(rows)
"""

BOOKING = """
    import json
    from refusing_world import rows

    def handler(event, context):
        failures = []
        for record in event["Records"]:
            try:
                order = json.loads(record["body"])
                rows[order["id"]] = PRICE
            except (ValueError, KeyError):
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}
"""


@pytest.mark.parametrize(
    ("price", "poison", "verdict"),
    [
        ('order["price"]', "none", Verdict.VIOLATED),
        ('order.get("price", 0)', "none", Verdict.HELD),
        ('order["price"]', "either", Verdict.HELD),
    ],
    ids=["a price is asked of all", "a price may be missing", "nothing is said of the bodies"],
)
def test_a_body_that_is_refused_breaks_it_where_none_is_malformed(
    in_tmp_path, price, poison, verdict
):
    """Malformed bodies that we make ourselves may be refused all the same."""
    for name, text in (
        ("refusing_world", BOOKS),
        ("refusing_handler", BOOKING.replace("PRICE", price)),
    ):
        (in_tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    report = Contract(
        "refusing_handler:handler",
        bodies=['{"id": 1, "price": 5}', '{"id": 2}'],
        effects="refusing_world:effects",
        reset="refusing_world:reset",
        deployment=Deployment.of(max_receive_count=3, report_batch_item_failures=True),
        clauses=["drains"],
        max_examples=0,
        poison=poison,
    ).verify()
    [clause] = report.clauses
    assert clause.verdict is verdict
    if verdict is Verdict.VIOLATED:
        [finding] = clause.findings
        assert [message.body for message in finding.scenario.messages] == ['{"id": 2}']
        assert finding.scenario.faults == ()
