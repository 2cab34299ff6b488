"""The endpoint's side of a queue that lives in the model and there: every transition is made on
the endpoint, and what the endpoint does otherwise than AWS is told.

What the model says is what AWS does. Where an endpoint does something else, the run ends
(`EndpointDiffers`): nothing that comes of it is the handler's. What AWS leaves open, and
what no handler can feel, is only remarked.

Timeouts do not run out by themselves there: the endpoint hides what it hands out for
longer than a run takes, and when virtual time says so, the visibility timeout is ended
by ChangeMessageVisibility. A delayed message is sent when its delay is over. So no real
time passes, unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from sqs_contract.backends.their_queue import HIDDEN_S, TheirQueue
from sqs_contract.errors import UsageError
from sqs_contract.model.entry import Entry, Receive, Received, State
from sqs_contract.model.limits import RECEIVE_MAX_MESSAGES
from sqs_contract.model.message import Message
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Refusal

P = ParamSpec("P")


class EndpointDiffers(Exception):
    """The endpoint does something that AWS does not; the message says what, in words."""


def _kept_for_later(
    method: Callable[Concatenate[Mirror, P], None],
) -> Callable[Concatenate[Mirror, P], None]:
    """An endpoint that does not answer is told with the next receive: this may be a call of the
    handler's, which would take the error for its own."""

    @wraps(method)
    def kept(self: Mirror, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except UsageError as error:
            self.failure = error

    return kept


class Mirror:
    """Keeps a queue on an endpoint in step with one of the model.

    Args:
        there: the queue on the endpoint.
        settings: of the queue.

    Attributes:
        failure: why the endpoint does not answer any more, if so.
    """

    def __init__(self, there: TheirQueue, settings: QueueSettings) -> None:
        self.there = there
        self._settings = settings
        self._held: list[tuple[int, int, Entry]] = []
        self._to_delete: dict[int, str] = {}
        self._sent_as: dict[str, int] = {}
        self.failure: UsageError | None = None

    def sent(self, entry: Entry, now_ms: int) -> None:
        """The model took a message: it is sent before the next receive."""
        self._held.append((entry.available_ms, now_ms, entry))

    @_kept_for_later
    def sent_duplicate(self, first: Entry, message: Message) -> None:
        """The model took a message for a duplicate of another (S51)."""
        self._send_due(message.sent_ms)
        copy = self.there.copies.get(first.sequence)
        if copy is None:
            return  # the first waits for its delay
        answer = self.there.send(message, copy.deduplication_id)
        if not isinstance(answer, Refusal) and answer.get("MessageId") != copy.message_id:
            self.there.differs(
                f"takes a duplicate of {self.there.named(first)} for a message of its own (S51)"
            )

    def received(self, receive: Receive, now_ms: int) -> None:
        """The model handed messages out, and gave others up.

        Raises:
            EndpointDiffers: the endpoint does otherwise, or has done since the last time.
        """
        self._received(receive, now_ms)
        self.check()

    @_kept_for_later
    def _received(self, receive: Receive, now_ms: int) -> None:
        self._flush()
        self._send_due(now_ms)
        wanted = {item.entry.sequence: item for item in receive.messages}
        leaving = [self.there.last_of(message) for message in receive.redriven]
        self.there.end_visibility([*wanted, *(copy.entry.sequence for copy in leaving)], now_ms)
        if wanted or leaving:
            self.there.gather(wanted, now_ms, at_least_once=bool(leaving))
        for sequence, item in wanted.items():
            raw = self.there.surplus.pop(sequence, None)
            if raw is None:
                self.there.differs(f"does not hand out {self.there.named(item.entry)}")
            else:
                self.there.compare(raw, item)
        self.there.find_in_dead_letter_queue(leaving)

    def check(self) -> None:
        """Stop where the endpoint is gone, or has done what AWS does not.

        Raises:
            EndpointDiffers: it has.
        """
        if self.failure is not None:
            raise self.failure
        if self.there.differences:
            raise EndpointDiffers(self.there.differences[0])

    @_kept_for_later
    def received_again(self, received: Received, now_ms: int) -> None:
        """The model handed a message out that was in flight (S42)."""
        copy, limit = self.there.copies[received.entry.sequence], self._settings.max_receive_count
        if limit is not None and received.receive_count > limit:
            copy.unknown_receives += 1  # there it would go to the dead-letter queue
            copy.handles[received.receive_count] = copy.latest
            return
        self._flush()
        self.there.end_visibility([received.entry.sequence], now_ms)
        self.there.gather({received.entry.sequence: received}, now_ms, at_least_once=True)
        raw = self.there.surplus.pop(received.entry.sequence, None)
        if raw is None:
            self.there.differs(f"does not hand out {self.there.named(received.entry)} again")
        else:
            self.there.compare(raw, received)

    @_kept_for_later
    def deleted(self, entry: Entry, receive: int, *, over: bool, now_ms: int) -> None:
        """The model deleted a message; `over`, after its visibility timeout (S39)."""
        if over:
            self.there.end_visibility([entry.sequence], now_ms)
        handle = self.there.handle(entry.sequence, receive)
        if handle is None:
            return  # it was not handed out there, which is noted
        self._to_delete[entry.sequence] = handle
        if self._settings.fifo:
            self._flush()

    @_kept_for_later
    def deleted_again(self, sequence: int, receive: int) -> None:
        """Nothing was left to delete, which succeeds (S41)."""
        self._flush()
        handle = self.there.handle(sequence, receive)
        if handle is None:
            return
        answer = self.there.call("DeleteMessage", ReceiptHandle=handle)
        if isinstance(answer, Refusal):
            self.there.remark(f"answers a second delete with {answer.code}, AWS with success (S41)")

    def deleted_with_old_handle(self, entry: Entry, receive: int) -> bool:
        """A delete came with the handle of an earlier receive; whether it deleted there, which
        AWS leaves open (S40)."""
        handle = self.there.handle(entry.sequence, receive)
        latest = self.there.latest(entry.sequence)
        if handle is None or handle == latest:
            return False
        try:
            answer = self.there.call("DeleteMessage", ReceiptHandle=handle)
            if isinstance(answer, Refusal):
                self.there.remark(
                    f"answers a delete with an old handle with {answer.code}, AWS with success (S40)"
                )
                return False
            there = self.there.call(
                "ChangeMessageVisibility", ReceiptHandle=latest, VisibilityTimeout=HIDDEN_S
            )
        except UsageError as error:
            self.failure = error
            return False
        if isinstance(there, Refusal):
            self.there.remark("deletes with the handle of an earlier receive, as AWS may (S40)")
            return True
        return False

    @_kept_for_later
    def refused_to_delete(self, entry: Entry, receive: int, now_ms: int) -> None:
        """The model refused a delete, since the handle was no longer good (S50)."""
        handle = self.there.handle(entry.sequence, receive)
        if handle is None:
            return
        if handle == self.there.latest(entry.sequence):
            self.there.end_visibility([entry.sequence], now_ms)
        answer = self.there.call("DeleteMessage", ReceiptHandle=handle)
        if not isinstance(answer, Refusal):
            self.there.differs(
                f"deletes {self.there.named(entry)} from a FIFO queue with a receipt handle that has "
                "expired (S50)"
            )

    def copied(self, entry: Entry, copy: Entry) -> None:
        """A message that was deleted turns up again: there it is not deleted after all."""
        if copy is entry:
            return
        self._to_delete.pop(entry.sequence, None)
        self.there.becomes(entry.sequence, copy)

    @_kept_for_later
    def purged(self) -> None:
        """The model's queue was purged."""
        self._held.clear()
        self._to_delete.clear()
        answer = self.there.call("PurgeQueue")
        if isinstance(answer, Refusal):
            self.there.remark(f"refuses to purge the queue ({answer.code})")

    def finish(self, *, counting: bool) -> None:
        """The run is over: what is left there is to be what is left in the model.

        Args:
            counting: whether the endpoint counts exactly; AWS does not (S34).

        Raises:
            EndpointDiffers: it is not.
        """
        self._flush()
        self.check()
        states = {copy.entry.state for copy in self.there.copies.values()}
        if not counting or State.EXPIRED in states:
            return  # there, no retention is ever over
        answer = self.there.call("GetQueueAttributes", AttributeNames=["All"])
        told = {} if isinstance(answer, Refusal) else answer.get("Attributes", {})
        names = ("", "NotVisible", "Delayed")
        counts = [str(told.get(f"ApproximateNumberOfMessages{name}")) for name in names]
        there = sum(int(count) for count in counts if count.isdecimal())
        here = sum(copy.entry.state is State.WAITING for copy in self.there.copies.values())
        if there != here:
            self.there.differs(f"holds {there} messages in the end, where AWS holds {here}")
        self.check()

    def _send_due(self, now_ms: int) -> None:
        """Send what is not delayed any more, in order."""
        due = sorted((item for item in self._held if item[0] <= now_ms), key=_by_time)
        self._held = [item for item in self._held if item[0] > now_ms]
        for _, sent_ms, entry in due:
            if entry.state is not State.WAITING:
                continue
            self.there.skipped_ms += now_ms - sent_ms
            known_as = self._known_as(entry)
            answer = self.there.send(entry.message, known_as)
            if isinstance(answer, Refusal):
                self.there.differs(
                    f"refuses {self.there.named(entry)} ({answer.code}: {answer.message})"
                )
                continue
            known_as = known_as or entry.deduplication_id
            self.there.accepted(entry, str(answer.get("MessageId")), known_as)

    def _known_as(self, entry: Entry) -> str | None:
        """What a message is deduplicated by there; left out where that follows from its body.

        Five minutes of virtual time may have passed since the last of that name, and none
        there (S51): then it gets another.
        """
        known_as = entry.deduplication_id
        if known_as is None:
            return None
        times = self._sent_as[known_as] = self._sent_as.get(known_as, 0) + 1
        return entry.message.deduplication_id if times == 1 else f"{known_as[:100]}-{times}"

    def _flush(self) -> None:
        """Delete there what was deleted here."""
        waiting, self._to_delete = self._to_delete, {}
        items = list(waiting.items())
        for start in range(0, len(items), RECEIVE_MAX_MESSAGES):
            chunk = items[start : start + RECEIVE_MAX_MESSAGES]
            entries = [{"Id": str(sequence), "ReceiptHandle": handle} for sequence, handle in chunk]
            answer = self.there.call("DeleteMessageBatch", Entries=entries)
            failed = (
                [{"Id": entry["Id"], "Code": answer.code} for entry in entries]
                if isinstance(answer, Refusal)
                else answer.get("Failed") or []
            )
            for item in failed:
                named = self.there.named(self.there.copies[int(item["Id"])].entry)
                self.there.differs(f"refuses to delete {named} ({item.get('Code')})")


def _by_time(item: tuple[int, int, Entry]) -> tuple[int, int]:
    return item[0], item[2].sequence
