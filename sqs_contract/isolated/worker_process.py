"""A worker as its parent has it: started, asked, watched, and ended where it must be.

Watched by the real clock and from outside: whatever the handler does to its own
process, an answer comes, or what became of the process is told.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sqs_contract.isolated.journal import SIZE, Journal, Moment, Phase
from sqs_contract.isolated.messages import DISCONNECTED, Asked, Request, Told
from sqs_contract.isolated.nursery import START, START_WITH_AWS
from sqs_contract.references import is_users_file, shown
from sqs_contract.world.clock import real_monotonic
from sqs_contract.world.patience import Patience
from sqs_contract.world.pipes import Arriving, Closed, send

SILENCE_S: Final = {Phase.INVOCATION: 12.0, Phase.OURS: 60.0}
"""How long a worker may do nothing that can be seen before it counts as hung. An invocation has
longer than the watchdog within the worker, which ends what Python can end."""

SILENCE_OTHERWISE_S: Final = 20.0

_TICK_MS: Final = 50
_TRACE_S: Final = 0.5
_END_S: Final = 5.0
_MB: Final = 1 << 20
_FRAME: Final = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in ', re.MULTILINE)
_START: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from sqs_contract.isolated import worker; "
    "from sqs_contract.isolated.nursery import main; main(int(sys.argv[1]))"
)
_TRACE_SIGNAL: Final = signal.SIGUSR2


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnded(Exception):
    """A worker ended, or had to be ended, instead of answering.

    Attributes:
        moment: what it was doing.
        how: for a person, as in `segmentation fault`.
        signal: the signal's name as Lambda tells it; `None` for one that hung.
        where: the place in the user's code, if it is known.
    """

    moment: Moment
    how: str
    signal: str | None
    where: str | None


class Nursery:
    """The process that workers are forked from, and its current worker's parentage."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._buffer = b""
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  ourselves
                [sys.executable, "-c", _START, str(theirs.fileno()), json.dumps(sys.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fileno(self) -> int:
        """Readable when there is a line."""
        return self._control.fileno()

    def start(self, descriptors: list[int], *, with_aws: bool) -> int:
        """Fork a worker; returns its process id."""
        socket.send_fds(self._control, [START_WITH_AWS if with_aws else START], descriptors)
        while True:
            pid, what, _ = self.line()
            if what == "started":
                return pid

    def line(self) -> tuple[int, str, int]:
        """Wait for the next line: a process id, `started` or `ended`, and an exit status."""
        while b"\n" not in self._buffer:
            part = self._control.recv(1024)
            if not part:
                raise RuntimeError("the process that starts workers is gone")
            self._buffer += part
        line, self._buffer = self._buffer.split(b"\n", 1)
        pid, what, status = line.split()
        return int(pid), what.decode(), int(status)

    def close(self) -> None:
        """End it, and the worker it may still have."""
        self._control.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class WorkerProcess:
    """One worker: asked one thing at a time."""

    def __init__(self, nursery: Nursery, *, with_aws: bool, memory_mb: int) -> None:
        self._nursery = nursery
        self._memory_mb = memory_mb
        self._ours, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as file:
            file.truncate(SIZE)
            self._journal = Journal(file.fileno())
            self._trace: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed in `close`
            with theirs:
                self.pid = nursery.start(
                    [theirs.fileno(), file.fileno(), self._trace.fileno()], with_aws=with_aws
                )
        self._status: int | None = None
        self._base_mb = _resident_mb(self.pid)

    def ask(self, request: Request, tell: Callable[[Asked], Told] | None = None) -> Any:
        """Send a request and wait for the answer.

        Args:
            request: what is to be done.
            tell: answers what the worker asks meanwhile.

        Raises:
            WorkerEnded: there will be none.
        """
        try:
            send(self._ours.fileno(), request)
            while isinstance(answer := self._answer(), Asked):
                assert tell is not None, "only who plays on an endpoint is asked"
                told = tell(answer)
                with suppress(Closed):  # it may have said why
                    send(self._ours.fileno(), told)
            return answer  # noqa: TRY300  of what the block waits for
        except (Closed, EOFError, pickle.UnpicklingError, AttributeError, ImportError):
            raise self._ended() from None

    def settle(self) -> None:
        """What the worker holds now is what it is to hold: memory is counted from here."""
        self._base_mb = _resident_mb(self.pid)

    def close(self) -> None:
        """End the worker."""
        self._kill()
        self._ours.close()
        self._trace.close()
        self._journal.close()

    def _answer(self) -> Any:
        arriving = Arriving()
        poll = select.poll()
        poll.register(self._ours, select.POLLIN)
        poll.register(self._nursery, select.POLLIN)
        seen, patience = self._journal.read(), Patience(self.pid)
        while not arriving.complete:
            ready = {descriptor for descriptor, _ in poll.poll(_TICK_MS)}
            if self._ours.fileno() in ready:
                arriving.read_from(self._ours.fileno())
                continue
            if self._nursery.fileno() in ready:
                self._hear()
                if self._status is not None:
                    raise Closed
            moment = self._journal.read()
            if moment != seen:
                seen = moment
                patience.begin()
            self._check_limits(moment, patience.counted_s())
        return arriving.message()

    def _check_limits(self, moment: Moment, silent_s: float) -> None:
        """End it if it has been silent for too long, or holds too much memory.

        Raises:
            WorkerEnded: it was ended.
        """
        if silent_s > SILENCE_S.get(moment.phase, SILENCE_OTHERWISE_S):
            raise self._hung(moment)
        if _resident_mb(self.pid) - self._base_mb > self._memory_mb:
            raise self._out_of_memory(moment)

    def _ended(self) -> WorkerEnded:
        """It is gone, or has let go of its connection; then it is of no use any more."""
        self._wait_for_its_end()
        moment = self._journal.read()
        if self._status in (None, DISCONNECTED):
            self._kill()
            return WorkerEnded(
                moment=moment,
                how="it closed a file descriptor that is not its own",
                signal="killed",
                where=None,
            )
        status = self._status
        assert status is not None, "else it was killed above"
        if status < 0:
            name = (signal.strsignal(-status) or f"signal {-status}").lower()
            return WorkerEnded(moment=moment, how=name, signal=name, where=self._place())
        return WorkerEnded(
            moment=moment, how=f"exit status {status}", signal="killed", where=self._place()
        )

    def _hung(self, moment: Moment) -> WorkerEnded:
        where = self._ask_for_the_place()
        self._kill()
        return WorkerEnded(moment=moment, how="it did not come back", signal=None, where=where)

    def _out_of_memory(self, moment: Moment) -> WorkerEnded:
        where = self._ask_for_the_place()
        self._kill()
        how = f"it took more than {self._memory_mb} MB of memory"
        return WorkerEnded(moment=moment, how=how, signal="killed", where=where)

    def _ask_for_the_place(self) -> str | None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, _TRACE_SIGNAL)
        began = real_monotonic()
        while real_monotonic() - began < _TRACE_S:
            if place := self._place():
                return place
            select.select([], [], [], _TICK_MS / 1000)
        return None

    def _place(self) -> str | None:
        """The innermost line of the user's own code in what the worker wrote as it ended."""
        self._trace.seek(0)
        text = self._trace.read().decode("utf-8", "replace")
        for found in _FRAME.finditer(text):
            if is_users_file(found["file"]):
                return f"{shown(found['file'])}:{found['line']}"
        return None

    def _wait_for_its_end(self) -> None:
        """Hear of its end, if it comes soon."""
        poll = select.poll()
        poll.register(self._nursery, select.POLLIN)
        while self._status is None and poll.poll(_END_S * 1000):
            self._hear()

    def _hear(self) -> None:
        """Read one line of the nursery's: it may be about a worker before this one."""
        pid, what, status = self._nursery.line()
        if (pid, what) == (self.pid, "ended"):
            self._status = status

    def _kill(self) -> None:
        if self._status is None:
            for kill in (os.killpg, os.kill):
                with suppress(ProcessLookupError, PermissionError):
                    kill(self.pid, signal.SIGKILL)
            self._wait_for_its_end()


def _resident_mb(pid: int) -> int:
    """How much memory a process holds, in MB; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * 4096 // _MB
    except (OSError, IndexError):
        return 0
