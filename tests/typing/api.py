"""The types of the public API, for the type checkers. Nobody runs this file."""

from __future__ import annotations

from typing import Any, assert_type

from hypothesis import strategies as st

from sqs_contract import (
    BoundClause,
    Contract,
    Deployment,
    Fault,
    FaultKind,
    Simulation,
)
from sqs_contract.strategies import (
    malformed_bodies,
    message_attributes,
    message_bodies,
    records,
    sqs_events,
)

assert_type(sqs_events(bodies=st.just("x")), st.SearchStrategy[dict[str, Any]])
assert_type(records(), st.SearchStrategy[dict[str, Any]])
assert_type(message_bodies(), st.SearchStrategy[str])
assert_type(malformed_bodies(like="{}"), st.SearchStrategy[str])
assert_type(message_attributes(), st.SearchStrategy[dict[str, dict[str, Any]]])

settings = Deployment.of(batch_size=1, report_batch_item_failures=True)
assert_type(settings, Deployment)

contract = Contract("shop.orders:handler", deployment=settings, bodies=["{}"], poison="report")
assert_type(contract.result("idempotent").id, str)
BoundClause(contract, "idempotent").check()

simulation = Simulation(
    lambda event, context: None,
    deployment=settings,
    faults=[Fault(kind=FaultKind.DUPLICATE_LATER, message="m1")],
)
assert_type(simulation.send("hello"), str)
assert_type(simulation.deleted, list[str])
