"""A Lambda context for code that a test calls directly."""

from __future__ import annotations

from typing import NoReturn

from sqs_contract.deployment.settings import Deployment
from sqs_contract.targets.context import LambdaContext
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.life import SandboxEnded


def context_for(deployment: Deployment, clock: VirtualClock | None) -> LambdaContext:
    """A context whose remaining time runs by `clock`; by none, it stands still.

    On a clock that is given, the deadline ends the code where it passes.
    """
    if clock is not None:
        clock.deadline_us = clock.now_us + deployment.function.timeout_ms * 1000
        clock.on_deadline = _time_out
    return LambdaContext(
        request_id="00000000-0000-4000-8000-000000000001",
        deployment=deployment,
        log_stream="2025/12/31/[$LATEST]00000000000000000000000000000001",
        clock=clock or VirtualClock(),
    )


def _time_out() -> NoReturn:
    raise SandboxEnded
