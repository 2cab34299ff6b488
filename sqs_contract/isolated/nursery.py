"""The process that workers are forked from: it has imported what they need, and nothing
of the user's. A worker is there in milliseconds, however many died before it.

Spoken to over a Unix socket: a line comes with three file descriptors (the
worker's connection, its journal, its trace) and is answered by the worker's
process id; when a worker has ended, another line tells how.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from typing import Final

START: Final = b"start\n"
START_WITH_AWS: Final = b"start with aws\n"
_LINE_MAX: Final = 64


def main(control: int) -> None:
    """Serve until the other side is gone."""
    connection = socket.socket(fileno=control)
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.register(read_end, select.POLLIN)
    children: set[int] = set()
    while True:
        poll.poll()
        _reap(connection, children)
        ready = {descriptor for descriptor, _ in poll.poll(0)}
        if read_end in ready:
            os.read(read_end, 1024)
            _reap(connection, children)
        if connection.fileno() in ready:
            line, descriptors, _, _ = socket.recv_fds(connection, _LINE_MAX, 3)
            if not line:
                break
            if line == START_WITH_AWS:
                import sqs_contract.stage.moto_world  # noqa: F401, PLC0415  heavy
            pid = os.fork()
            if pid == 0:
                _become_a_worker(connection, (read_end, write_end), descriptors)
            children.add(pid)
            for descriptor in descriptors:
                os.close(descriptor)
            connection.sendall(b"%d started 0\n" % pid)
    for child in children:
        _kill_group(child)


def _reap(connection: socket.socket, children: set[int]) -> None:
    for child in list(children):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            children.discard(pid)
            _kill_group(pid)  # what it started and left behind
            connection.sendall(b"%d ended %d\n" % (pid, os.waitstatus_to_exitcode(status)))


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _become_a_worker(
    connection: socket.socket, pipe: tuple[int, int], descriptors: list[int]
) -> None:
    from sqs_contract.isolated.worker import work  # noqa: PLC0415

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    connection.close()
    for end in pipe:
        os.close(end)
    status = 1
    try:
        work(*descriptors)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    from sqs_contract.isolated import worker as _worker  # noqa: F401  imported once for all

    main(int(sys.argv[1]))
