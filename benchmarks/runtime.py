"""Invocations per second through the Lambda Runtime API, of a handler that does nothing."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import ROUNDS, Figure, now

INVOCATIONS = 3_000
COLD_STARTS = 20
HANDLER = 'def handler(event, context):\n    return {"batchItemFailures": []}\n'
EVENT = {"Records": [{"messageId": "m1", "body": "{}"}]}


def measure() -> Iterator[Figure]:
    """Warm invocations and cold starts with awslambdaric, all processes on one core."""
    before = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "does_nothing.py").write_text(HANDLER, encoding="utf-8")
        sys.path.insert(0, folder)
        os.sched_setaffinity(0, {min(before)})
        try:
            yield from _measured()
        finally:
            os.sched_setaffinity(0, before)
            sys.path.remove(folder)


def _measured() -> Iterator[Figure]:
    # What starting and ending takes is measured apart, and taken away.
    empty = min(_play(0)[1] for _ in range(ROUNDS))
    played = [_play(INVOCATIONS) for _ in range(ROUNDS)]
    seconds, cpu = min(run[0] for run in played), min(run[1] for run in played) - empty
    yield Figure("awslambdaric, warm, on one core", INVOCATIONS / seconds, "invocations/s")
    yield Figure("the same, by the CPU time of all processes", INVOCATIONS / cpu, "invocations/s")
    cold = COLD_STARTS / min(_play(0, COLD_STARTS)[0] for _ in range(ROUNDS))
    yield Figure("awslambdaric, cold starts, on one core", cold, "starts/s")


def _play(invocations: int, starts: int = 0) -> tuple[float, float]:
    """Seconds, and seconds of CPU with all that comes before and after."""
    from sqs_contract import Deployment
    from sqs_contract.runtime.player import RuntimePlayer
    from sqs_contract.runtime.spec import RuntimeSpec
    from sqs_contract.targets.program import ProgramSpec

    deployment = Deployment.of(report_batch_item_failures=True)
    spec = ProgramSpec(handler="does_nothing:handler")
    before = _cpu()
    with RuntimePlayer.started(spec, deployment, RuntimeSpec()) as player:
        target = player.played
        target.new_world()
        target.prepare()
        started = now()
        for number in range(invocations):
            target.prepare()
            target.invoke(EVENT, number, deployment)
        for _ in range(starts):
            target.new_world()
            target.prepare()
        seconds = now() - started
    return seconds, _cpu() - before


def _cpu() -> float:
    """Seconds of CPU of this process and of those that it has waited for."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(who) for who in whose]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
