"""The types of the public API, for the type checkers. Nobody runs this file."""

from __future__ import annotations

from collections.abc import Iterator
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
from sqs_contract.scenario import Scenario
from sqs_contract.strategies import (
    Sent,
    bodies_from_model,
    bodies_from_schema,
    bodies_like,
    deployments,
    envelopes,
    fault_plans,
    fifo_events,
    handler_responses,
    json_bodies,
    malformed_bodies,
    message_attributes,
    message_bodies,
    receive_counts,
    records,
    sample_events,
    sample_records,
    scenarios,
    sns_envelopes,
    sqs_events,
)

assert_type(fifo_events(bodies=envelopes()), st.SearchStrategy[dict[str, Any]])
assert_type(envelopes(kinds=["sns"], bodies=message_bodies()), st.SearchStrategy[Sent])
assert_type(sns_envelopes(), st.SearchStrategy[str])
assert_type(json_bodies({"id": int}, optional=["id"]), st.SearchStrategy[str])
assert_type(bodies_like(["{}", {"id": 1}]), st.SearchStrategy[str])
assert_type(bodies_from_schema({"type": "object"}), st.SearchStrategy[str])
assert_type(bodies_from_model(Deployment), st.SearchStrategy[str])
assert_type(receive_counts(), st.SearchStrategy[int])
assert_type(fault_plans(), st.SearchStrategy[tuple[Fault, ...]])
assert_type(deployments(), st.SearchStrategy[Deployment])
assert_type(scenarios(deployments=deployments()), st.SearchStrategy[Scenario])
assert_type(handler_responses(["id"], well_formed=True), st.SearchStrategy[Any])
assert_type(sample_events(1), Iterator[dict[str, Any]])
assert_type(sample_records(1, bodies=["x"]), Iterator[dict[str, Any]])
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
