"""The simulator by hand, on a FIFO queue: groups and duplicates."""

from __future__ import annotations

import pytest

from sqs_contract import Deployment, Simulation, UsageError


def test_a_fifo_queue_wants_a_group():
    """S26."""
    simulation = Simulation(lambda _event, _context: None, deployment=Deployment.of(fifo=True))
    with pytest.raises(UsageError, match=r"SQS refuses message 'm1'.*MessageGroupId"):
        simulation.send("a")


def test_a_group_keeps_its_order_beside_another():
    """S45, S48, S97."""
    batches = []

    def handler(event, _context):
        batches.append([record["body"] for record in event["Records"]])
        if len(batches) == 1:
            raise RuntimeError("not yet")

    simulation = Simulation(handler, deployment=Deployment.of(fifo=True, batch_size=2))
    for body, group in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")):
        simulation.send(body, group=group)
    simulation.run()
    assert batches == [["a1", "a2"], ["b1"], ["a1", "a2"], ["a3"]]


def test_a_deduplication_id_is_delivered_once():
    """S51."""
    seen = []
    simulation = Simulation(
        lambda event, _context: seen.extend(record["body"] for record in event["Records"]),
        deployment=Deployment.of(fifo=True),
    )
    simulation.send("a", group="g", deduplication_id="1")
    simulation.send("b", group="g", deduplication_id="1")
    simulation.run()
    assert seen == ["a"]
