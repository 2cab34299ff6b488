"""A counterexample as a story: what was sent, what happened, what is wrong in the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.history import (
    Called,
    Deduplicated,
    Ended,
    Event,
    Expired,
    Filtered,
    Invoked,
    Overlapped,
    Redriven,
    Resumed,
    Sent,
    Settled,
    Stopped,
    Struck,
)
from sqs_contract.model.invocation import FunctionError, Outcome
from sqs_contract.model.response import Effect, Row
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.report.differences import differences
from sqs_contract.report.text import clip, columns, escape, plural, seconds, shorten
from sqs_contract.scenario import Fault, FaultKind, Scenario
from sqs_contract.world.clock import EPOCH_MS

_NUMBERS: Final = re.compile(
    r"(?<=invoke )\d+|(?<=receive )\d+|-?\d+(\.\d+)? -> -?\d+(\.\d+)?(?= times$|$)"
    r"|\bs\d+(?= \(receive )|(?<=^sent to its own queue  )s\d+|(?<=^deleted  )s\d+( s\d+)*$"
)
"""What differs between invocations that go the same way: counts of the invocation, an effect
that counts up or down, and the names of what the handler sent to its own queue."""

_BODY_WIDTH: Final = 60
_PAYLOAD_WIDTH: Final = 55
_EFFECT_WIDTH: Final = 55
_LINE_WIDTH: Final = 61
_ERROR_WIDTH: Final = 16
_NAMES_MAX: Final = 100
_TAIL: Final = (Redriven, Expired, Stopped)

_FAULTS: Final[Mapping[FaultKind, str]] = {
    FaultKind.DUPLICATE_IN_BATCH: "{message} is delivered twice in one batch",
    FaultKind.DUPLICATE_LATER: "{message} is delivered once more after it was deleted",
    FaultKind.LOST_DELETE: "the delete of {message} does not arrive, so it comes back",
    FaultKind.OVERTAKEN: "{message} is handed out after messages that were sent later",
    FaultKind.THROTTLED: "invocation {invocation} is throttled until the messages are visible again",
    FaultKind.CRASH_BEFORE: "the sandbox of invocation {invocation} dies before the handler runs",
    FaultKind.CRASH_AFTER: "the sandbox of invocation {invocation} dies after the handler returned",
    FaultKind.COLD_START: "invocation {invocation} runs in a new sandbox",
    FaultKind.CALL_FAILS: "{site} fails as long as the invocation lasts",
    FaultKind.NO_CONNECTION: "{site} finds no connection, nor do the SDK's retries",
    FaultKind.ANSWER_LOST: "{site} takes effect, but its answer is lost and retries fail",
    FaultKind.ANSWER_LOST_ONCE: "{site} takes effect, its answer is lost, and the SDK tries again",
    FaultKind.TIMEOUT_BEFORE: "the function times out just before {site}",
    FaultKind.TIMEOUT_AFTER: "the function times out just after {site} took effect",
    FaultKind.PARTLY_FAILS: "{site} answers that its last entry failed, again and again",
    FaultKind.PARTLY_FAILS_ONCE: "{site} answers that its last entry failed",
    FaultKind.CALL_THROTTLED: "{site} is throttled as long as the invocation lasts",
    FaultKind.SLOW: "{site} is slow",
    FaultKind.KILLED_BEFORE: "the sandbox is killed just before {site}",
    FaultKind.KILLED_AFTER: "the sandbox is killed just after {site} took effect",
    FaultKind.SHORT_OF_TIME: "{site} takes nearly all the time there is, and later calls are slow",
    FaultKind.OVERLAPPED: "just before {site}, copies of the messages are handled elsewhere",
    FaultKind.CONCURRENT: "just before {site}, the next message is handled elsewhere",
    FaultKind.EMPTY_RECEIVE: "{site} answers that there is no message",
    FaultKind.EXPIRED_HANDLE: "the visibility timeout of {message} is over before it is deleted",
}

_STRUCK: Final[Mapping[FaultKind, str]] = {
    FaultKind.DUPLICATE_IN_BATCH: "a second copy of {message} is in the batch",
    FaultKind.DUPLICATE_LATER: "a copy of {message} turns up again",
    FaultKind.LOST_DELETE: "the delete of {message} did not arrive",
    FaultKind.OVERTAKEN: "{message} is not found yet",
    FaultKind.THROTTLED: "the invocation is throttled; Lambda forgets the batch",
    FaultKind.CRASH_BEFORE: "the sandbox died before the handler ran",
    FaultKind.CRASH_AFTER: "the sandbox died before Lambda had the response",
    FaultKind.COLD_START: "the sandbox was recycled",
    FaultKind.EXPIRED_HANDLE: "the receipt handle of {message} had expired",
}


_STRUCK_CALL: Final[Mapping[FaultKind, str]] = {
    FaultKind.CALL_FAILS: "the service failed at every try",
    FaultKind.NO_CONNECTION: "no connection at any try",
    FaultKind.ANSWER_LOST: "it took effect, its answer was lost, retries failed",
    FaultKind.ANSWER_LOST_ONCE: "it took effect, its answer was lost, tried again",
    FaultKind.TIMEOUT_BEFORE: "the deadline passed before the call",
    FaultKind.SHORT_OF_TIME: "it took so long that 50 ms are left",
    FaultKind.TIMEOUT_AFTER: "it took effect, then the deadline passed",
    FaultKind.PARTLY_FAILS: "a success, but for the last entry",
    FaultKind.PARTLY_FAILS_ONCE: "a success, but for the last entry",
    FaultKind.CALL_THROTTLED: "throttled at every try",
    FaultKind.SLOW: "it took most of the time that was left",
    FaultKind.KILLED_BEFORE: "the sandbox was killed before the call",
    FaultKind.KILLED_AFTER: "it took effect, then the sandbox was killed",
    FaultKind.EMPTY_RECEIVE: "it answered that there is no message",
}


_MEANWHILE: Final[Mapping[FaultKind, str]] = {
    FaultKind.OVERLAPPED: "before it is made, SQS delivers copies of the messages",
    FaultKind.CONCURRENT: "before it is made, Lambda handles the next message too",
}


_OUTCOMES: Final[Mapping[type[Event], str]] = {
    Redriven: "to the dead-letter queue",
    Expired: "retention over",
    Filtered: "matches no filter, deleted",
    Deduplicated: "taken for a duplicate, not delivered",
}


def describe_fault(fault: Fault) -> str:
    """A fault in words."""
    text = _FAULTS[fault.kind].format(
        message=fault.message, invocation=fault.invocation, site=fault.site
    )
    if fault.nth > 1:
        text += f" ({fault.nth}. time)"
    return escape(text)


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line of what happened: when, and what; `depth` 1 lies within an invocation."""

    at_ms: int
    text: str
    depth: int = 0


def describe_deployment(scenario: Scenario) -> list[tuple[str, str]]:
    """Queue and mapping, as `(label, text)`."""
    queue, mapping = scenario.deployment.queue, scenario.deployment.mapping
    redrive = (
        f"dead-letter queue after {plural(queue.max_receive_count, 'receive')}"
        if queue.max_receive_count is not None
        else "no dead-letter queue"
    )
    window = f", window {seconds(mapping.window_ms)}" if mapping.window_ms else ""
    reports = "on" if mapping.report_batch_item_failures else "off"
    kind = "FIFO, " if queue.fifo else ""
    return [
        ("queue", f"{kind}visibility {seconds(queue.visibility_timeout_ms)}, {redrive}"),
        ("mapping", f"batch {mapping.batch_size}{window}, partial batch responses {reports}"),
    ]


def describe_messages(scenario: Scenario) -> Iterator[str]:
    """Each message with its body, and what is wrong with the body if it is malformed."""
    for message in scenario.messages:
        note = f"   (group {message.group_id})" if message.group_id else ""
        note += f"   <- {message.note}" if message.note else ""
        if message.after_ms:
            note += f"   (sent after {seconds(message.after_ms)})"
        note = escape(note)
        body = shorten(message.body, _BODY_WIDTH - columns(note))
        yield f"{escape(message.name)}  {body}{note}"


def tell(analysis: Analysis) -> Iterator[StoryLine]:
    """What happened, line by line. Invocations that go like the one before are summed up.

    Escaped once more as a whole: names and reasons of a replayed file are anybody's.
    """
    for line in _summed_up(analysis):
        yield StoryLine(line.at_ms, escape(line.text), line.depth)


def faults_that_never_struck(analysis: Analysis) -> list[Fault]:
    """The scenario's faults whose moment never came: a call not made, a delete not tried.

    The history does not number what happened to a message; where a message has
    several faults of one kind, those with the lowest numbers came first.
    """
    calls = set()
    strikes: Counter[tuple[object, ...]] = Counter()
    for event in analysis.run.events:
        if isinstance(event, Called | Overlapped):
            calls.add((event.fault, event.site, event.nth))
        elif isinstance(event, Struck):
            strikes[event.fault, event.message, event.invocation] += 1
    missed: list[Fault] = []
    for fault in sorted(analysis.scenario.faults, key=lambda fault: fault.nth):
        if fault.site is not None:
            struck = (fault.kind, fault.site, fault.nth) in calls
        else:
            place = fault.kind, fault.message, fault.invocation
            struck = strikes[place] > 0
            strikes[place] -= 1
        if not struck:
            missed.append(fault)
    return missed


def _summed_up(analysis: Analysis) -> Iterator[StoryLine]:
    names = {message.message_id: message.name for message in analysis.scenario.messages}
    blocks: list[list[StoryLine]] = [[]]
    looks = 0
    for event in analysis.run.events:
        if isinstance(event, Invoked) or (isinstance(event, _TAIL) and blocks[-1]):
            blocks.append([])
        blocks[-1] += _lines(event, names)
        if isinstance(event, Ended):
            looks += 1
            blocks[-1] += _effects(event, analysis, looks)
    yield from blocks[0]
    skipped: list[list[StoryLine]] = []
    for before, block, after in zip(blocks, blocks[1:], [*blocks[2:], []], strict=False):
        if _alike(before, block) and _alike(block, after):
            skipped.append(block)
            continue
        if skipped:
            count = plural(len(skipped), "invocation")
            yield StoryLine(skipped[0][0].at_ms, f"... {count} more like this ...")
            skipped = []
        yield from block


def _alike(first: list[StoryLine], second: list[StoryLine]) -> bool:
    """Whether two invocations go the same way, but for times and counts."""
    return [(_NUMBERS.sub("#", line.text), line.depth) for line in first] == [
        (_NUMBERS.sub("#", line.text), line.depth) for line in second
    ]


def _effects(event: Ended, analysis: Analysis, look: int) -> Iterator[StoryLine]:
    looks = analysis.oracle.golden.looks
    before, after = analysis.run.worlds[look - 1 : look + 1]
    for line in differences(*looks.shown_beside(before, after), _EFFECT_WIDTH):
        yield StoryLine(event.at_ms, f"effect  {line}", 1)


def _lines(  # noqa: C901  one line of the table for each kind of event
    event: Event, names: Mapping[str, str]
) -> Iterator[StoryLine]:
    match event:
        case Invoked():
            records = _listed(
                [f"{record.message} (receive {record.receive_count})" for record in event.records],
                "  ",
            )
            cold = ", new sandbox" if event.cold and event.environment > 1 else ""
            yield StoryLine(event.at_ms, f"invoke {event.invocation}  {records}{cold}")
        case Called():
            error = f"  -> {escape(event.error)}" if event.error else ""
            site = clip(escape(event.site), max(_LINE_WIDTH - columns(error), _ERROR_WIDTH))
            yield StoryLine(event.at_ms, f"{site}{error}", 1)
            if event.fault is not None:
                yield StoryLine(event.at_ms, f"fault: {_STRUCK_CALL[event.fault]}", 2)
        case Sent(body=str(body)):
            text = shorten(body, _PAYLOAD_WIDTH)
            yield StoryLine(event.at_ms, f"sent to its own queue  {event.message}  {text}", 1)
        case Ended():
            yield StoryLine(event.at_ms, _outcome(event.outcome, names))
        case Settled():
            yield from _settled(event, names)
        case Redriven() | Expired() | Filtered() | Deduplicated():
            yield StoryLine(event.at_ms, f"{_OUTCOMES[type(event)]}  {event.message}")
        case Struck():
            yield StoryLine(
                event.at_ms, f"fault: {_STRUCK[event.fault].format(message=event.message)}"
            )
        case Overlapped():
            yield from _held(event)
        case Resumed():
            yield StoryLine(event.at_ms, f"invoke {event.invocation} goes on")
        case Stopped():
            yield StoryLine(event.at_ms, f"stopped: {event.reason}")
        case _:
            return


def _held(event: Overlapped) -> Iterator[StoryLine]:
    yield StoryLine(event.at_ms, f"{clip(escape(event.site), _LINE_WIDTH)}  ...", 1)
    yield StoryLine(event.at_ms, f"fault: {_MEANWHILE[event.fault]}", 2)


def _outcome(outcome: Outcome, names: Mapping[str, str]) -> str:
    if isinstance(outcome, FunctionError):
        where = escape(f"  {outcome.where}") if outcome.where else ""
        head = f"failed  {escape(outcome.error_type)}: "
        room = max(_LINE_WIDTH + 2 - columns(head) - columns(where), _ERROR_WIDTH)
        return f"{head}{clip(escape(outcome.message), room)}{where}"
    payload = outcome.payload
    text = payload.decode("utf-8", "backslashreplace") if isinstance(payload, bytes) else payload
    for message_id, name in names.items():
        text = text.replace(f'{{"itemIdentifier": "{message_id}"}}', name)
        text = text.replace(message_id, name)
    return f"returned  {clip(escape(text), _PAYLOAD_WIDTH)}"


def _settled(event: Settled, names: Mapping[str, str]) -> Iterator[StoryLine]:
    reported = {names.get(message_id) for message_id in event.reading.reported}
    keep_all = event.reading.effect is Effect.KEEP_ALL
    deleted = [name for name in event.deleted if not (keep_all or name in reported)]
    if deleted:
        yield StoryLine(event.at_ms, f"deleted  {_listed(deleted)}")
    gone = [name for name in event.deleted if name not in deleted]
    if gone:
        yield StoryLine(event.at_ms, f"already deleted  {_listed(gone)}")
    if event.kept:
        yield StoryLine(event.at_ms, f"kept  {_listed(event.kept)}: {_why_kept(event)}")


def _listed(names: Sequence[str], gap: str = " ") -> str:
    rest = len(names) - _NAMES_MAX
    return gap.join([*names[:_NAMES_MAX], *([f"and {rest} more"] if rest > 0 else [])])


def _why_kept(event: Settled) -> str:
    reading = event.reading
    if reading.row is Row.FUNCTION_ERROR:
        return "the function failed, so the whole batch comes back"
    if reading.effect is Effect.KEEP_REPORTED:
        return "reported as failed"
    if reading.effect is Effect.DELETE_ALL:
        return "the delete did not arrive"
    return "AWS takes the whole batch for failed"


def relative(at_ms: int) -> str:
    """Seconds since the run began, as `30.000`."""
    return f"{(at_ms - EPOCH_MS) / 1000:.3f}"
