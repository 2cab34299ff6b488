"""Finding out whether modules that handler and effects both need are the world."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from sqs_contract.deployment import Deployment
from sqs_contract.oracle.golden import Golden
from sqs_contract.player import Plays
from sqs_contract.scenario import Scenario, message_for

_TRIED: Final = 5


def choose_sharing(player: Plays, deployment: Deployment, bodies: Iterable[str], seed: int) -> None:
    """Give handler and effects a copy each of the modules both need, or let them share.

    If what a message changes is seen even through copies, the state lies
    elsewhere (a database, moto) and the copies are right: module state is then
    a sandbox's own. If not, the modules are the world.

    Raises:
        UsageError: the user's `reset` or `effects` failed.
    """
    if not player.overlaps or not player.shows_effects:
        return
    for body in islice(bodies, _TRIED):
        player.share_world(shared=True)
        before, after = _look(player, deployment, body, seed)
        if before == after:
            continue
        player.share_world(shared=False)
        player.share_world(shared=_look(player, deployment, body, seed) != (before, after))
        return
    player.share_world(shared=True)


def _look(player: Plays, deployment: Deployment, body: str, seed: int) -> tuple[str, str]:
    golden = Golden(player, deployment, seed)
    scenario = Scenario(
        messages=(message_for(deployment.queue, "m1", body),),
        deployment=golden.deployment,
        seed=seed,
    )
    run = player.play(scenario, receives_max=1)
    return golden.looks.text(run.worlds[0]), golden.looks.text(run.worlds[-1])
