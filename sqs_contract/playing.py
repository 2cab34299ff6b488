"""Who plays the scenarios of a request: this process, or one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqs_contract.endpoints.connection import Connection
from sqs_contract.errors import UsageError
from sqs_contract.player import Player, Plays
from sqs_contract.request import Request


@contextmanager
def reaching(request: Request) -> Iterator[Connection | None]:
    """The endpoint of a request, if there is one. To be entered before any world is: there, time
    is virtual and AWS is mocked.

    Raises:
        UsageError: it does not answer as SQS does.
    """
    if request.endpoint is None:
        yield None
        return
    if request.isolated:
        raise UsageError(
            f"--isolated and --backend {request.endpoint.backend} do not go together yet: leave one out"
        )
    with Connection.entered(request.endpoint) as connection:
        yield connection


@contextmanager
def playing(request: Request) -> Iterator[Plays]:
    """Whoever plays the scenarios of a request: in this process, or in one of its own.

    Raises:
        UsageError: the program cannot be imported or called.
    """
    program, deployment = request.program, request.deployment
    if not request.isolated:
        with Player.entered(program, deployment) as player:
            yield player
        return
    from sqs_contract.isolated.player import IsolatedPlayer  # noqa: PLC0415  POSIX only

    with IsolatedPlayer.entered(program, deployment, request.memory_limit_mb) as isolated:
        yield isolated
