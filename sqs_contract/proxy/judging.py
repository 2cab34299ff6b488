"""The clauses that can be judged of a consumer that polls by itself, in the order in which they
are told. The others are about what a handler returns to Lambda."""

from __future__ import annotations

from sqs_contract.proxy.by_effects import judge_idempotent, judge_no_loss
from sqs_contract.proxy.by_history import judge_drains, judge_fifo_order
from sqs_contract.proxy.session import Result, Session


def judge(session: Session) -> list[Result]:
    """The verdicts on all of them."""
    return [
        clause(session)
        for clause in (judge_no_loss, judge_idempotent, judge_fifo_order, judge_drains)
    ]
