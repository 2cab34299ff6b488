"""What the handler owes: one module a clause, and the registry of them.

A clause is an id, a sentence, and `judge`, which looks at one run and says
whether the run put the clause to the test and whether it was broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqs_contract.clauses import (
    drains,
    exact_report,
    fifo_order,
    idempotent,
    isolation,
    no_loss,
    response_shape,
    stateless,
)
from sqs_contract.clauses.verdict import Judgement, PoisonPolicy, Severity
from sqs_contract.oracle.analysis import Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing the handler owes; `fifo_only`, where the queue is FIFO."""

    id: str
    owes: str
    judge: Callable[[Analysis, PoisonPolicy], Judgement]
    fifo_only: bool = False
    severity: Severity = Severity.ERROR


CLAUSES: Final = {
    module.ID: Clause(
        id=module.ID, owes=module.OWES, judge=module.judge, fifo_only=module is fifo_order
    )
    for module in (
        response_shape,
        exact_report,
        isolation,
        no_loss,
        idempotent,
        fifo_order,
        stateless,
        drains,
    )
}
"""All clauses by id, in the order in which they are reported."""
