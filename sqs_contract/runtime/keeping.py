"""Our side of the keeper: runtime processes started and killed, and how they ended."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.runtime.own_tmp import can_be_hidden

_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from sqs_contract.runtime.keeper import main; main(int(sys.argv[1]), sys.argv[2] == 'python')"
)
_END_S: Final = 5.0
_CHUNK: Final = 1 << 16


class Keeper:
    """The keeper, started and asked.

    Args:
        python: whether it is to fork runtime processes for Python.

    Raises:
        UsageError: the client for Python is not installed.
    """

    def __init__(self, *, python: bool) -> None:
        if python and importlib.util.find_spec("awslambdaric") is None:
            raise UsageError(
                "--runtime python needs awslambdaric, AWS's runtime client: "
                "pip install 'sqs-contract[runtime]'"
            )
        self._connection, theirs = socket.socketpair()
        self._buffer = b""
        self._last = 0
        self.ended: dict[int, int] = {}
        """Exit statuses, negative for a signal, by the number of the process."""
        self._dying: dict[int, Callable[[], None]] = {}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  ourselves
                [
                    sys.executable, "-c", _PROGRAM, str(theirs.fileno()),
                    "python" if python else "commands", json.dumps(sys.path),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip

    def fileno(self) -> int:
        """Readable when a process has ended."""
        return self._connection.fileno()

    def own(self, folder: Path) -> None:
        """Have the folder of the run removed with the processes that use it."""
        self._ask(folder=str(folder))

    def start(
        self,
        *,
        command: list[str] | None,
        handler: str,
        environment: Mapping[str, str],
        path: list[str],
        directory: str,
        output: str,
        clock: str,
        temporary: str,
    ) -> int:
        """Start a runtime process: a command, or where there is none the client for Python.
        Returns a number that it goes by."""
        self._last += 1
        self._ask(
            start=self._last, command=command, handler=handler, environment=dict(environment),
            path=path, directory=directory, output=output, clock=clock,
            temporary=temporary, hides_tmp=can_be_hidden([directory, output, *path]),
        )  # fmt: skip
        return self._last

    def preload(self, names: Iterable[str], services: Iterable[str]) -> None:
        """Import libraries, and read botocore's models of services, for every process for
        Python that is started from here on."""
        self._ask(preload=list(names), services=list(services))

    def kill(self, number: int, let_go: Callable[[], None]) -> None:
        """Kill a process and all it has started, if it still runs: by SIGKILL. `let_go` is called
        once it is dead, so that it never finds what it stands on gone."""
        if number in self.ended:
            let_go()
            return
        self._ask(kill=number)
        self._dying[number] = let_go
        self.hear()

    def hear(self) -> None:
        """Take in who has ended, of what is there to be read.

        Raises:
            RuntimeError: the keeper itself is gone.
        """
        while True:
            try:
                data = self._connection.recv(_CHUNK, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                raise RuntimeError("the process that keeps the runtime processes is gone")
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            for line in lines:
                told = json.loads(line)
                self.ended[told["ended"]] = told["status"]
                self._dying.pop(told["ended"], _nothing)()

    def close(self) -> None:
        """End it, and every process that it keeps."""
        self._connection.close()
        for let_go in self._dying.values():
            let_go()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, **request: Any) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # `hear` tells
            self._connection.sendall(json.dumps(request).encode() + b"\n")


def _nothing() -> None:
    """Nobody waits for it."""
