"""What a run comes to, written down: the history, the worlds, and where each message is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sqs_contract.backends.run import Run
from sqs_contract.history import Deduplicated, Expired, Fate, Filtered, Redriven, Sent, Struck
from sqs_contract.model.entry import Entry, State
from sqs_contract.model.mapping import Poll
from sqs_contract.model.message import Message
from sqs_contract.scenario import FaultKind
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.effects import Tree

_FATES: Final[Mapping[State, Fate]] = {
    State.DELETED: Fate.DELETED,
    State.DEAD_LETTERED: Fate.DEAD_LETTERED,
    State.WAITING: Fate.WAITING,
    State.EXPIRED: Fate.EXPIRED,
}


class Books:
    """The books of one run.

    Attributes:
        record: takes the next event of the history.
        names: what reports call each message, by its id.
        entries: where each message of the scenario is in the queue, by name.
        sent_onward: names of the messages the handler has sent to its own queue.
    """

    def __init__(
        self,
        run: Run,
        clock: VirtualClock,
        observe: Callable[[], Tree] | None,
        observe_leniently: Callable[[], Tree | None] | None,
    ) -> None:
        self._run = run
        self._clock = clock
        self._observe = observe
        self._observe_leniently = observe_leniently
        self._deduplicated: list[str] = []
        self.record = run.events.append
        self.names: dict[str, str] = {}
        self.entries: dict[str, Entry] = {}
        self.sent_onward: list[str] = []

    def sent(self, name: str, entry: Entry) -> None:
        """A message of the scenario is in the queue."""
        self.names[entry.message.message_id] = name
        self.entries[name] = entry
        self.record(Sent(self._clock.now_ms, name))

    def deduplicated_as(self, name: str) -> None:
        """A FIFO queue took a message for another it has (S51)."""
        now_ms = self._clock.now_ms
        self._deduplicated.append(name)
        self.record(Sent(now_ms, name))
        self.record(Deduplicated(now_ms, name))

    def sent_by_handler(self, message_id: str, body: str) -> None:
        """The handler has sent a message to its own queue."""
        if message_id not in self.names:  # a duplicate has the id of the first (S51)
            name = f"s{len(self.sent_onward) + 1}"
            self.sent_onward.append(name)
            self.names[message_id] = name
            self.record(Sent(self._clock.now_ms, name, body))

    def note(self, poll: Poll) -> None:
        """Tell what a poll did beside gathering a batch."""
        if not (poll.redriven or poll.expired or poll.filtered):
            return
        now_ms = self._clock.now_ms
        for message in poll.redriven:
            self.record(Redriven(now_ms, self.names[message.message_id]))
        for message in poll.expired:
            self.record(Expired(now_ms, self.names[message.message_id]))
        for message in poll.filtered:
            self.record(Filtered(now_ms, self.names[message.message_id]))

    def struck(
        self, kind: FaultKind, *, message: str | None = None, invocation: int | None = None
    ) -> None:
        """A fault on a message or an invocation took place."""
        self.record(Struck(self._clock.now_ms, kind, message, invocation))

    def look(self) -> None:
        """Look at the world, if somebody wants to know."""
        if self._observe is None:
            return
        worlds = self._run.worlds
        worlds.append(self._observe())
        if self._observe_leniently is not None:
            lenient = self._observe_leniently()
            if lenient is not None:
                self._run.lenient_worlds[len(worlds) - 1] = lenient

    def fates(self, filtered: Iterable[Message]) -> dict[str, Fate]:
        """Where each message of the scenario is in the end."""
        fates = {name: _FATES[entry.state] for name, entry in self.entries.items()}
        for stopped in filtered:
            if self.names[stopped.message_id] in fates:
                fates[self.names[stopped.message_id]] = Fate.FILTERED
        for name in self._deduplicated:
            fates[name] = Fate.DEDUPLICATED
        return fates
