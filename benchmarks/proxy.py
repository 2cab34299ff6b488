"""The fault proxy: what a call costs through it, beside the same call without."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Figure, now, times

CALLS = 300
WARM_UP = 30

_ENDPOINT = """
from aiohttp import web

BODY = b"{}"

async def answer(request):
    await request.read()
    return web.Response(body=BODY, headers={"Content-Type": "application/x-amz-json-1.0"})

import asyncio

async def main():
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
"""An endpoint that does nothing, in a process of its own: what is left is the way to it."""


def measure() -> Iterator[Figure]:
    """Deletes at an endpoint that does nothing, without and with the proxy between."""
    endpoint = _start([sys.executable, "-c", _ENDPOINT], "stdout")
    try:
        upstream = endpoint.stdout.readline().strip()
        proxy = _start(
            [sys.executable, "-m", "sqs_contract.cli", "proxy", "--upstream", upstream], "stderr"
        )
        try:
            own = proxy.stderr.readline().partition("listening on ")[2].partition(",")[0]
            without, through = _durations(upstream), _durations(own)
        finally:
            _end(proxy)
    finally:
        _end(endpoint)
    direct, behind = statistics.median(without), statistics.median(through)
    rate, bare = len(through) / sum(through), len(without) / sum(without)
    yield Figure("through the proxy", rate, "calls/s")
    yield Figure("without it", bare, "calls/s", times(rate, bare))
    yield Figure("added by it, at the median", (behind - direct) * 1_000, "ms")


def _durations(url: str) -> list[float]:
    import boto3

    client = boto3.client(
        "sqs",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    found = []
    for _ in range(WARM_UP + CALLS):
        started = now()
        client.delete_message(QueueUrl=f"{url}/1/orders", ReceiptHandle="handle")
        found.append(now() - started)
    return found[WARM_UP:]


def _start(command: list[str], stream: str) -> Any:
    return subprocess.Popen(
        command, text=True, **{"stdout": subprocess.DEVNULL, stream: subprocess.PIPE}
    )


def _end(process: Any) -> None:
    process.terminate()
    process.communicate(timeout=10)
