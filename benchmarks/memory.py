"""Peak memory of a queue that holds a million messages. Runs in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import TypeAlias

from benchmarks.figures import Figure

Filler: TypeAlias = Callable[[int], None]

MESSAGES = 1_000_000
MOCKED = 2_000
BODY = '{"order_id": "o-%07d", "customer": "ada", "amount": 25}'


def measure() -> Iterator[Figure]:
    """Our queue, full; then ours and moto's beside each other, as many as moto takes in a while."""
    whole = _in_a_process("whole", MESSAGES)
    yield Figure(f"sqs-contract, {MESSAGES:,} messages", whole / 2**20, "MiB at peak")
    yield Figure("sqs-contract, each of them", whole / MESSAGES, "bytes")
    ours = _in_a_process("simulator", MOCKED) / MOCKED
    mocked = _in_a_process("moto", MOCKED) / MOCKED
    yield Figure(f"sqs-contract, each of {MOCKED:,}", ours, "bytes allocated")
    yield Figure(
        f"moto, each of {MOCKED:,}",
        mocked,
        "bytes allocated",
        f"ours is {ours / mocked:.2f} x this",
    )


def _in_a_process(what: str, count: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", what, str(count)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout)


def _whole(count: int) -> int:
    """How far the memory of the process grows, at its peak."""
    before = _peak_bytes()
    _simulator()(count)
    return _peak_bytes() - before


def _allocated(start: Callable[[], Filler], count: int) -> int:
    """What Python allocates for the messages, and keeps."""
    fill = start()
    tracemalloc.start()
    fill(count)
    return tracemalloc.get_traced_memory()[0]


def _simulator() -> Filler:
    from sqs_contract import Simulation

    simulation = Simulation(lambda _event, _context: None)

    def fill(count: int) -> None:
        for number in range(count):
            simulation.send(BODY % number)
        assert len(simulation.waiting) == count

    return fill


def _moto() -> Filler:
    import boto3
    from moto import mock_aws

    mock_aws().start()
    client = boto3.client("sqs", region_name="us-east-1")
    url = client.create_queue(QueueName="q")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="what is loaded once is not counted")

    def fill(count: int) -> None:
        for start in range(0, count, 10):
            client.send_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(n), "MessageBody": BODY % n} for n in range(start, start + 10)],
            )

    return fill


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    match what:
        case "whole":
            print(_whole(count))
        case "simulator":
            print(_allocated(_simulator, count))
        case "moto":
            print(_allocated(_moto, count))
