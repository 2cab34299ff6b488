"""What a failure leaves in a warm sandbox: told as what it is by `stateless` and `idempotent`."""

from __future__ import annotations

import textwrap

import pytest

from sqs_contract import Contract, Deployment
from sqs_contract.clauses.verdict import Verdict

WORLD = """
    rows = {}

    def reset():
        rows.clear()

    def effects():
        return dict(rows)

    def save(key, amount):
        rows[key] = amount

    def fetch_rates():
        return {"EUR": 2}
"""

REPORT_KEPT = """
    import json
    from memory_world import save

    def work(record, failed=KEPT):
        try:
            data = json.loads(record["body"])
            save(data["id"], 1)
        except Exception:
            failed.append({"itemIdentifier": record["messageId"]})
        return failed

    def handler(event, context):
        failed = []
        for record in event["Records"]:
            failed = CALL
        return {"batchItemFailures": failed}
"""

CACHE = """
    import json
    from memory_world import fetch_rates, save

    rates = None

    def rate(currency):
        global rates
        if rates is None:
            FILL
        return rates.get(currency, 1)

    def handler(event, context):
        failed = []
        for record in event["Records"]:
            try:
                data = json.loads(record["body"])
                save(data["id"], rate("EUR") * 5)
            except Exception:
                failed.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failed}
"""


@pytest.fixture
def clause_of(in_tmp_path):
    def verify(handler, clause):
        for name, text in (("memory_world", WORLD), ("memory_handler", handler)):
            (in_tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        [found] = (
            Contract(
                "memory_handler:handler",
                bodies=['{"id": "a1"}'],
                effects="memory_world:effects",
                reset="memory_world:reset",
                fault_sites=["memory_world:save", "memory_world:fetch_rates"],
                deployment=Deployment.of(report_batch_item_failures=True, max_receive_count=3),
                clauses=[clause],
                max_examples=0,
            )
            .verify()
            .clauses
        )
        return found

    return verify


def modes(clause):
    return {finding.violation.mode for finding in clause.findings}


def reporting_into(default, call):
    return REPORT_KEPT.replace("KEPT", default).replace("CALL", call)


def test_a_report_kept_between_invocations_makes_later_batches_fail(clause_of):
    """A mutable default argument: what poison left in it is reported for every later batch."""
    clause = clause_of(reporting_into("[]", "work(record)"), "stateless")
    assert modes(clause) == {"refused-warm"}


def test_a_report_made_anew_by_each_invocation_does_not(clause_of):
    """The correct twin."""
    clause = clause_of(reporting_into("None", "work(record, failed)"), "stateless")
    assert clause.verdict is Verdict.HELD


def test_a_cache_that_a_failure_leaves_empty_is_told_as_memory(clause_of):
    """It is not that the message comes again: in a new sandbox the amount is right."""
    fill = "rates = {}; rates.update(fetch_rates())"
    assert "remembered" in modes(clause_of(CACHE.replace("FILL", fill), "idempotent"))


def test_a_cache_that_is_filled_in_one_step_breaks_nothing(clause_of):
    """The correct twin."""
    clause = clause_of(CACHE.replace("FILL", "rates = fetch_rates()"), "idempotent")
    assert clause.verdict is Verdict.HELD
