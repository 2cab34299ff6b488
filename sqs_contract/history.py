"""The whole output of a run: what happened, in order. Plain data, append-only."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqs_contract.model.invocation import FunctionError, Outcome, Returned
from sqs_contract.model.response import Reading
from sqs_contract.scenario import FaultKind


class Fate(enum.Enum):
    """Where a message is when a run ends."""

    DELETED = "deleted"
    DEAD_LETTERED = "dead-lettered"
    WAITING = "waiting"
    EXPIRED = "expired"
    FILTERED = "filtered"
    """Lambda deleted it because it matches no filter (S108)."""
    DEDUPLICATED = "deduplicated"
    """SQS took it for a duplicate of an earlier one and never delivered it (S51)."""


class Delivery(NamedTuple):
    """One record of an event: which message, and its ApproximateReceiveCount."""

    message: str
    receive_count: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A producer sent a message; `body`, where that is the handler itself."""

    at_ms: int
    message: str
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Invoked:
    """The function was invoked with a batch."""

    at_ms: int
    invocation: int
    records: tuple[Delivery, ...]
    environment: int
    cold: bool


@dataclass(frozen=True, slots=True)
class Called:
    """The handler reached out. `fault` is what struck the call, `error` what the caller saw."""

    at_ms: int
    invocation: int
    site: str
    nth: int
    fault: FaultKind | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The invocation came to an end."""

    at_ms: int
    invocation: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Settled:
    """The mapping read the outcome and deleted or kept each record."""

    at_ms: int
    invocation: int
    reading: Reading
    deleted: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redriven:
    """A message was moved to the dead-letter queue."""

    at_ms: int
    message: str


@dataclass(frozen=True, slots=True)
class Expired:
    """A message's retention was over."""

    at_ms: int
    message: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """A message matches no filter of the mapping: Lambda deleted it (S108)."""

    at_ms: int
    message: str


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """A FIFO queue took a message for a duplicate of an earlier one (S51)."""

    at_ms: int
    message: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault on a message or an invocation took place."""

    at_ms: int
    fault: FaultKind
    message: str | None = None
    invocation: int | None = None


@dataclass(frozen=True, slots=True)
class Overlapped:
    """In a call that is about to be made, the invocation waits while others have the word."""

    at_ms: int
    invocation: int
    site: str
    nth: int
    fault: FaultKind


@dataclass(frozen=True, slots=True)
class Resumed:
    """An invocation goes on with the call it was held in."""

    at_ms: int
    invocation: int


@dataclass(frozen=True, slots=True)
class Received:
    """A consumer that polls by itself was handed messages, by one receive."""

    at_ms: int
    queue: str
    records: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class DeleteRequested:
    """A consumer that polls by itself asked for the delete of a message.

    Attributes:
        receive_count: which delivery of the message it speaks of.
        done: whether the queue deleted it, or had done so before.
        answer: what the consumer was told: `None` for success, else the error's code, or
            `no answer`.
    """

    at_ms: int
    message: str
    receive_count: int
    done: bool
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """A consumer that polls by itself gave a message back: visibility timeout 0."""

    at_ms: int
    message: str
    receive_count: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run was cut off at a bound; what waits still waits."""

    at_ms: int
    reason: str


Event = (
    Sent
    | Deduplicated
    | Invoked
    | Called
    | Ended
    | Settled
    | Redriven
    | Expired
    | Filtered
    | Struck
    | Overlapped
    | Resumed
    | Received
    | DeleteRequested
    | Released
    | Stopped
)


def event_to_json(event: Event) -> dict[str, Any]:
    """As JSON data: `{"event": "invoked", "at_ms": 0, ...}`."""
    data: dict[str, Any] = {"event": type(event).__name__.lower()}
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        if value is not None:
            data[field.name] = _plain(value)
    return data


def _plain(value: object) -> Any:
    match value:
        case enum.Enum():
            return value.value
        case Returned(payload):
            if isinstance(payload, bytes):
                return {"returned": payload.decode("utf-8", "backslashreplace")}
            return {"returned": payload}
        case FunctionError():
            return {
                "errorType": value.error_type,
                "errorMessage": value.message,
                "kind": value.kind.value,
                **({"where": value.where} if value.where else {}),
            }
        case Reading():
            return {
                "row": int(value.row),
                "effect": value.effect.value,
                **({"reported": sorted(value.reported)} if value.reported else {}),
                **({"offending": value.offending} if value.offending else {}),
                **({"rests_on": value.rests_on.name} if value.rests_on else {}),
            }
        case Delivery():
            return {"message": value.message, "receive_count": value.receive_count}
        case tuple():  # after Delivery, which is one
            return [_plain(item) for item in value]
    return value
