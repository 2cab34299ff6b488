"""Why a clause was put to the test by no scenario."""

from __future__ import annotations

from sqs_contract.deployment import Deployment
from sqs_contract.explore.cases import Cases


def why_not_checked(clause_id: str, deployment: Deployment, cases: Cases) -> str:
    """The reason, and what to give so that the clause can be checked."""
    if clause_id == "exact-report" and not deployment.mapping.report_batch_item_failures:
        return "ReportBatchItemFailures is off: Lambda reads no report"
    if clause_id == "isolation" and deployment.mapping.batch_size == 1:
        return "the batch size is 1: a record has no neighbours"
    if clause_id == "fifo-order" and not deployment.queue.fifo:
        return "the queue is standard: it keeps no order"
    if not cases.healthy:
        if cases.refusal is None and cases.filtered:
            return (
                f"none of the {cases.filtered} bodies matches a filter of the mapping: Lambda "
                "deletes them, and the handler never sees them (S108)"
            )
        if cases.refusal is None:
            return "there are no bodies to try: give --bodies"
        return (
            "the handler refused every body, even alone and without faults "
            f"({cases.refusal}): give --bodies it accepts, or a --reset that prepares what it "
            "needs"
        )
    if clause_id in ("no-loss", "idempotent", "exact-report") and not cases.visible:
        return (
            "no effect of the handler could be seen: it changed nothing in the mocked AWS; "
            "give --effects module:function that returns what it changes"
        )
    return "no scenario put it to the test"
