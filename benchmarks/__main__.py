"""`python -m benchmarks [--endpoint-url URL] [--only SECTION]...`: all figures, in one run."""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import version

from benchmarks import deliveries, events, exploration, memory, proxy, runtime, startup, worlds
from benchmarks.figures import show

SECTIONS = {
    "deliveries": ("Deliveries, batches of 10, trivial handler", deliveries.measure),
    "worlds": ("Full worlds: 3 messages, 1 fault, redelivery, judged", worlds.measure),
    "exploration": ("Every single fault of a correct handler, 3 messages", exploration.measure),
    "events": ("Events drawn by a strategy, in a test that does nothing", events.measure),
    "plugin": ("Start-up of a suite that does not use the plugin", startup.measure_plugin),
    "verify": ("verify, from process start, DynamoDB effects", startup.measure_verify),
    "proxy": ("Calls through the fault proxy, at an endpoint that does nothing", proxy.measure),
    "runtime": ("Through the Lambda Runtime API, real processes", runtime.measure),
    "memory": ("Memory of a full queue", memory.measure),
}


def main() -> None:
    """Measure, section by section."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--endpoint-url", help="an SQS endpoint to measure beside ours")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="only this section")
    arguments = parser.parse_args()
    print(
        f"sqs-contract {version('sqs-contract')}, Python {platform.python_version()}, "
        f"{platform.machine()} with {os.cpu_count()} cores; "
        + ", ".join(f"{name} {version(name)}" for name in ("hypothesis", "moto", "boto3", "pytest"))
    )
    for name, (title, measure) in SECTIONS.items():
        if arguments.only and name not in arguments.only:
            continue
        if name == "deliveries":
            show(title, deliveries.measure(arguments.endpoint_url))
        else:
            show(title, measure())


if __name__ == "__main__":
    main()
