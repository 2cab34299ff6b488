"""The worker: plays scenarios on request, and writes down what it is doing.

It ends when whoever asks is gone. What the handler does to it is told by its
journal and by how it ended, so nothing here tries to contain anything that the
player does not contain already.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from sqs_contract.errors import UsageError
from sqs_contract.history import Called, Event
from sqs_contract.isolated.endpoint import FarConnection
from sqs_contract.isolated.journal import Journal, Phase
from sqs_contract.isolated.messages import (
    DISCONNECTED,
    Answer,
    Asked,
    Death,
    Enter,
    Fault,
    Load,
    Play,
    Refused,
    Request,
    Share,
    State,
    Told,
)
from sqs_contract.model.invocation import Outcome
from sqs_contract.player import Player
from sqs_contract.targets.program import Program, UserFunction
from sqs_contract.targets.python import PythonTarget
from sqs_contract.targets.sandbox import Held
from sqs_contract.world.pipes import Closed, receive, send

TRACE_SIGNAL = signal.SIGUSR2
"""Makes a worker write down where its main thread is, whatever that does."""


_real_exit = os._exit


class _Journals:
    """The journal of this process; there is one."""

    journal: ClassVar[Journal]


class _Connection:
    """The way back to whoever asks; a handler may close it."""

    descriptor = -1
    file = -1

    @classmethod
    def check(cls) -> None:
        """End this process if the connection is gone, before it does anything else."""
        try:
            there = os.fstat(cls.descriptor).st_ino == cls.file
        except OSError:
            there = False
        if not there:
            _real_exit(DISCONNECTED)

    @classmethod
    def ask(cls, asked: Asked) -> Told:
        """Ask whoever asks us. One that is interrupted in the middle, as by the watchdog, leaves
        nothing that could be relied on."""
        cls.check()
        try:
            send(cls.descriptor, asked)
            told: Told = receive(cls.descriptor)
        except BaseException:  # noqa: BLE001  the process ends here
            why = "a call of the endpoint was interrupted, and no other is made"
            with suppress(Closed):
                send(cls.descriptor, Refused(message=why, detail=""))
            _real_exit(DISCONNECTED)
        return told


class _Program(Program):
    """A program that writes down when the user's functions and imports have the word."""

    def cold_start(self, *, new_world: bool = False) -> None:
        with _Journals.journal.during(Phase.HANDLER_IMPORT):
            super().cold_start(new_world=new_world)

    def call_reset(self) -> None:
        with _Journals.journal.during(Phase.RESET):
            super().call_reset()

    def call_effects(self) -> Any:
        with _Journals.journal.during(Phase.EFFECTS):
            return super().call_effects()


class _Target(PythonTarget):
    """A target that writes down its invocations, and plays deaths again."""

    memory_margin_mb = None  # whoever watches this process looks at its memory, too

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._deaths: Mapping[int, Death] = {}
        self._death: Death | None = None
        self._calls: dict[int, int] = {}

    def begin_run(self, deaths: Mapping[int, Death]) -> None:
        """A run begins, in which these invocations end the process, as they did before."""
        self._deaths = deaths
        self._calls = {}

    def _give_word(self, go_on: Callable[[], Any]) -> Outcome | Held:
        # Of two invocations that overlap, the one that has the word is the one that dies.
        journal, number = _Journals.journal, self._here.invocation
        self._death = self._deaths.get(number)
        journal.begin_invocation(number, self._calls.get(number, 0))
        try:
            return super()._give_word(go_on)
        finally:
            _Connection.check()
            self._death = None
            self._calls[number] = journal.calls
            journal.end_invocation()

    def _handler(self) -> UserFunction:
        death = self._deaths.get(self._here.invocation)
        if death is None or death.calls:
            return super()._handler()
        signal_name = death.signal
        return lambda _event, _context: self.kill(signal_name)

    def note_call(self) -> None:
        """A call came back: the process may end here."""
        journal = _Journals.journal
        journal.calls += 1
        journal.write()
        if self._death is not None and self._death.calls == journal.calls:
            self.kill(self._death.signal)


class _Player(Player):
    program_type = _Program
    target_type = _Target
    target: _Target

    def _recorder(self, record: Callable[[Event], None]) -> Callable[[Event], None]:
        def noting(event: Event) -> None:
            record(event)
            if isinstance(event, Called):
                self.target.note_call()

        return noting


def work(connection: int, journal: int, trace: int) -> None:
    """Answer requests until nobody asks any more; the process is to end then."""
    _Journals.journal = Journal(journal)
    _Connection.descriptor, _Connection.file = connection, os.fstat(connection).st_ino
    # The C library's own handlers: they need no interpreter that still works.
    faulthandler.enable(file=trace, all_threads=False)
    faulthandler.register(TRACE_SIGNAL, file=trace, all_threads=False)
    try:
        _work(connection)
    except Closed:
        return


def _work(connection: int) -> None:
    request: Request = receive(connection)
    assert isinstance(request, Enter), request
    journal = _Journals.journal
    try:
        journal.phase = Phase.WORLD_IMPORT
        journal.write()
        with _Player.entered(request.spec, request.deployment) as player:
            journal.phase = Phase.OURS
            journal.write()
            server = _Server(player)
            send(connection, Answer(state=server.state()))
            while True:
                send(connection, server.answer(receive(connection)))
    except UsageError as error:
        send(connection, Refused(message=str(error), detail=error.detail))
    except Closed:
        raise
    except BaseException:  # noqa: BLE001  told to whoever asks, who raises it
        send(connection, Fault(text=traceback.format_exc()))


class _Server:
    """Answers the requests after the first."""

    def __init__(self, player: _Player) -> None:
        self._player = player
        self._known = 0

    def answer(self, request: Request) -> Answer | Refused | Fault:
        try:
            return self._do(request)
        except UsageError as error:
            return Refused(message=str(error), detail=error.detail)
        except Exception:  # noqa: BLE001  told to whoever asks, who raises it
            return Fault(text=traceback.format_exc())

    def _do(self, request: Request) -> Answer:
        player, journal = self._player, _Journals.journal
        journal.begin_run()
        match request:
            case Share():
                player.share_world(shared=request.shared)
                return Answer(state=self.state())
            case Load():
                with journal.during(Phase.WORLD_IMPORT):
                    bodies = player.load_bodies(request.given)
                found = None if bodies.strategy is not None else bodies
                return Answer(state=self.state(), bodies=found)
            case Play():
                player.target.begin_run(request.deaths)
                if request.endpoint is not None:
                    connection = FarConnection(*request.endpoint, _Connection.ask)
                    there = player.play_on(connection, request.scenario)
                    return Answer(state=self.state(), there=there)
                run = player.play(
                    request.scenario,
                    variant=request.variant,
                    receives_max=request.receives_max,
                    observing=request.observing,
                    one_by_one=request.one_by_one,
                )
                return Answer(state=self.state(), run=run)
            case Enter():
                raise AssertionError("the world is entered once")

    def state(self) -> State:
        """What the player knows now."""
        player = self._player
        baseline = player.baseline()
        news = len(baseline) != self._known
        self._known = len(baseline)
        return State(
            overlaps=player.overlaps,
            shows_effects=player.shows_effects,
            warm_only=player.warm_only,
            asks_for_time=player.asks_for_time,
            hung=tuple(player.hung),
            refused=tuple(player.refused),
            site_notes=tuple(player.site_notes),
            not_made=tuple(player.not_made),
            printed=player.printed,
            uses_aws=player.world.moto is not None,
            baseline=dict(baseline) if news else None,
        )
