"""A Lambda context for code that a test calls directly."""

from __future__ import annotations

from typing import NoReturn

from sqs_contract.deployment.settings import Deployment
from sqs_contract.library.faults import SqsFaults
from sqs_contract.targets.context import LambdaContext
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.life import SandboxEnded


def context_for(deployment: Deployment, faults: SqsFaults | None) -> LambdaContext:
    """A context whose remaining time runs as slow calls of `faults` do; without, it stands still.

    The deadline ends the code where it passes.
    """
    clock = VirtualClock() if faults is None else faults.clock
    context = LambdaContext(
        request_id="00000000-0000-4000-8000-000000000001",
        deployment=deployment,
        log_stream="2025/12/31/[$LATEST]00000000000000000000000000000001",
        clock=clock,
    )
    if faults is not None:

        def begin() -> None:
            clock.deadline_us = clock.now_us + deployment.function.timeout_ms * 1000
            clock.on_deadline = _time_out
            context.begin()

        begin()
        faults.begin_invocation = begin
    return context


def _time_out() -> NoReturn:
    raise SandboxEnded
