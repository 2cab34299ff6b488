"""A handler in processes of its own, invoked through the Lambda Runtime API.

Time is real in there, and virtual out here: an invocation has real seconds, and what it makes of
them does not move the clock of the queue. One environment at a time is served; the other of two
that overlap, and one between two invocations, waits for its answers as if it were frozen.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from greenlet import getcurrent, greenlet

from sqs_contract.deployment import Deployment
from sqs_contract.errors import UsageError
from sqs_contract.faults.gate import Gate
from sqs_contract.model.invocation import ErrorKind, FunctionError, Outcome, exited, timed_out
from sqs_contract.runtime.environment import Environment, Place
from sqs_contract.runtime.keeper import NOT_STARTED
from sqs_contract.runtime.outcomes import ended_by_itself, failed_start, outcome_of
from sqs_contract.runtime.protocol import Invocation, State
from sqs_contract.targets.sandbox import Held
from sqs_contract.world.clock import VirtualClock, real_monotonic
from sqs_contract.world.output import OutputTail

INIT_LIMIT_S: Final = 10.0
"""How long a runtime may take before it asks for its first invocation (S123). Lambda then starts
it again within the function's time; here it goes on for so long."""

_LOG_KEPT: Final = 65_536


class _Killed(Exception):
    """The sandbox dies in the middle of a call."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__()
        self.timed_out = timed_out


@dataclasses.dataclass(slots=True)
class _Here:
    """One execution environment as a run counts them, and the invocation it is busy with."""

    temporary: Path
    environment: Environment | None = None
    number: int = 0
    invocation: int = 0
    request_id: str = ""
    deadline_us: int = 0
    limit_at: float = 0.0
    deployment: Deployment = dataclasses.field(default_factory=Deployment)
    runner: Any = None


class RuntimeTarget:
    """Invokes a handler in runtime processes, as a `backends.target.Target`.

    Attributes:
        output: what the processes printed in the last run.
        hung: where invocations were ended that did not end by themselves in real time.
        shares_tmp: whether all environments have one /tmp, since the system gives them none
            of their own.
        killed: none; a process that ends by itself costs nothing but another.
    """

    def __init__(self, place: Place, clock: VirtualClock, deployment: Deployment) -> None:
        self.output = OutputTail()
        self.hung: list[str] = []
        self.killed: list[str] = []
        self._place = place
        self._clock = clock
        self._gate: Gate = place.gate
        self._deployment = deployment
        self._salt = 0
        self._environments = 0
        self._date_us = 0
        self._born_us = clock.now_us
        self._read = 0
        self._here = _Here(self._new_temporary())
        self._held: _Here | None = None
        self.shares_tmp = False
        self._spare: _Here | None = None
        """What the next run starts with: it takes its time while this run is played."""

    @property
    def handler(self) -> str:
        """The handler as `_HANDLER` tells it."""
        return self._place.handler

    @property
    def is_python(self) -> bool:
        """Whether AWS's client for Python runs it."""
        return self._place.spec.command is None

    @contextmanager
    def entered(self) -> Iterator[None]:
        """A run is on; what is printed in it is read in the end."""
        self._read = self._place.output.stat().st_size
        try:
            yield
        finally:
            self._read_output()

    def new_world(self, salt: int = 0) -> None:
        """Start over: no execution environment exists. Request ids follow from the salt."""
        self.give_up()
        self._salt = salt
        self._environments = 0
        self._date_us = 0
        if not self._adopt_spare():
            self._start()

    def give_up(self) -> None:
        """The run is over, whatever invocation is still held."""
        if self._held is not None:
            self.end_overlap()
        self.retire()

    def retire(self) -> None:
        """The execution environment is gone, and its /tmp: the next invocation is a cold start."""
        self._end_process()
        if any(self._here.temporary.iterdir()):
            shutil.rmtree(self._here.temporary, ignore_errors=True)
            self._here.temporary = self._new_temporary()

    def check_start(self) -> bool:
        """Start a process, and see that it asks for an invocation. Returns whether it lives at
        the date that we say.

        Raises:
            UsageError: it does not.
        """
        self._start()
        environment = self._here.environment
        assert environment is not None
        self._wait_for_start(environment)
        if environment.settled and environment.api.posted is None:
            self.shares_tmp = environment.shares_tmp
            return environment.follows_clock
        raise UsageError(f"handler {self._place.handler!r}: {self._why_no_start(environment)}")

    def _why_no_start(self, environment: Environment) -> str:
        self._read_output()
        printed = self.output.last_line()
        if environment.api.posted is not None:
            error = failed_start(environment.api.posted)
            return f"the runtime reports that it cannot start: {error.error_type}: {error.message}"
        said = f": {printed}" if printed else ""
        if environment.status is None:
            return (
                f"the runtime did not ask for an invocation within {INIT_LIMIT_S:.0f} s and the "
                f"function's timeout (GET /2018-06-01/runtime/invocation/next){said}"
            )
        if environment.status == NOT_STARTED and self._place.spec.command is not None:
            return f"the runtime was not started{said}"
        how = ended_by_itself("", environment.status).message.removeprefix("Error: ")
        return f"before it asked for an invocation: {how}{said}"

    def prepare(self) -> tuple[int, bool]:
        """Make an execution environment ready; returns its number and whether it is new."""
        here = self._here
        if here.environment is not None and here.number:
            # Lambda, too, notices between two invocations that the process is gone.
            here.environment.serve(lambda: self._is_settled(here), self._init_limit())
            if here.environment.status is None:
                return here.number, False
            self._end_process()
        if here.environment is None:
            self._start()
        here.number = self._environments = self._environments + 1
        assert here.environment is not None
        self._wait_for_start(here.environment)
        if self._spare is None:
            self._spare = _Here(self._new_temporary())
            self._spare.environment = Environment(self._place, self._born_us, self._spare.temporary)
        return here.number, True

    @staticmethod
    def _is_settled(here: _Here) -> bool:
        return here.environment is not None and here.environment.settled

    def invoke(self, event: dict[str, Any], number: int, deployment: Deployment) -> Outcome | Held:
        """Invoke the function; whatever its process does ends in an outcome, unless the
        invocation is held on its way."""
        here, timeout_ms = self._here, deployment.function.timeout_ms
        here.invocation, here.deployment = number, deployment
        here.request_id = f"{self._salt:08x}-0000-4000-8000-{number:012x}"
        here.deadline_us = self._clock.now_us + timeout_ms * 1000
        environment = here.environment
        assert environment is not None, "it was prepared"
        environment.set_date(max(self._clock.now_us, self._date_us))
        here.limit_at = real_monotonic() + self._wall_s(deployment)
        invocation = Invocation(
            request_id=here.request_id,
            event=json.dumps(event).encode(),
            deadline_ms=environment.date_us // 1000 + timeout_ms,
            arn=deployment.function_arn,
            trace_id=f"Root=1-{number:08x}-{self._salt:024x};Parent={number:016x};Sampled=0",
        )
        here.runner = greenlet(lambda: self._run(here, environment, invocation))
        return self._give_word()

    def resume(self) -> Outcome | Held:
        """Let the invocation that was held go on, as `invoke` does."""
        return self._give_word()

    def overlap(self) -> bool:
        """While the invocation is held, the next one goes to an environment of its own."""
        self._held, self._here = self._here, _Here(self._new_temporary())
        return True

    def switch(self) -> None:
        """The other of two overlapping environments has the word."""
        assert self._held is not None
        self._held, self._here = self._here, self._held

    def end_overlap(self) -> None:
        """The second environment is gone, and the first has the word again."""
        assert self._held is not None
        self._end_process()
        shutil.rmtree(self._here.temporary, ignore_errors=True)
        self._here, self._held = self._held, None

    def close(self) -> None:
        """The verification is over."""
        self.give_up()
        self._end_spare()

    def _give_word(self) -> Outcome | Held:
        here, clock = self._here, self._clock
        clock.reads = 0
        clock.deadline_us = here.deadline_us
        clock.on_deadline = self._time_out
        self._gate.begin_invocation(here.invocation, self._time_out, self._crash, self._hold)
        here.runner.parent = getcurrent()
        try:
            outcome: Outcome | Held = here.runner.switch()
        finally:
            clock.deadline_us = None
            clock.on_deadline = None
            self._gate.end_invocation()
        if here.environment is not None:
            self._date_us = max(self._date_us, here.environment.date_us)
        if isinstance(outcome, FunctionError) and outcome.kind in (
            ErrorKind.TIMED_OUT, ErrorKind.EXITED, ErrorKind.INIT,
        ):  # fmt: skip
            self._end_process()  # but /tmp keeps its files (S119)
        return outcome

    def _run(self, here: _Here, environment: Environment, invocation: Invocation) -> Outcome:
        """One invocation, in a greenlet: it may be held in any call."""
        failed = self._failed_start(here, environment)
        if failed is not None:
            return failed
        timeout_ms = here.deployment.function.timeout_ms
        try:
            environment.begin(invocation)
            environment.thaw()
            while environment.api.posted is None and environment.status is None:
                environment.serve(lambda: environment.api.posted is not None, here.limit_at)
                if real_monotonic() >= here.limit_at and environment.api.posted is None:
                    break
            environment.freeze()
        except _Killed as killed:
            if killed.timed_out:
                return timed_out(here.request_id, timeout_ms)
            return exited(here.request_id, None)
        if environment.api.posted is not None:
            return outcome_of(environment.api.posted, environment.address)
        if environment.status is not None:
            return ended_by_itself(here.request_id, environment.status)
        self.hung.append(self._place.handler)
        self._clock.run_out()
        return timed_out(here.request_id, timeout_ms)

    def _failed_start(self, here: _Here, environment: Environment) -> FunctionError | None:
        if environment.api.state is State.INIT_ERROR:
            assert environment.api.posted is not None, "which is what brought it there"
            return failed_start(environment.api.posted)
        if environment.status is not None:
            return ended_by_itself(here.request_id, environment.status)
        if environment.settled:
            return None
        self.hung.append(f"the start of {self._place.handler}")
        self._clock.run_out()
        return timed_out(here.request_id, here.deployment.function.timeout_ms)

    def _hold(self, site: str, nth: int) -> bool:
        """Give the word to others until `resume`: called in the middle of a call."""
        began = real_monotonic()
        here = self._here
        here.runner.parent.switch(Held(site, nth))
        here.limit_at += real_monotonic() - began
        return True

    def _time_out(self) -> None:
        raise _Killed(timed_out=True)

    def _crash(self) -> None:
        raise _Killed(timed_out=False)

    def _adopt_spare(self) -> bool:
        """Begin a run with the process that waits for it, if it was started as one would be
        started now. What it has asked of AWS meanwhile, it has not got an answer to."""
        spare, self._born_us = self._spare, self._clock.now_us
        if spare is None or spare.environment is None:
            return False
        environment = spare.environment
        if environment.born_us != self._clock.now_us or environment.inherited != dict(os.environ):
            self._end_spare()
            return False
        shutil.rmtree(self._here.temporary, ignore_errors=True)
        self._here, self._spare = spare, None
        environment.set_date(self._clock.now_us)
        return True

    def _end_spare(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None and spare.environment is not None:
            spare.environment.end()
            shutil.rmtree(spare.temporary, ignore_errors=True)

    def _start(self) -> None:
        now_us = max(self._clock.now_us, self._date_us)
        self._here.environment = Environment(self._place, now_us, self._here.temporary)

    def _wait_for_start(self, environment: Environment) -> None:
        """Until the runtime asks for an invocation, has reported that it cannot, or is gone."""
        environment.serve(lambda: environment.settled, self._init_limit())

    def _init_limit(self) -> float:
        return real_monotonic() + INIT_LIMIT_S + self._wall_s(self._deployment)

    def _wall_s(self, deployment: Deployment) -> float:
        return min(deployment.function.timeout_ms / 1000, self._place.spec.wall_limit_s)

    def _end_process(self) -> None:
        environment, self._here.environment = self._here.environment, None
        if environment is not None:
            environment.end()
        self._here.number = 0
        self._here.runner = None

    def _new_temporary(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._place.folder))

    def _read_output(self) -> None:
        self.output.clear()
        with self._place.output.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(self._read, size - _LOG_KEPT))
            self.output.write(file.read().decode("utf-8", "replace"))
