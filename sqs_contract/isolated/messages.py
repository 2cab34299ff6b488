"""What is said between a verification and its worker: requests and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.backends.endpoints import PlayedOnEndpoint
from sqs_contract.backends.run import Run
from sqs_contract.bodies.source import Bodies
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.scenario import Scenario
from sqs_contract.stage.world import Variant
from sqs_contract.targets.program import ProgramSpec
from sqs_contract.world.effects import Tree

DISCONNECTED: Final = 77
"""The exit status of a worker that finds its connection closed by the handler."""


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
    """Play a scenario; `deaths` says, by number, which invocations end their process.

    Attributes:
        endpoint: where its queues are too, if they are anywhere, and what that is called.
    """

    scenario: Scenario
    variant: Variant
    receives_max: int
    observing: bool
    one_by_one: bool
    deaths: Mapping[int, Death] = field(default_factory=dict)
    endpoint: tuple[Endpoint, str] | None = None


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
    asks_for_time: bool
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
    there: PlayedOnEndpoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Before it answers, a worker asks for something of the endpoint: a method, its arguments."""

    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer to that, or the one line why there is none."""

    answer: Any = None
    wrong: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What the user gave is wrong: a `UsageError`."""

    message: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of our own, with its traceback."""

    text: str
