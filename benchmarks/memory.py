"""Peak memory of a queue that holds a million messages. Runs in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.figures import Figure

MESSAGES = 1_000_000
MOCKED = 2_000
BODY = '{"order_id": "o-%07d", "customer": "ada", "amount": 25}'


def measure() -> Iterator[Figure]:
    """Our queue, and moto's for as many messages as it can take in a while."""
    ours = _in_a_process("simulator", MESSAGES)
    yield Figure(f"sqs-contract, {MESSAGES:,} messages", ours / 2**20, "MiB at peak")
    each = ours / MESSAGES
    yield Figure("sqs-contract, each message", each, "bytes")
    mocked = _in_a_process("moto", MOCKED) / MOCKED
    yield Figure(
        f"moto, each message ({MOCKED:,} sent)", mocked, "bytes", f"{mocked / each:.1f} x ours"
    )


def _in_a_process(what: str, count: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", what, str(count)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout)


def _fill_simulator(count: int) -> int:
    from sqs_contract import Simulation

    simulation = Simulation(lambda _event, _context: None)
    before = _peak_bytes()
    for number in range(count):
        simulation.send(BODY % number)
    grown = _peak_bytes() - before
    assert len(simulation.waiting) == count
    return grown


def _fill_moto(count: int) -> int:
    import boto3
    from moto import mock_aws

    with mock_aws():
        client = boto3.client("sqs", region_name="us-east-1")
        url = client.create_queue(QueueName="q")["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody="what is loaded once is not counted")
        before = _peak_bytes()
        for start in range(0, count, 10):
            client.send_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(n), "MessageBody": BODY % n} for n in range(start, start + 10)],
            )
        return _peak_bytes() - before


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    fill = {"simulator": _fill_simulator, "moto": _fill_moto}[sys.argv[1]]
    print(fill(int(sys.argv[2])))
