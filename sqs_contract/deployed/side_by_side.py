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
    steps: Steps[PlayedDeployed] | None = None


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
    results: list[PlayedDeployed | None] = [None] * len(items)
    places = _places(connection, player, items) if items else []
    waiting = list(range(len(items)))
    started = real_monotonic()

    def begin_next(place: _Place) -> None:
        slower = max(place.function.visibility_s / VISIBILITY_S, 1)
        left_s = seconds_max * slower - (real_monotonic() - started)
        for number in waiting:
            if number == 0 or _expected_s(place, items[number]) <= left_s:
                waiting.remove(number)
                place.number, place.steps = number, place.function.steps(items[number])
                return

    while True:
        for place in places:
            if place.steps is None:
                begin_next(place)
            if place.steps is None:
                continue
            try:
                next(place.steps)
            except StopIteration as ended:
                results[place.number] = ended.value
                listener(sum(result is not None for result in results))
                place.steps = None
                begin_next(place)
        if all(place.steps is None for place in places):
            return results
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


def _expected_s(place: _Place, item: Deployed) -> float:
    """How long a scenario may take, by how often its messages are to come again."""
    scenario = item.scenario
    again = len(scenario.faults)
    if any(message.note for message in scenario.messages):
        again += scenario.deployment.queue.max_receive_count or 1
    return _OVERHEAD_S + again * (place.function.visibility_s + 1)
