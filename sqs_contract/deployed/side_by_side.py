"""Plays scenarios with the function deployed, several at once where the endpoint keeps accounts apart:
each then has a function, queues, tables and buckets of its own, under the same names.

Most of the time of a scenario is spent waiting for a visibility timeout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqs_contract.deployed.looking import Looking
from sqs_contract.deployed.orders import Deployed
from sqs_contract.deployed.playing import (
    CHECK_S,
    VISIBILITY_S,
    DeployedFunction,
    PlayedDeployed,
    Steps,
    package_of,
)
from sqs_contract.deployed.queues import account_of
from sqs_contract.endpoints.connection import Connection
from sqs_contract.history import Invoked, Redriven
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.player import Player
from sqs_contract.world.clock import real_monotonic, real_sleep

SECONDS_MAX: Final = 45.0
"""No scenario is begun that would last longer than this from the first one on, by what is known
of it beforehand. A verification is to take a minute at the most."""

_OVERHEAD_S: Final = 4.0
"""Assumption: what a scenario takes beside its visibility timeouts, to make things and to settle."""


@dataclass(slots=True)
class _Place:
    """An account in which one scenario after the other is played."""

    function: DeployedFunction
    number: int = -1
    visibility_s: int = VISIBILITY_S
    steps: Steps[PlayedDeployed] | None = None


class _UnderWay:
    """What is being played, and what is still to be.

    Args:
        items: the scenarios.
        receives: how often a message of each comes at the most.
        given_s: how long visibility timeouts are to last; 0 where nobody said.
        seconds_max: after which no scenario is to be under way.
    """

    def __init__(
        self, items: Sequence[Deployed], receives: Sequence[int], given_s: int, seconds_max: float
    ) -> None:
        self.results: list[PlayedDeployed | None] = [None] * len(items)
        self._items = items
        self._receives = receives
        self._given_s = given_s
        self._usual_s = given_s or VISIBILITY_S
        self._bound_s = seconds_max * max(self._usual_s / VISIBILITY_S, 1)
        self._waiting = [(number, self._usual_s) for number in range(len(items))]
        self._started = real_monotonic()

    def go_on(self, place: _Place) -> None:
        """Let the next step of a scenario be made here, or the next scenario begin."""
        if place.steps is None:
            self._begin_next(place)
        if place.steps is None:
            return
        try:
            next(place.steps)
        except StopIteration as ended:
            self._take(place, ended.value)
            self._begin_next(place)

    def _begin_next(self, place: _Place) -> None:
        left_s = self._bound_s - (real_monotonic() - self._started)
        for number, visibility_s in self._waiting:
            expected_s = _OVERHEAD_S + (self._receives[number] - 1) * (visibility_s + 1)
            if expected_s <= left_s or (number == 0 and self.results[0] is None):
                self._waiting.remove((number, visibility_s))
                place.number, place.visibility_s = number, visibility_s
                place.steps = place.function.steps(self._items[number], visibility_s)
                return

    def _take(self, place: _Place, played: PlayedDeployed) -> None:
        self.results[place.number] = played
        place.steps = None
        if played.differs is not None and not self._given_s and place.visibility_s == self._usual_s:
            # It may have been too busy to be in time: once more, with more of it.
            self._waiting.append((place.number, self._usual_s * 2))


def play_side_by_side(
    connection: Connection,
    player: Player,
    items: Sequence[Deployed],
    *,
    listener: Callable[[int], None] = lambda _done: None,
    seconds_max: float = SECONDS_MAX,
) -> list[PlayedDeployed | None]:
    """Play scenarios; what each came to, `None` for those there was no time for.

    Args:
        connection: the endpoint, as the account sees it that was asked for.
        player: plays the same scenarios here.
        items: the scenarios; those that come first are begun first.
        listener: told how many are done.
        seconds_max: after which none is to be under way, unless timeouts last longer than usual.

    Raises:
        UsageError: the endpoint does not answer any more, or the function cannot be deployed.
    """
    if not items:
        return []
    places = _places(connection, player, items)
    receives = [_receives_of(item, player) for item in items]
    given_s = connection.endpoint.real_timeout_s
    under_way = _UnderWay(items, receives, given_s, seconds_max)
    while True:
        for place in places:
            under_way.go_on(place)
            listener(sum(result is not None for result in under_way.results))
        if all(place.steps is None for place in places):
            return under_way.results
        real_sleep(CHECK_S)


def _places(connection: Connection, player: Player, items: Sequence[Deployed]) -> list[_Place]:
    """As many places as are of use."""
    package = package_of(player, connection)
    places = [_Place(DeployedFunction(connection, player, package))]
    if len(items) < 2 or not connection.others:
        return places
    # What this account has made, no other may know of.
    stores, _ = Looking(player, items[0].scenario.seed).fresh()
    connection.make_stores(stores)
    made = connection.create("probe", {})
    if isinstance(made, Refusal):
        return places
    account = account_of(made["arn"])
    others = connection.kept_apart(made["url"].rpartition("/")[2], stores)
    places += [
        _Place(DeployedFunction(other, player, package, seen_as=account))
        for other in others[: len(items) - 1]
    ]
    connection.drop(made["url"])
    return places


def _receives_of(item: Deployed, player: Player) -> int:
    """How often a message comes at the most, on the model."""
    receives = 1
    for event in player.play(item.scenario, observing=False).events:
        if isinstance(event, Invoked):
            receives = max(receives, *(record.receive_count for record in event.records))
        elif isinstance(event, Redriven):
            return receives + 1  # moved when it would come again
    return receives
