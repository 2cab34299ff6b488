"""What the handler owes: one module a clause, and the registry of them.

A clause is an id, a sentence, and `judge`, which looks at one run and says
whether the run put the clause to the test and whether it was broken.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from sqs_contract.clauses import (
    deadline,
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
    """One thing the handler owes; `fifo_only`, where the queue is FIFO; `asked_only`, where it
    was asked for by name."""

    id: str
    owes: str
    judge: Callable[[Analysis, PoisonPolicy], Judgement]
    fifo_only: bool = False
    asked_only: bool = False
    severity: Severity = Severity.ERROR

    def is_due(self, asked: Collection[str], *, fifo: bool) -> bool:
        """Whether it is judged, where these were asked for by name, or none."""
        if asked:
            return self.id in asked
        return not self.asked_only and (fifo or not self.fifo_only)


CLAUSES: Final = {
    module.ID: Clause(
        id=module.ID,
        owes=module.OWES,
        judge=module.judge,
        fifo_only=module is fifo_order,
        asked_only=module is deadline,
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
        deadline,
    )
}
"""All clauses by id, in the order in which they are reported."""
