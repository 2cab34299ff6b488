"""The whole input of a run: messages, deployment, faults, seed. Plain data, JSON both ways.

The same scenario on the same target gives the same history. A counterexample
file is a scenario.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from sqs_contract.deployment import Deployment
from sqs_contract.deployment.checked import deployment_from_json
from sqs_contract.errors import UsageError
from sqs_contract.fault_plan import (
    CALL_FAULTS,
    INDEFINITE_FAULTS,
    INVOCATION_FAULTS,
    MESSAGE_FAULTS,
    OVERLAP_FAULTS,
    STANDARD_ONLY,
    TIME_FAULTS,
    Fault,
    FaultKind,
)
from sqs_contract.fields import field as json_field
from sqs_contract.fields import mapping, whole_number
from sqs_contract.model import limits
from sqs_contract.model.message import NO_ATTRIBUTES, Message, MessageAttribute
from sqs_contract.model.settings import QueueSettings

__all__ = [
    "CALL_FAULTS",
    "INDEFINITE_FAULTS",
    "INVOCATION_FAULTS",
    "MESSAGE_FAULTS",
    "OVERLAP_FAULTS",
    "SCHEMA",
    "STANDARD_ONLY",
    "TIME_FAULTS",
    "Fault",
    "FaultKind",
    "Scenario",
    "ScenarioMessage",
    "message_for",
]

SCHEMA: Final = 1

_AFTER_MAX_MS: Final = limits.RETENTION_MAX_S * limits.SECOND_MS
"""A message that is sent later than any message is kept has nothing to do with the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioMessage:
    """One message of a scenario.

    Attributes:
        name: how reports call it (`m1`); its message id follows from the name,
            so that dropping another message does not change it.
        body: the exact text sent.
        attributes: user attributes.
        after_ms: when it is sent, in milliseconds from the start of the run.
        note: what the body is, where it was made malformed on purpose.
        group_id: its message group; on a FIFO queue every message has one (S45).
        deduplication_id: what a FIFO queue knows it by for five minutes (S51). Left out:
            the hash of its body, where the queue deduplicates by content, else its own id.
    """

    name: str
    body: str
    after_ms: int = 0
    group_id: str | None = None
    deduplication_id: str | None = None
    attributes: Mapping[str, MessageAttribute] = field(default_factory=lambda: NO_ATTRIBUTES)
    note: str | None = None

    @property
    def message_id(self) -> str:
        """A version 4 UUID that depends on the name only."""
        return _message_id(self.name)

    def sent_at(self, epoch_ms: int) -> Message:
        """The message as SQS accepts it at a moment."""
        if self.attributes or self.group_id is not None:
            return Message(
                message_id=self.message_id,
                body=self.body,
                sent_ms=epoch_ms,
                attributes=self.attributes,
                group_id=self.group_id,
                deduplication_id=self.deduplication_id,
            )
        return _plain_message(self.name, self.body, epoch_ms)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for messages that are delivered alike."""
        if not self.attributes and self.group_id is None:
            return self.name, self.body
        attributes = tuple(sorted(self.attributes.items(), key=_by_name))
        return self.name, self.body, attributes, self.group_id, self.deduplication_id

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        data: dict[str, Any] = {"name": self.name, "messageId": self.message_id, "body": self.body}
        if self.attributes:
            data["messageAttributes"] = {
                name: _attribute_to_json(attribute) for name, attribute in self.attributes.items()
            }
        if self.group_id is not None:
            data["messageGroupId"] = self.group_id
        if self.deduplication_id is not None:
            data["messageDeduplicationId"] = self.deduplication_id
        if self.after_ms:
            data["afterMs"] = self.after_ms
        if self.note is not None:
            data["note"] = self.note
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ScenarioMessage:
        """Read what `to_json` wrote.

        Raises:
            UsageError: a part is missing or not what it should be.
        """
        data = mapping(data, "a message")
        if not isinstance(data.get("name"), str) or not isinstance(data.get("body"), str):
            raise UsageError("a scenario's message needs a name and a body, both text")
        return cls(
            name=data["name"],
            body=data["body"],
            attributes=MappingProxyType(
                {
                    name: _attribute_from_json(value)
                    for name, value in json_field(data, "messageAttributes", dict, {}).items()
                }
            ),
            group_id=json_field(data, "messageGroupId", str),
            deduplication_id=json_field(data, "messageDeduplicationId", str),
            after_ms=whole_number(data, "afterMs", 0, 0, _AFTER_MAX_MS),
            note=json_field(data, "note", str),
        )


_MESSAGES_OF_A_GROUP: Final = 2
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def message_for(
    queue: QueueSettings, name: str, body: str, note: str | None = None
) -> ScenarioMessage:
    """A message as a producer sends it to a queue: to a FIFO queue, in a message group.

    The first two are of one group, the next two of another: `m1` has a follower
    it may hold back, and a neighbour it has nothing to do with.
    """
    if not queue.fifo:
        return ScenarioMessage(name=name, body=body, note=note)
    number = int(name.lstrip(_LETTERS))
    return ScenarioMessage(
        name=name, body=body, note=note, group_id=f"group-{(number + 1) // _MESSAGES_OF_A_GROUP}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything a run depends on beside the target itself."""

    messages: tuple[ScenarioMessage, ...]
    faults: tuple[Fault, ...] = ()
    deployment: Deployment = field(default_factory=Deployment)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.deployment.queue.fifo:
            self._check_fifo()

    def _check_fifo(self) -> None:
        for message in self.messages:
            if message.group_id is None:
                raise UsageError(
                    f"message {message.name!r} has no message group, and the queue is FIFO"
                )
        for fault in self.faults:
            if fault.kind in STANDARD_ONLY:
                raise UsageError(
                    f"a FIFO queue does not do that by itself: {fault.kind.value} (S42, S45)"
                )

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "schema": SCHEMA,
            "messages": [message.to_json() for message in self.messages],
            "faults": [fault.to_json() for fault in self.faults],
            "deployment": self.deployment.to_json(),
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scenario:
        """Read what `to_json` wrote.

        Raises:
            UsageError: a part is missing or not what it should be.
        """
        if not isinstance(data.get("messages"), list):
            raise UsageError('a scenario needs a list of "messages"')
        schema = json_field(data, "schema", int, SCHEMA)
        if schema != SCHEMA:
            raise UsageError(f"its schema is {schema}, and this version knows {SCHEMA}")
        return cls(
            messages=tuple(ScenarioMessage.from_json(item) for item in data["messages"]),
            faults=tuple(Fault.from_json(item) for item in json_field(data, "faults", list, [])),
            deployment=deployment_from_json(json_field(data, "deployment", dict, {})),
            seed=json_field(data, "seed", int, 0),
        )

    def digest(self) -> str:
        """Eight hex digits that name this scenario."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


@functools.lru_cache(maxsize=1024)
def _plain_message(name: str, body: str, epoch_ms: int) -> Message:
    # Runs start at the same moment, over and over again.
    return Message(message_id=_message_id(name), body=body, sent_ms=epoch_ms)


def _by_name(item: tuple[str, MessageAttribute]) -> str:
    return item[0]


_MESSAGE_IDS: dict[str, str] = {}


def _message_id(name: str) -> str:
    message_id = _MESSAGE_IDS.get(name)
    if message_id is None:
        digest = hashlib.md5(f"message {name}".encode(), usedforsecurity=False).digest()
        message_id = _MESSAGE_IDS[name] = str(uuid.UUID(bytes=digest, version=4))
    return message_id


def _attribute_to_json(attribute: MessageAttribute) -> dict[str, str]:
    if attribute.binary_value is not None:
        value = base64.b64encode(attribute.binary_value).decode()
        return {"dataType": attribute.data_type, "binaryValue": value}
    return {"dataType": attribute.data_type, "stringValue": attribute.string_value or ""}


def _attribute_from_json(data: object) -> MessageAttribute:
    data = mapping(data, "a message attribute")
    data_type = json_field(data, "dataType", str)
    string, binary = json_field(data, "stringValue", str), json_field(data, "binaryValue", str)
    if data_type is None or (string is None) == (binary is None):
        raise UsageError("a message attribute needs a dataType, and a stringValue or a binaryValue")
    if binary is None:
        return MessageAttribute(data_type=data_type, string_value=string)
    try:
        return MessageAttribute(data_type=data_type, binary_value=base64.b64decode(binary))
    except (binascii.Error, ValueError):
        raise UsageError(f"binaryValue must be base64, not {binary[:40]!r}") from None
