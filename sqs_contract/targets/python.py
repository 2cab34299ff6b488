"""A Python handler, called in this process as Lambda's runtime calls it."""

from __future__ import annotations

import dis
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CoroutineType, FrameType
from typing import Any, ClassVar, Final, NoReturn, Protocol

from greenlet import GreenletExit

from sqs_contract.deployment import Deployment
from sqs_contract.errors import UsageError
from sqs_contract.faults.gate import Gate
from sqs_contract.model.invocation import (
    ErrorKind,
    FunctionError,
    Outcome,
    exited,
    timed_out,
)
from sqs_contract.references import first_line, last_users_line, name_of
from sqs_contract.targets.context import LambdaContext
from sqs_contract.targets.interpreter import Interpreter
from sqs_contract.targets.marshal import Marshaller, unserialisable
from sqs_contract.targets.program import ASYNC_ADVICE, Program, UserFunction
from sqs_contract.targets.sandbox import Ended, Held, Sandbox, has_forked, process_exit_as
from sqs_contract.targets.self_harm import SelfHarm
from sqs_contract.targets.watchdog import (
    forget_variables,
    place_of,
    stop_endless_threads,
    stop_threads,
    watched,
)
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.life import ImportStopped, Life, SandboxEnded
from sqs_contract.world.output import OutputTail, captured

MEMORY_MARGIN_MB: Final = 512
"""What a world may take beside the function's own memory: mocked services, modules imported anew."""

_TIMEOUT: Final = object()


@dataclass(frozen=True, slots=True)
class Signalled:
    """The end of a process by a signal, told by its name: `killed`, `segmentation fault`."""

    name: str


class Surroundings(Protocol):
    """What lies around an execution environment and must know of its ends and beginnings."""

    def environment_ended(self, life: Life, *, for_good: bool) -> None:
        """The process is gone; `for_good` unless the handler's modules live on."""

    def environment_begins(self, *, new: bool) -> None:
        """Another process is about to start; in a `new` environment, /tmp is new too."""

    def set_aside(self) -> Callable[[], None]:
        """Another environment gets the word; what is returned gives it back to this one."""
        ...


@dataclass(slots=True)
class _Environment:
    """One execution environment, and the invocation it is busy with."""

    sandbox: Sandbox
    number: int = 0
    cold: bool = True
    new: bool = True
    gone: Life | None = None
    invocation: int = 0
    request_id: str = ""
    deadline_us: int = 0
    deployment: Deployment = field(default_factory=Deployment)


class PythonTarget:
    """Calls a program's handler, one invocation at a time; another may go on meanwhile, in
    an execution environment of its own, where the first is held.

    Attributes:
        hung: where invocations were ended that did not end by themselves in real time.
        killed: where they were ended because they took too much memory, and how much.
    """

    memory_margin_mb: ClassVar[int | None] = MEMORY_MARGIN_MB
    """How much memory an invocation may take beside the function's own; `None` for no bound."""

    def __init__(
        self,
        program: Program,
        clock: VirtualClock,
        gate: Gate,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.program = program
        self.output = OutputTail()
        self._clock = clock
        self._gate = gate
        self._surroundings = surroundings
        self._here = _Environment(Sandbox())
        self._held: _Environment | None = None
        self._give_back: Callable[[], None] = _nothing
        self._environments = 0
        self._interpreter = Interpreter()
        self._self_harm = SelfHarm(self._exit, has_forked)
        self._marshallers: dict[str, Marshaller] = {}
        self.hung: list[str] = []
        self.killed: list[str] = []
        self._salt = 0

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Have a watchdog for invocations that do not end."""
        with (
            _heap_set_aside(),
            watched(lambda: self._here.sandbox, self._struck),
            self._self_harm.contained(),
            self._interpreter.kept(),
        ):
            yield

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have the word: what is printed is kept apart, and no exit ends our process."""
        with captured(self.output), process_exit_as(self._exit):
            yield

    def new_world(self, salt: int = 0) -> None:
        """Start over: no execution environment exists. Request ids follow from the salt."""
        self._environments = 0
        self._salt = salt
        self.give_up()
        self._here.sandbox.renew()
        self._here.sandbox.call_import(self._import_first)

    def _import_first(self) -> None:
        self.program.cold_start(new_world=True)

    def give_up(self) -> None:
        """The run is over, whatever invocation is still held."""
        if self._held is not None:
            self.end_overlap()
        self.retire()

    def retire(self) -> None:
        """The execution environment is gone: the next invocation is a cold start."""
        self._here.new = True
        self._process_ended()

    def _process_ended(self) -> None:
        here = self._here
        here.cold = True
        life = here.sandbox.life
        if life is here.gone:
            return
        here.gone = life
        life.end()
        stop_endless_threads(life)
        self._self_harm.end_children()
        self._interpreter.restore()
        if self._surroundings is not None:
            self._surroundings.environment_ended(life, for_good=not self.program.warm_only)

    def prepare(self) -> tuple[int, bool]:
        """Make an execution environment ready; returns its number and whether it is new.

        It runs one invocation at a time, and what its modules hold stays (S131).
        """
        here = self._here
        cold = here.cold
        if cold:
            here.number = self._environments = self._environments + 1
            if here.number > 1:  # the first one was imported with the world
                here.sandbox.renew()
                if self._surroundings is not None and not self.program.warm_only:
                    self._surroundings.environment_begins(new=here.new)
                here.sandbox.call_import(self.program.cold_start)
            here.cold = here.new = False
        return here.number, cold

    def invoke(self, event: dict[str, Any], number: int, deployment: Deployment) -> Outcome | Held:
        """Call the handler with an event; whatever it does ends in an outcome, unless the
        invocation is held on its way."""
        here = self._here
        here.invocation, here.deployment = number, deployment
        here.request_id = f"{self._salt:08x}-0000-4000-8000-{number:012x}"
        here.deadline_us = self._clock.now_us + deployment.function.timeout_ms * 1000
        context = LambdaContext(
            request_id=here.request_id,
            deployment=deployment,
            log_stream=f"2025/12/31/[$LATEST]{self._salt:016x}{here.number:016x}",
            clock=self._clock,
        )
        call = self._call(event, context, deployment, here.request_id)
        return self._give_word(lambda: here.sandbox.run(call))

    def resume(self) -> Outcome | Held:
        """Let the invocation that was held go on, as `invoke` does."""
        return self._give_word(self._here.sandbox.resume)

    def overlap(self) -> bool:
        """While the invocation is held, the next one goes to an execution environment of its
        own. False where the program cannot be imported twice."""
        if self.program.warm_only or self._surroundings is None:
            return False
        give_back = self._surroundings.set_aside()
        self._gate.overlapping = True
        self._held, self._here = self._here, _Environment(Sandbox())
        imported = self.program.set_aside()

        def give_all_back() -> None:
            imported()
            give_back()

        self._give_back = give_all_back
        return True

    def switch(self) -> None:
        """The other of two overlapping environments has the word."""
        assert self._held is not None
        assert self._surroundings is not None
        give_back = self._give_back
        imported, process = self.program.set_aside(), self._surroundings.set_aside()

        def give_all_back() -> None:
            imported()
            process()

        self._give_back = give_all_back
        give_back()
        self._held, self._here = self._here, self._held

    def end_overlap(self) -> None:
        """The second environment is gone, and the first has the word again."""
        assert self._held is not None
        self._gate.overlapping = False
        self._process_ended()
        self._here.sandbox.renew()
        self._here, self._held = self._held, None
        self._give_back()
        self._give_back = _nothing

    def _give_word(self, go_on: Callable[[], Any]) -> Outcome | Held:
        here, clock = self._here, self._clock
        clock.reads = 0
        clock.deadline_us = here.deadline_us
        clock.on_deadline = self._time_out
        if self.memory_margin_mb is not None:
            here.sandbox.memory_mb = here.deployment.function.memory_mb + self.memory_margin_mb
        self._gate.begin_invocation(here.invocation, self._time_out, self._crash, here.sandbox.hold)
        interpreter = self._interpreter
        interpreter.before_call()
        try:
            outcome = go_on()
        finally:
            interpreter.after_call()
            clock.deadline_us = None
            clock.on_deadline = None
            self._gate.end_invocation()
        if isinstance(outcome, Ended):
            outcome = self._ended(outcome)
        if isinstance(outcome, FunctionError) and outcome.kind in (
            ErrorKind.TIMED_OUT,
            ErrorKind.EXITED,
        ):
            self._process_ended()  # but /tmp keeps its files (S119)
        result: Outcome | Held = outcome
        return result

    def _call(
        self, event: dict[str, Any], context: LambdaContext, deployment: Deployment, request_id: str
    ) -> Callable[[], Outcome]:
        handler = self._handler()
        runtime = deployment.function.runtime
        marshaller = self._marshallers.get(runtime)
        if marshaller is None:
            marshaller = self._marshallers[runtime] = Marshaller(runtime)

        interpreter = self._interpreter

        def call() -> Outcome:
            try:
                result = handler(event, context)
                interpreter.after_call()
            except Exception as error:  # noqa: BLE001  the runtime catches exactly this
                return FunctionError(
                    kind=ErrorKind.RAISED,
                    error_type=name_of(type(error)),
                    message=first_line(error),
                    where=last_users_line(error.__traceback__),
                )
            except BaseException as error:  # noqa: BLE001  the runtime does not catch it (S121)
                return self._process_exit(error, request_id)
            if issubclass(type(result), CoroutineType):
                result.close()
                raise UsageError(f"the handler returned a coroutine: {ASYNC_ADVICE}")
            try:
                return marshaller.marshal(result, request_id)
            except Exception as error:  # noqa: BLE001  a value that refuses to be looked at
                return unserialisable(first_line(error))

        return call

    def _process_exit(self, error: BaseException, request_id: str) -> Outcome:
        """What is no `Exception` ends the runtime's process, or is none of the handler's."""
        match error:
            case SystemExit(code=code):
                return exited(request_id, code if isinstance(code, int) else int(code is not None))
            case SandboxEnded() if not self._here.sandbox.dead:
                return exited(request_id, 1)  # of an earlier life, by a future that outlived it
            case SandboxEnded() | GreenletExit():
                raise error
            case KeyboardInterrupt() if not _raised_by_code(error):
                raise error  # a person has had enough
        return exited(request_id, 1)

    def _handler(self) -> UserFunction:
        return self.program.handler

    def kill(self, signal: str | None) -> NoReturn:
        """End the current invocation, from within it: by a signal, or `None` by its deadline."""
        if signal is None:
            self._clock.run_out()
            self._time_out()
        self._here.sandbox.end(Signalled(signal))

    def _time_out(self) -> NoReturn:
        self._here.sandbox.end(_TIMEOUT)

    def _crash(self) -> NoReturn:
        self._here.sandbox.end(Signalled("killed"))

    def _struck(self, frame: FrameType | None, reason: str | None) -> None:
        """The watchdog has had enough of the current invocation, or import."""
        where = place_of(frame)
        sandbox = self._here.sandbox
        if not sandbox.running:
            raise ImportStopped(where, reason)
        if not sandbox.dead:
            if reason is None:
                self.hung.append(where)
            else:
                self.killed.append(f"at {where} ({reason})")
                forget_variables(frame)
        stop_threads(sandbox.life)
        if reason is None:
            self._clock.run_out()
            self._time_out()
        sandbox.end(Signalled("killed"))

    def _exit(self, status: int | str) -> NoReturn:
        if not self._here.sandbox.running:
            raise SystemExit(status)  # at import, or in `reset`: for whoever called that
        self._here.sandbox.end(Signalled(status) if isinstance(status, str) else status)

    def _ended(self, ended: Ended) -> FunctionError:
        request_id = self._here.request_id
        if ended.cause is _TIMEOUT:
            return timed_out(request_id, self._here.deployment.function.timeout_ms)
        if isinstance(ended.cause, Signalled):
            return exited(request_id, None, signal=ended.cause.name)
        assert isinstance(ended.cause, int)
        return exited(request_id, ended.cause)


def _nothing() -> None: ...


@contextmanager
def _heap_set_aside() -> Iterator[None]:
    """What is there already, libraries above all, is not looked through for garbage meanwhile."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _raised_by_code(error: BaseException) -> bool:
    """Whether a statement raised this, and not a signal between two of them."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    code = trace.tb_frame.f_code.co_code
    return dis.opname[code[trace.tb_lasti]] in ("RAISE_VARARGS", "RERAISE")
