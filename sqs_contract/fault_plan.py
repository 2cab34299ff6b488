"""What can go wrong in a run, and what it strikes: a message, an invocation, a call."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.errors import UsageError
from sqs_contract.fields import field as json_field
from sqs_contract.fields import mapping, whole_number


class FaultKind(enum.Enum):
    """What can go wrong. Each kind names what it strikes: a message, an invocation or a call."""

    DUPLICATE_IN_BATCH = "duplicate-in-batch"
    DUPLICATE_LATER = "duplicate-later"
    LOST_DELETE = "lost-delete"
    OVERTAKEN = "overtaken"
    """Best-effort order: messages that are sent later come first (S42)."""
    THROTTLED = "throttled"
    """Until the visibility timeout is over: a receive is used up, the handler not run (S99)."""
    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    COLD_START = "cold-start"
    CALL_FAILS = "call-fails"
    """The service answers with an error, and goes on to do so until the invocation is over."""
    NO_CONNECTION = "no-connection"
    ANSWER_LOST = "answer-lost"
    ANSWER_LOST_ONCE = "answer-lost-once"
    TIMEOUT_BEFORE = "timeout-before"
    TIMEOUT_AFTER = "timeout-after"
    PARTLY_FAILS = "partly-fails"
    """A call succeeds but for its last entry, and so do the next tries, up to a bound."""
    PARTLY_FAILS_ONCE = "partly-fails-once"
    CALL_THROTTLED = "call-throttled"
    SLOW = "slow"
    KILLED_BEFORE = "killed-before"
    """The process of the sandbox is killed, as when it is out of memory."""
    KILLED_AFTER = "killed-after"
    SHORT_OF_TIME = "short-of-time"
    """A call takes nearly all the time the function has; those behind it are slow too."""
    OVERLAPPED = "overlapped"
    """While the invocation is in a call, copies of its messages are handled elsewhere (S42)."""
    CONCURRENT = "concurrent"
    """While the invocation is in a call, the message that is sent next is handled elsewhere:
    what Lambda does all the time (S72)."""
    EMPTY_RECEIVE = "empty-receive"
    """A receive answers that there is nothing, although messages wait (S36)."""
    EXPIRED_HANDLE = "expired-handle"
    """The visibility timeout is over before the delete: a FIFO queue refuses it (S50)."""


MESSAGE_FAULTS: Final = frozenset(
    {
        FaultKind.DUPLICATE_IN_BATCH,
        FaultKind.DUPLICATE_LATER,
        FaultKind.LOST_DELETE,
        FaultKind.OVERTAKEN,
    }
)
STANDARD_ONLY: Final = frozenset(
    {
        FaultKind.DUPLICATE_IN_BATCH,
        FaultKind.DUPLICATE_LATER,
        FaultKind.OVERTAKEN,
        FaultKind.OVERLAPPED,
    }
)
"""What a standard queue may do by itself, and a FIFO queue does not (S42, S45)."""
INVOCATION_FAULTS: Final = frozenset(
    {FaultKind.THROTTLED, FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER, FaultKind.COLD_START}
)
TIME_FAULTS: Final = frozenset({FaultKind.SHORT_OF_TIME})
"""A call succeeds, and takes its time."""
OVERLAP_FAULTS: Final = frozenset({FaultKind.OVERLAPPED, FaultKind.CONCURRENT})
"""Another execution environment has the word while a call is about to be made."""
POLLING_FAULTS: Final = frozenset({FaultKind.EMPTY_RECEIVE, FaultKind.EXPIRED_HANDLE})
"""What only a consumer meets that polls by itself: Lambda's pollers spare a handler these."""
FIFO_ONLY: Final = frozenset({FaultKind.EXPIRED_HANDLE})
"""A standard queue takes a handle after the visibility timeout too (S39)."""
CALL_FAULTS: Final = (
    frozenset(FaultKind)
    - MESSAGE_FAULTS
    - INVOCATION_FAULTS
    - OVERLAP_FAULTS
    - TIME_FAULTS
    - POLLING_FAULTS
)
"""Something is wrong with the call itself."""
INDEFINITE_FAULTS: Final = frozenset(
    {
        FaultKind.ANSWER_LOST,
        FaultKind.ANSWER_LOST_ONCE,
        FaultKind.TIMEOUT_AFTER,
        FaultKind.KILLED_AFTER,
    }
)
"""The call took effect, and the handler cannot know it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what happens.
        message: for a message fault, the message's name; `nth` counts its deliveries.
        invocation: for an invocation fault, which one, from 1.
        site: for a call fault or an overlap, the call's label, as in `dynamodb.PutItem orders a1`;
            `nth` counts the calls with that label over the whole run.
    """

    kind: FaultKind
    message: str | None = None
    invocation: int | None = None
    site: str | None = None
    nth: int = 1

    def __post_init__(self) -> None:
        given = (self.message is not None, self.invocation is not None, self.site is not None)
        wanted = (
            self.kind in MESSAGE_FAULTS | {FaultKind.EXPIRED_HANDLE},
            self.kind in INVOCATION_FAULTS,
            self.kind in CALL_FAULTS | OVERLAP_FAULTS | TIME_FAULTS | {FaultKind.EMPTY_RECEIVE},
        )
        if given != wanted:
            what = ("a message", "an invocation", "a site")[wanted.index(True)]
            raise UsageError(f"a fault of kind {self.kind.value!r} strikes {what}")

    def to_json(self) -> dict[str, Any]:
        """As JSON data; what does not apply is left out."""
        data: dict[str, Any] = {"kind": self.kind.value}
        if self.message is not None:
            data["message"] = self.message
        if self.invocation is not None:
            data["invocation"] = self.invocation
        if self.site is not None:
            data["site"] = self.site
        if self.invocation is None:
            data["nth"] = self.nth
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """Read what `to_json` wrote.

        Raises:
            UsageError: a part is missing or not what it should be.
        """
        data = mapping(data, "a fault")
        kinds = [kind.value for kind in FaultKind]
        if data.get("kind") not in kinds:
            raise UsageError(f"unknown fault kind {data.get('kind')!r}; known: {', '.join(kinds)}")
        return cls(
            kind=FaultKind(data["kind"]),
            message=json_field(data, "message", str),
            invocation=json_field(data, "invocation", int),
            site=json_field(data, "site", str),
            nth=whole_number(data, "nth", 1, 1),
        )
