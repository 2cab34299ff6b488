"""The keeper: the process that starts all runtime processes, and ends them when it is left alone.

Whatever becomes of the verification (Ctrl-C, a crash, SIGKILL), its end of the socket closes; then
the keeper kills what still runs, with all that it started. Should the keeper itself be killed, the
kernel kills its children. For Python it has imported what takes long, and forks: a new process is
there in milliseconds, and has nothing of the user's project in it. Spoken to in lines of JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
from typing import Any, Final, NoReturn

from sqs_contract.runtime.clock import SharedClock
from sqs_contract.runtime.own_tmp import mount

NOT_STARTED: Final = 127
"""The exit status of a process whose command could not be started, as a shell has it."""

_PR_SET_PDEATHSIG: Final = 1
_CHUNK: Final = 1 << 16


def main(control: int, python: bool) -> None:  # noqa: FBT001  called from one line of code
    """Serve until the other side is gone."""
    connection = socket.socket(fileno=control)
    keeper = _Keeper(connection)
    if python:
        from sqs_contract.runtime import python_client  # noqa: PLC0415  for its processes only

        python_client.import_what_the_client_needs()
    keeper.serve()


class _Keeper:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self._folder: str | None = None
        self._children: dict[int, int] = {}
        self._pipe = os.pipe()
        self._libc: Any = ctypes.CDLL(None) if sys.platform == "linux" else None

    def serve(self) -> None:
        os.set_blocking(self._pipe[1], False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        poll.register(self._pipe[0], select.POLLIN)
        try:
            while True:
                ready = {descriptor for descriptor, _ in poll.poll()}
                if self._pipe[0] in ready:
                    os.read(self._pipe[0], 1024)
                    self._reap()
                if self._connection.fileno() in ready and not self._hear():
                    return
        except BrokenPipeError:
            return
        finally:
            for pid in self._children:
                _kill_group(pid)
            for pid in self._children:
                os.waitpid(pid, 0)
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _hear(self) -> bool:
        """Do what is asked; false when nobody is there to ask any more."""
        try:
            data = self._connection.recv(_CHUNK)
        except OSError:
            return False
        if not data:
            return False
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            asked = json.loads(line)
            if "kill" in asked:
                pid = next((pid for pid, key in self._children.items() if key == asked["kill"]), 0)
                if pid:
                    _kill_group(pid)
            elif "folder" in asked:
                self._folder = asked["folder"]
            elif "preload" in asked:
                from sqs_contract.runtime import python_client  # noqa: PLC0415  for Python only

                python_client.preload(asked["preload"], asked["services"])
            else:
                self._start(asked)
        return True

    def _start(self, asked: dict[str, Any]) -> None:
        keeper = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(asked, keeper)
        self._children[pid] = asked["start"]

    def _become(self, asked: dict[str, Any], keeper: int) -> NoReturn:
        status = NOT_STARTED
        try:
            self._shield(asked)
            if self._libc is not None:
                self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != keeper:
                os._exit(status)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            self._connection.close()
            for end in self._pipe:
                os.close(end)
            _redirect(asked["output"])
            os.chdir(asked["directory"])
            if asked["command"] is not None:
                _execute(asked["command"], asked["environment"])
                os._exit(NOT_STARTED)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python has it
            from sqs_contract.runtime import python_client  # noqa: PLC0415  for its processes only

            status = python_client.run(
                asked["handler"], asked["environment"], asked["path"], asked["clock"]
            )
        finally:
            os._exit(status)

    def _shield(self, asked: dict[str, Any]) -> None:
        """Give the process a /tmp of its own; where that cannot be, say so, and tell it by the
        variable that most things look at."""
        temporary = asked["temporary"]
        if asked["hides_tmp"] and self._libc is not None and mount(self._libc, temporary):
            return
        asked["environment"]["TMPDIR"] = temporary
        SharedClock(asked["clock"]).share_tmp()

    def _reap(self) -> None:
        for pid, key in list(self._children.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._children[pid]
                _kill_group(pid)  # what it started and left behind
                code = os.waitstatus_to_exitcode(status)
                self._connection.sendall(
                    json.dumps({"ended": key, "status": code}).encode() + b"\n"
                )


def _redirect(output: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.closerange(3, max(nothing, written) + 1)


def _execute(command: list[str], environment: dict[str, str]) -> None:
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606  the user's own command
    except OSError as error:
        os.write(2, f"cannot start {command[0]!r}: {error.strerror}\n".encode())


def _kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
