"""Who plays the scenarios of a request: this process, one of its own, or runtime processes."""

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
    if request.endpoint.deployed is not None and (request.isolated or request.runtime):
        raise UsageError(
            "--deployed has the endpoint run the function: leave --isolated, --runtime and "
            "--runtime-command out"
        )
    with Connection.entered(request.endpoint) as connection:
        yield connection


@contextmanager
def playing(request: Request) -> Iterator[Plays]:
    """Whoever plays the scenarios of a request: in this process, in one of its own, or in the
    processes of a runtime.

    Raises:
        UsageError: the program cannot be imported or called.
    """
    program, deployment = request.program, request.deployment
    if request.runtime is not None:
        if request.isolated:
            raise UsageError("--isolated and a runtime exclude each other: each is a process apart")
        from sqs_contract.runtime.player import RuntimePlayer  # noqa: PLC0415  POSIX only

        with RuntimePlayer.started(program, deployment, request.runtime) as runtime:
            if "deadline" in request.clauses and not runtime.follows_clock:
                raise UsageError(
                    "clause 'deadline' needs a runtime that lives at the date it is told: that of "
                    "Python, or Node.js"
                )
            yield runtime
        return
    if not request.isolated:
        with Player.entered(program, deployment) as player:
            yield player
        return
    from sqs_contract.isolated.player import IsolatedPlayer  # noqa: PLC0415  POSIX only

    with IsolatedPlayer.entered(program, deployment, request.memory_limit_mb) as isolated:
        yield isolated
