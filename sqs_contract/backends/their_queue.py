"""A queue as an endpoint has it: what was sent, what is in flight, and the calls about it.

Owns the copies the endpoint has of the model's messages, and notes where it does otherwise
than AWS. When anything is to happen is `mirror`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.backends.sameness import differences_of
from sqs_contract.endpoints.connection import Connection
from sqs_contract.model.entry import Entry, Received, State
from sqs_contract.model.limits import RECEIVE_MAX_MESSAGES, SECOND_MS
from sqs_contract.model.message import Message, MessageAttribute
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Refusal

HIDDEN_S: Final = 3_600
"""How long the endpoint hides what it hands out: no run takes so long."""

_TRIES_MAX: Final = 6
"""Receives that wait a second each, before a message counts as not handed out."""

_SURPLUS_MAX: Final = 40
"""Receives that bring nothing but what comes later, before that counts as another order."""

_SLACK_S: Final = 0.25
"""How much longer than a timeout to wait for it."""


@dataclass(slots=True)
class Copy:
    """A message as the endpoint has it.

    Attributes:
        message_id: the id it has there.
        handles: its receipt handles there, by the model's receive count.
        hidden_ms: since when it is hidden there, in virtual time; `None` where it is visible.
        unknown_receives: receives of the model that the endpoint knows nothing of.
        deduplication_id: what it was sent with.
    """

    entry: Entry
    message_id: str
    deduplication_id: str | None
    handles: dict[int, str] = field(default_factory=dict)
    latest: str = ""
    hidden_ms: int | None = None
    unknown_receives: int = 0


class TheirQueue:
    """A queue on an endpoint.

    Args:
        connection: the endpoint.
        settings: of the queue.
        url: of the queue there.
        dead_letter_url: of its dead-letter queue there.
        name_of: what reports call a message, by the model's message id.

    Attributes:
        copies: the messages it has, by their place in the model's queue.
        surplus: what it handed out before the model did.
        differences: what it did that AWS does not.
        remarks: what it did otherwise, or in a way AWS leaves open, that no handler feels.
        skipped_ms: virtual time of visibility timeouts and delays that did not pass there.
    """

    def __init__(
        self,
        connection: Connection,
        settings: QueueSettings,
        url: str,
        dead_letter_url: str | None,
        name_of: Callable[[str], str],
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._url = url
        self._dead_letter_url = dead_letter_url
        self._name_of = name_of
        self._by_their_id: dict[str, int] = {}
        self.copies: dict[int, Copy] = {}
        self.surplus: dict[int, Mapping[str, Any]] = {}
        self.differences: list[str] = []
        self.remarks: dict[str, None] = {}
        self.skipped_ms = 0

    def call(self, operation: str, **parameters: Any) -> dict[str, Any] | Refusal:
        """The answer to a call about the queue."""
        return self._connection.call(operation, QueueUrl=self._url, **parameters)

    def named(self, entry: Entry) -> str:
        """What reports call a message."""
        return self._name_of(entry.message.message_id)

    def differs(self, what: str) -> None:
        """Note what the endpoint did that AWS does not."""
        self.differences.append(what)

    def remark(self, what: str) -> None:
        """Note what the endpoint did otherwise, and no handler feels."""
        self.remarks.setdefault(what)

    def accepted(self, entry: Entry, their_id: str, known_as: str | None) -> None:
        """It took a message."""
        if their_id in self._by_their_id:
            self.differs(f"takes {self.named(entry)} for a duplicate of another message")
        self.copies[entry.sequence] = Copy(entry, their_id, known_as)
        self._by_their_id[their_id] = entry.sequence

    def becomes(self, sequence: int, entry: Entry) -> None:
        """From now on the message stands elsewhere in the model's queue."""
        copy = self.copies.pop(sequence)
        copy.entry = entry
        self.copies[entry.sequence] = copy
        self._by_their_id[copy.message_id] = entry.sequence

    def handle(self, sequence: int, receive: int) -> str | None:
        """The receipt handle there of a receive; `None` where it handed nothing out."""
        copy = self.copies.get(sequence)
        return None if copy is None else copy.handles.get(receive)

    def latest(self, sequence: int) -> str:
        """The receipt handle there of the last receive."""
        return self.copies[sequence].latest

    def last_of(self, message: Message) -> Copy:
        """The copy of a message that the model has just given up."""
        message_id = message.message_id
        copies = self.copies.values()
        return [copy for copy in copies if copy.entry.message.message_id == message_id][-1]

    def send(self, message: Message, known_as: str | None) -> dict[str, Any] | Refusal:
        """Send a message; on FIFO, under a deduplication id if one is given."""
        parameters: dict[str, Any] = {"MessageBody": message.body}
        if message.attributes:
            parameters["MessageAttributes"] = {
                name: _attribute(value) for name, value in message.attributes.items()
            }
        if message.trace_header is not None:
            header = {"DataType": "String", "StringValue": message.trace_header}
            parameters["MessageSystemAttributes"] = {"AWSTraceHeader": header}
        if message.group_id is not None:
            parameters["MessageGroupId"] = message.group_id
        if known_as is not None:
            parameters["MessageDeduplicationId"] = known_as
        return self.call("SendMessage", **parameters)

    def end_visibility(self, sequences: Iterable[int], now_ms: int) -> None:
        """Let the visibility timeouts of messages be over there, as they are here."""
        timeout_s = self._connection.endpoint.real_timeout_s
        any_ended = False
        for sequence in sequences:
            copy = self.copies.get(sequence)
            if copy is None or copy.hidden_ms is None or sequence in self.surplus:
                continue
            answer = self.call(
                "ChangeMessageVisibility", ReceiptHandle=copy.latest, VisibilityTimeout=timeout_s
            )
            if isinstance(answer, Refusal):
                self.differs(
                    f"does not let the visibility timeout of {self.named(copy.entry)} end "
                    f"({answer.code})"
                )
            self.skipped_ms += max(now_ms - copy.hidden_ms - timeout_s * SECOND_MS, 0)
            copy.hidden_ms = None
            any_ended = True
        if any_ended and timeout_s:
            self._connection.wait(timeout_s + _SLACK_S)

    def gather(self, wanted: Mapping[int, Received], now_ms: int, *, at_least_once: bool) -> None:
        """Receive until everything wanted is there."""
        empty = receives = 0
        while empty < _TRIES_MAX and receives < _SURPLUS_MAX:
            missing = len(wanted) - sum(sequence in self.surplus for sequence in wanted)
            if self.differences:
                return
            if not missing and not (at_least_once and not receives):
                return
            receives += 1
            answer = self.call(
                "ReceiveMessage",
                MaxNumberOfMessages=min(max(missing, 1), RECEIVE_MAX_MESSAGES),
                WaitTimeSeconds=1 if empty else 0,
                VisibilityTimeout=HIDDEN_S,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
                AttributeNames=["All"],
            )
            if isinstance(answer, Refusal):
                self.differs(f"refuses to be polled ({answer.code}: {answer.message})")
                return
            messages = answer.get("Messages") or []
            for raw in messages:
                self._take(raw, wanted, now_ms)
            empty += not messages
            if not missing:
                return

    def _take(self, raw: Mapping[str, Any], wanted: Mapping[int, Received], now_ms: int) -> None:
        """A message the endpoint handed out: now it is in flight there."""
        sequence = self._by_their_id.get(str(raw.get("MessageId")))
        copy = None if sequence is None else self.copies.get(sequence)
        if sequence is None or copy is None:
            self.differs("hands out a message that nobody sent")
            return
        entry = copy.entry
        copy.latest = str(raw.get("ReceiptHandle"))
        copy.hidden_ms = now_ms
        if entry.state is State.EXPIRED:
            self.call("DeleteMessage", ReceiptHandle=copy.latest)  # its retention is over here
            return
        if entry.state is not State.WAITING:
            self.differs(f"hands out {self.named(entry)} although it was {entry.state.value}")
            return
        if sequence in self.surplus or (sequence not in wanted and entry.available_ms > now_ms):
            self.differs(f"hands out {self.named(entry)} again while it is in flight")
            return
        if self._settings.fifo:
            self._check_order(copy, wanted)
        self.surplus[sequence] = raw

    def _check_order(self, taken: Copy, wanted: Mapping[int, Received]) -> None:
        """Nothing of a message group comes before what was sent before it (S45, S46)."""
        entry = taken.entry
        for sequence, other in self.copies.items():
            if (
                sequence < entry.sequence
                and other.entry.state is State.WAITING
                and other.entry.message.group_id == entry.message.group_id
                and sequence not in self.surplus
                and not (sequence in wanted and other.hidden_ms is not None)
            ):
                self.differs(
                    f"hands out {self.named(entry)} before {self.named(other.entry)} of the same "
                    "message group (S45)"
                )

    def compare(self, raw: Mapping[str, Any], item: Received) -> None:
        """What the endpoint handed out, with what the model did."""
        copy = self.copies[item.entry.sequence]
        copy.handles[item.receive_count] = copy.latest
        name = self.named(item.entry)
        known = copy.deduplication_id
        expected_count = item.receive_count - copy.unknown_receives
        for difference in differences_of(raw, item.entry, expected_count, known):
            if difference.felt:
                self.differs(f"hands out {name} {difference.what}")
            else:
                self.remark(difference.what)

    def find_in_dead_letter_queue(self, leaving: list[Copy]) -> None:
        """What was received too often is in the dead-letter queue there too (S57)."""
        missing = {copy.message_id: copy for copy in leaving}
        for number in range(_TRIES_MAX):
            if not missing or self._dead_letter_url is None:
                break
            answer = self._connection.call(
                "ReceiveMessage",
                QueueUrl=self._dead_letter_url,
                MaxNumberOfMessages=RECEIVE_MAX_MESSAGES,
                WaitTimeSeconds=1 if number else 0,
                VisibilityTimeout=HIDDEN_S,
            )
            for raw in () if isinstance(answer, Refusal) else answer.get("Messages") or ():
                missing.pop(str(raw.get("MessageId")), None)
        for copy in missing.values():
            self.differs(
                f"does not move {self.named(copy.entry)} to the dead-letter queue after "
                f"{self._settings.max_receive_count} receives, under its own id (S57, S59)"
            )


def _attribute(value: MessageAttribute) -> dict[str, Any]:
    if value.binary_value is not None:
        return {"DataType": value.data_type, "BinaryValue": value.binary_value}
    return {"DataType": value.data_type, "StringValue": value.string_value}
