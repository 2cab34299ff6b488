"""What is said between a verification and its worker: requests, answers, and how they are sent."""

from __future__ import annotations

import copyreg
import io
import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import read, write
from types import MappingProxyType
from typing import Any, Final

from sqs_contract.backends.run import Run
from sqs_contract.bodies.source import Bodies
from sqs_contract.deployment import Deployment
from sqs_contract.scenario import Scenario
from sqs_contract.stage.world import Variant
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.world.effects import Tree

LENGTH: Final = struct.Struct("=Q")
CHUNK: Final = 1 << 20
DISCONNECTED: Final = 77
"""The exit status of a worker that finds its connection closed by the handler."""


class Closed(Exception):
    """The other side is gone, or what it sent makes no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How an invocation ended its process, so that it can be played again.

    Attributes:
        calls: how many calls to the outside had come back by then.
        signal: the signal's name, in small letters; `None` where it did not end by itself.
    """

    calls: int
    signal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """Enter a world and import the program in it."""

    spec: ProgramSpec
    deployment: Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play a scenario; `deaths` says, by number, which invocations end their process."""

    scenario: Scenario
    variant: Variant
    receives_max: int
    observing: bool
    one_by_one: bool
    deaths: Mapping[int, Death] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Let handler and effects share the modules both need, or not."""

    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Read bodies."""

    given: Any


Request = Enter | Play | Share | Load


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a worker's player knows, as `player.Plays` has it."""

    overlaps: bool
    shows_effects: bool
    warm_only: str | None
    hung: tuple[str, ...]
    refused: tuple[str, ...]
    site_notes: tuple[str, ...]
    not_made: tuple[str, ...]
    printed: str
    uses_aws: bool
    baseline: Mapping[str, Tree] | None
    """`None` where it is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A request was done."""

    state: State
    run: Run | None = None
    bodies: Bodies | None = None
    """`None` where they are a strategy, which cannot be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What the user gave is wrong: a `UsageError`."""

    message: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of our own, with its traceback."""

    text: str


class _Pickler(pickle.Pickler):
    """Writes down the mappings that nobody may change, too."""

    dispatch_table: Mapping[Any, Any] = {
        **copyreg.dispatch_table,
        MappingProxyType: lambda proxy: (_read_only, (dict(proxy),)),
    }


def _read_only(data: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(data)


def send(descriptor: int, message: object) -> None:
    """Send a message.

    Raises:
        Closed: the other side is gone.
    """
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(message)
    data = buffer.getvalue()
    rest = memoryview(LENGTH.pack(len(data)) + data)
    try:
        while rest:
            rest = rest[write(descriptor, rest[:CHUNK]) :]
    except OSError:
        raise Closed from None


def receive(descriptor: int) -> Any:
    """Wait for a message.

    Raises:
        Closed: the other side is gone.
    """
    (size,) = LENGTH.unpack(_exactly(descriptor, LENGTH.size))
    return pickle.loads(_exactly(descriptor, size))


def _exactly(descriptor: int, size: int) -> bytes:
    data = bytearray()
    try:
        while len(data) < size:
            part = read(descriptor, min(size - len(data), CHUNK))
            if not part:
                raise Closed
            data += part
    except OSError:
        raise Closed from None
    return bytes(data)
