"""What playing a scenario came to: the history, the worlds, the fates."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqs_contract.history import Event, Fate
from sqs_contract.scenario import Scenario
from sqs_contract.world.effects import Tree


@dataclass(slots=True, kw_only=True)
class Run:
    """What a scenario came to.

    Attributes:
        events: the history.
        worlds: what the world looked like before the first invocation, and
            after each; empty where nobody looked.
        lenient_worlds: by the same index, the world without what may have been
            doubled by a transport that delivers at least once.
        fates: where each message ended.
    """

    scenario: Scenario
    events: list[Event] = field(default_factory=list)
    worlds: list[Tree] = field(default_factory=list)
    lenient_worlds: dict[int, Tree] = field(default_factory=dict)
    fates: dict[str, Fate] = field(default_factory=dict)
