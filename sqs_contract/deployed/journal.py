"""What the wrapper notes, put in order: invocations, and the history they make.

Owns how notes become events; what AWS makes of a response is the model's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.deployment import Deployment
from sqs_contract.history import Delivery, Ended, Event, Invoked, Settled, Struck
from sqs_contract.model.invocation import (
    ErrorKind,
    FunctionError,
    Outcome,
    Returned,
    exited,
    timed_out,
)
from sqs_contract.model.response import Reading, Row, read_outcome
from sqs_contract.scenario import FaultKind, Scenario

_REASONS: Final = {
    Row.FUNCTION_ERROR: "a function error keeps the whole batch (S88, S101)",
    Row.REPORTING_OFF: "without ReportBatchItemFailures any response deletes the batch (S85)",
    Row.REPORT: "what is reported is kept, and the rest deleted (S83)",
    Row.BAD_KEY: "one bad item spoils the whole report (S84)",
    Row.EMPTY_IDENTIFIER: "an empty identifier fails the whole batch (S83)",
    Row.UNKNOWN_IDENTIFIER: "an identifier that is not of the batch spoils the report (S83, S84)",
    Row.NOT_JSON: "a response that is no JSON fails the whole batch (S83)",
}
_SUCCESS: Final = "a response without a report is a complete success (S83, S86)"


@dataclass(slots=True, kw_only=True)
class Noted:
    """One invocation, as far as it is noted.

    Attributes:
        number: from 1, in the order in which they began.
        records: message and receive count of each record.
        end: the last note of it; `None` where there is none, as when it died or timed out.
    """

    key: str
    number: int
    began_ms: int
    records: tuple[Delivery, ...]
    environment: int
    cold: bool
    end: Mapping[str, Any] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The messages of the batch."""
        return tuple(dict.fromkeys(record.message for record in self.records))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What an invocation came to, and what AWS makes of that.

    Attributes:
        kept: the messages that AWS does not delete, and those that the wrapper had come again.
    """

    outcome: Outcome
    reading: Reading
    deleted: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why AWS makes this of it."""
        return _REASONS.get(self.reading.row, _SUCCESS)


@dataclass(slots=True, kw_only=True)
class Journal:
    """The notes of one scenario.

    Attributes:
        ids: the name of each message, by the id it has on the endpoint.
        ended: invocations that came to an end, in the order in which that was heard of.
        failed: why the handler cannot be imported there, if it cannot.
    """

    scenario: Scenario
    ids: Mapping[str, str]
    noted: dict[str, Noted] = field(default_factory=dict)
    ended: list[Noted] = field(default_factory=list)
    failed: str | None = None
    strange: str | None = None
    _early: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _environments: dict[str, int] = field(default_factory=dict)

    def take(self, notes: Iterable[Mapping[str, Any]]) -> int:
        """Take notes in, in whatever order they came and however often; how many invocations
        came to an end by them."""
        before = len(self.ended)
        for note in sorted(notes, key=lambda note: int(note["at"])):
            if note["what"] == "begin":
                self._begin(note)
            elif note["what"] == "init":
                self.failed = str(note["error"])
            elif note["invocation"] in self.noted:
                self._end(note)
            else:
                self._early[note["invocation"]] = note
        return len(self.ended) - before

    def _begin(self, note: Mapping[str, Any]) -> None:
        key = note["invocation"]
        if key in self.noted:
            return
        for message, _ in note["records"]:
            if message not in self.ids:
                self.strange = "hands over a message that nobody sent"
                return
        environment = self._environments.setdefault(
            note["environment"], len(self._environments) + 1
        )
        self.noted[key] = Noted(
            key=key,
            number=len(self.noted) + 1,
            began_ms=int(note["at"]),
            records=tuple(Delivery(self.ids[message], count) for message, count in note["records"]),
            environment=environment,
            cold=bool(note["cold"]),
        )
        if key in self._early:
            self._end(self._early.pop(key))

    def _end(self, note: Mapping[str, Any]) -> None:
        noted = self.noted[note["invocation"]]
        if noted.end is None:
            noted.end = note
            self.ended.append(noted)

    @property
    def unended(self) -> list[Noted]:
        """Invocations that began, and of whose end nothing is known."""
        return [noted for noted in self.noted.values() if noted.end is None]

    def own(self, text: str) -> str:
        """A text with the ids that the simulator gives the messages."""
        for there, name in self.ids.items():
            text = text.replace(there, self._scenario_ids[name])
        return text

    @property
    def _scenario_ids(self) -> dict[str, str]:
        return {message.name: message.message_id for message in self.scenario.messages}

    def outcomes(self, noted: Noted, deployment: Deployment) -> Outcomes:
        """What an invocation that ended came to."""
        assert noted.end is not None
        outcome = self._outcome(noted.end, deployment)
        ids = self._scenario_ids
        reading = read_outcome(
            outcome,
            {ids[name] for name in noted.names},
            reporting=deployment.mapping.report_batch_item_failures,
            assumptions=deployment.assumptions,
        )
        again = {self.ids[message] for message in noted.end.get("again", ())}
        kept = [name for name in noted.names if reading.keeps(ids[name]) or name in again]
        return Outcomes(
            outcome=outcome,
            reading=reading,
            deleted=tuple(name for name in noted.names if name not in kept),
            kept=tuple(kept),
        )

    def _outcome(self, end: Mapping[str, Any], deployment: Deployment) -> Outcome:
        struck = end.get("struck")
        if struck is not None:
            if struck["how"] == "sleep":
                return timed_out(str(end["invocation"]), deployment.function.timeout_ms)
            if struck["how"] == "exit":
                return exited("", None)
            return _error(ErrorKind.RAISED, "Struck", "the scenario has this invocation fail")
        if "raised" in end:
            kind = ErrorKind.EXITED if end.get("exits") else ErrorKind.RAISED
            return _error(kind, *end["raised"])
        if "unserialisable" in end:
            return _error(
                ErrorKind.UNSERIALISABLE, "Runtime.MarshalError", str(end["unserialisable"])
            )
        return Returned(self.own(str(end["payload"])))

    def events(self, deployment: Deployment) -> Iterator[Event]:
        """The invocations as events, in the order of the looks at the world."""
        begun: list[Noted] = sorted(self.noted.values(), key=lambda noted: noted.number)
        for noted in self.ended:
            while begun and begun[0].number <= noted.number:
                yield _invoked(begun.pop(0))
            yield from self._ending(noted, deployment)
        yield from map(_invoked, begun)

    def _ending(self, noted: Noted, deployment: Deployment) -> Iterator[Event]:
        assert noted.end is not None
        at_ms, struck = int(noted.end["at"]), noted.end.get("struck")
        found = self.outcomes(noted, deployment)
        if struck is not None:
            yield Struck(at_ms, FaultKind(struck["kind"]), invocation=noted.number)
        yield Ended(at_ms, noted.number, found.outcome)
        yield Settled(at_ms, noted.number, found.reading, found.deleted, found.kept)
        kinds = {fault.message: fault.kind for fault in self.scenario.faults}
        for message in noted.end.get("again", ()):
            name = self.ids[message]
            yield Struck(at_ms, kinds[name], message=name)


def _invoked(noted: Noted) -> Invoked:
    return Invoked(noted.began_ms, noted.number, noted.records, noted.environment, noted.cold)


def _error(kind: ErrorKind, error_type: str, message: str) -> FunctionError:
    return FunctionError(kind=kind, error_type=error_type, message=message)


def find_difference(
    journal: Journal,
    deployment: Deployment,
    dead_lettered: Sequence[str],
    is_settled: Callable[[str], bool],
) -> str | None:
    """What the endpoint did with a response that AWS does not; `None` if there is nothing.

    Each message is followed from one invocation to the next: what AWS deletes does not come
    again, and what AWS keeps comes again or is dead-lettered.

    Args:
        journal: the invocations.
        deployment: the settings.
        dead_lettered: messages in the dead-letter queue.
        is_settled: whether a message is in neither queue any more, or dead-lettered.
    """
    if journal.strange is not None:
        return journal.strange
    for noted in journal.unended:
        return (
            f"ends invocation {noted.number} ({' '.join(noted.names)}) before the handler is done, "
            "and nothing in the scenario asks for that: it timed out there, or died; "
            "--real-timeout gives it more time"
        )
    in_order = sorted(journal.noted.values(), key=lambda noted: noted.number)
    for place, noted in enumerate(in_order):
        if "too_long" in (noted.end or {}):
            return "was given a response that is too long to be noted"
        found = journal.outcomes(noted, deployment)
        later = {name for other in in_order[place + 1 :] for name in other.names}
        for name in found.deleted:
            if name in later or name in dead_lettered:
                return f"keeps {name} after invocation {noted.number}: {found.reason}"
        for name in found.kept:
            if name not in later and name not in dead_lettered and is_settled(name):
                return f"deletes {name} after invocation {noted.number}: {found.reason}"
    return _wrong_ends(in_order, deployment, dead_lettered)


def _wrong_ends(
    in_order: Sequence[Noted], deployment: Deployment, dead_lettered: Sequence[str]
) -> str | None:
    """What is wrong with how often messages came before they were dead-lettered."""
    most = deployment.queue.max_receive_count
    receives = {
        record.message: record.receive_count for noted in in_order for record in noted.records
    }
    noted = Counter(record.message for one in in_order for record in set(one.records))
    for name, count in receives.items():
        if noted[name] < count:
            return (
                f"invokes the function with {name} without its running: {noted[name]} of {count} "
                "receives were noted; --real-timeout gives it more time"
            )
        if noted[name] > count:
            return f"hands over {name} twice as one receive"
        if most is not None and count > most:
            return f"hands over {name} {count} times, where {most} are allowed"
        if name in dead_lettered and (most is None or count < most):
            return f"dead-letters {name} after {count} receives of {most}"
    return None
