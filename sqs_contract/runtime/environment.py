"""One execution environment: a runtime process, the address it talks to, and its clock."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import time_machine

from sqs_contract.faults.gate import Gate
from sqs_contract.runtime.aws_endpoint import AwsEndpoint, Service
from sqs_contract.runtime.clock import SharedClock
from sqs_contract.runtime.connections import Connection, Connections
from sqs_contract.runtime.http import HttpRequest, answer
from sqs_contract.runtime.keeping import Keeper
from sqs_contract.runtime.protocol import VERSION, Invocation, RuntimeApi, State
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.world.clock import real_monotonic

_EXTENSIONS: Final = "/2020-01-01/extension/"
_CLOCK_OF_NODE: Final = Path(__file__).with_name("clock.cjs")
_NOT_OUTSIDE: Final = answer(
    403, {"Connection": "close"}, b"sqs-contract refuses connections to outside hosts during a run"
)
_NO_SUCH_PATH: Final = answer(404, {}, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What all environments of one program have in common.

    Attributes:
        handler: as `_HANDLER` tells it.
        folder: for what they write; it goes with the verification.
        output: the file that takes what they print.
        refused: where outside hosts are noted that they try to reach.
    """

    spec: RuntimeSpec
    keeper: Keeper
    gate: Gate
    service: Callable[[], Service]
    handler: str
    folder: Path
    output: Path
    refused: dict[str, None]


class Environment:
    """A runtime process, from its start to its end.

    Args:
        now_us: at which date it starts, in epoch microseconds.
        temporary: its /tmp, which outlives it where Lambda's would (S119).
    """

    def __init__(self, place: Place, now_us: int, temporary: Path) -> None:
        self._place = place
        self._connections = Connections(place.keeper.fileno())
        self._waiting: Connection | None = None
        self._frozen: list[tuple[Connection, HttpRequest]] = []
        self.api = RuntimeApi()
        self.temporary = temporary
        self.aws = AwsEndpoint(place.gate, place.service, self._wait)
        descriptor, name = tempfile.mkstemp(dir=place.folder)
        os.close(descriptor)
        self._clock_file = Path(name)
        self._clock = SharedClock(name)
        self.set_date(now_us)
        self.awake = True
        """Whether what it asks of AWS is answered: not between two invocations."""
        self.born_us = now_us
        self.inherited = dict(os.environ)
        """The world's variables when it was started."""
        self._process = place.keeper.start(
            command=None if place.spec.command is None else list(place.spec.command),
            handler=place.handler,
            environment=variables_of(place, self._connections.address, name),
            path=list(sys.path),
            directory=os.getcwd(),  # noqa: PTH109  as it is told to another process
            output=str(place.output),
            clock=name,
            temporary=str(temporary),
        )

    @property
    def status(self) -> int | None:
        """How the process has ended, if it has: an exit status, negative for a signal."""
        return self._place.keeper.ended.get(self._process)

    @property
    def date_us(self) -> int:
        """At which date it lives now, in epoch microseconds."""
        return _real_us() + (self._clock.offset_us if self.follows_clock else 0)

    @property
    def address(self) -> str:
        """Where it finds the Runtime API, and AWS."""
        return self._connections.address

    @property
    def follows_clock(self) -> bool:
        """Whether it lives at the date that we say, and not at the real one."""
        return self._clock.is_followed

    @property
    def shares_tmp(self) -> bool:
        """Whether it has the same /tmp as all others, which Lambda's environments have not."""
        return self._clock.shares_tmp

    def set_date(self, now_us: int) -> None:
        """Let it live at a date from now on, if it follows our clock."""
        self._clock.offset_us = now_us - _real_us()

    def serve(self, done: Callable[[], bool], until: float) -> None:
        """Answer it until something is done, it has ended, or the real clock has come so far."""
        while not done() and self.status is None:
            left_s = until - real_monotonic()
            if left_s <= 0:
                return
            if self._connections.serve(self._handle, left_s):
                self._place.keeper.hear()
                self._connections.serve(self._handle, 0)  # what it said before it ended comes first

    def begin(self, invocation: Invocation) -> None:
        """Give it an invocation, as soon as it asks for one; it is awake again."""
        self.aws.begin_invocation()
        self.api.begin(invocation)
        self.awake = True
        self._give()

    def thaw(self) -> None:
        """Answer what it has asked for between two invocations."""
        frozen, self._frozen = self._frozen, []
        for connection, request in frozen:
            if connection.open:
                self._handle(connection, request)

    def freeze(self) -> None:
        """The invocation is over: until the next, it only gets as far as to ask for it."""
        self.aws.settle()
        self.awake = False

    @property
    def settled(self) -> bool:
        """Whether it asks for an invocation, or has said that it never will."""
        return self.api.state in (State.READY, State.INIT_ERROR)

    def end(self) -> None:
        """Kill the process, and let go of everything that was its own."""
        self._place.keeper.kill(self._process, self._let_go)

    def _let_go(self) -> None:
        self._connections.close()
        self._clock.close()
        self._clock_file.unlink(missing_ok=True)

    def _wait(self, microseconds: int) -> None:
        self._clock.offset_us += microseconds

    def _give(self) -> None:
        if self._waiting is not None:
            given = self.api.take()
            if given is not None:
                waiting, self._waiting = self._waiting, None
                self._connections.send(waiting, given)

    def _handle(self, connection: Connection, request: HttpRequest) -> None:
        if request.target.startswith(VERSION):
            told = self.api.handle(request)
            if told is None:
                self._waiting = connection
                self._give()
            else:
                connection.send(told)
        elif request.target.startswith(_EXTENSIONS):
            connection.send(_NO_SUCH_PATH)  # S139
        elif not request.target.startswith("/"):
            self._refuse(connection, request)
        elif not self.awake:
            self._frozen.append((connection, request))
        else:
            told = self.aws.handle(request)
            if told is None:
                connection.close()
            else:
                connection.send(told)

    def _refuse(self, connection: Connection, request: HttpRequest) -> None:
        """Tell a client that took us for a proxy that nothing leads outside."""
        host = request.target.removeprefix("http://").partition("/")[0]
        self._place.refused.setdefault(host if ":" in host else f"{host}:80")
        connection.send(_NOT_OUTSIDE)


def variables_of(place: Place, address: str, clock: str) -> dict[str, str]:
    """The variables of a runtime process: the world's, and where its world is."""
    return {
        **os.environ,
        "_HANDLER": place.handler,
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # An SDK draws its pauses for real here: one try more is enough to meet every fault.
        **({} if place.spec.command is None else _with_default("AWS_MAX_ATTEMPTS", "2")),
        "HTTP_PROXY": f"http://{address}",
        "HTTPS_PROXY": f"http://{address}",
        "http_proxy": f"http://{address}",
        "https_proxy": f"http://{address}",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "LAMBDA_TASK_ROOT": os.getcwd(),  # noqa: PTH109  the client for Node.js looks there
        # Whatever the command starts: Node.js knows what to do with these, and nothing else does.
        "NODE_OPTIONS": f'--require "{_CLOCK_OF_NODE}" {os.environ.get("NODE_OPTIONS", "")}'.strip(),
        "SQS_CONTRACT_CLOCK": clock,
    }


def _with_default(name: str, value: str) -> Mapping[str, str]:
    return {} if name in os.environ else {name: value}


def _real_us() -> int:
    """The real time: ours is virtual while a world runs."""
    return int(time_machine.escape_hatch.time.time_ns() // 1000)
