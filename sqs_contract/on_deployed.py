"""What exploration found, played again on an endpoint: here those with the function deployed."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from sqs_contract.backends.endpoints import PlayedOnEndpoint
from sqs_contract.backends.run import Run
from sqs_contract.clauses import response_shape
from sqs_contract.clauses.verdict import PoisonPolicy
from sqs_contract.deployed.orders import Deployed, choose, left_out, why_not
from sqs_contract.deployed.playing import PlayedDeployed
from sqs_contract.deployed.side_by_side import play_side_by_side
from sqs_contract.endpoints.connection import Connection
from sqs_contract.errors import UsageError
from sqs_contract.explore.cases import Cases
from sqs_contract.history import Fate, Invoked
from sqs_contract.on_endpoint import Setup, Tally, choose_scenarios, play_scenarios
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Player
from sqs_contract.request import Request
from sqs_contract.results import DeployedOutcome, EndpointReport, Finding
from sqs_contract.scenario import Scenario

UNSEEN: Final = (
    "holds other effects after plain delivery than moto does, in its DynamoDB tables and S3 "
    "buckets: what the handler does there is not judged"
)
NEEDS_NO_EFFECTS: Final = frozenset({response_shape.ID})


def play_found(
    setup: Setup, cases: Cases | None, findings: Sequence[Finding], request: Request
) -> EndpointReport:
    """Play what was found on an endpoint, with the function deployed there if that was asked for;
    nothing where there are no cases."""
    base = Scenario(messages=(), deployment=request.deployment, seed=request.seed)
    if request.endpoint is None or request.endpoint.deployed is None:
        scenarios = [] if cases is None else choose_scenarios(cases, findings, base)
        return play_scenarios(setup, scenarios, findings, request.poison)
    if cases is None:
        return play_deployed(setup, [], findings, request.poison)
    found = [finding.scenario for finding in findings]
    others = choose_scenarios(cases, (), base)
    report = play_deployed(setup, choose(cases, found, base), findings, request.poison)
    return dataclasses.replace(report, left_out=left_out(found, others))


def play_deployed(
    setup: Setup, items: Sequence[Deployed], findings: Sequence[Finding], poison: PoisonPolicy
) -> EndpointReport:
    """Play scenarios with the function deployed, the plain one first: where that leaves other
    effects than here, effects there say nothing about the handler.

    Raises:
        UsageError: the endpoint does not answer any more, or the function cannot be deployed.
    """
    assert isinstance(setup.player, Player), "a deployed function runs in no process here"
    tally = Tally(setup.oracle, setup.clauses)
    setup.listener(0, len(items))
    results = play_side_by_side(
        setup.connection,
        setup.player,
        items,
        listener=lambda done: setup.listener(done, len(items)),
    )
    only: frozenset[str] | None = NEEDS_NO_EFFECTS
    for item, played in zip(items, results, strict=True):
        if played is None:
            continue
        tally.note(played.skipped_ms)
        claims: tuple[tuple[str, str], ...] = ()
        if played.run is not None and played.differs is None:
            if item is items[0]:
                only = None if shows_effects(tally.analyse(played.run)) else NEEDS_NO_EFFECTS
                if only is not None:
                    tally.differs(item.scenario, UNSEEN)
            broken = tally.judge(played.run, findings, poison, only)
            claims = tuple((violation.clause, violation.claim) for violation in broken)
        else:
            tally.differs(item.scenario, str(played.differs))
        tally.deployed.append(_outcome(setup.player, item, played, claims))
    timeout_s = max((played.timeout_s for played in results if played is not None), default=0)
    report = tally.report(setup.connection, len(items), findings)
    return dataclasses.replace(report, timeout_s=timeout_s)


def _outcome(
    player: Player, item: Deployed, played: PlayedDeployed, claims: tuple[tuple[str, str], ...]
) -> DeployedOutcome:
    model = player.play(item.scenario, observing=False)
    return DeployedOutcome(
        told=item.told,
        there="not told" if played.run is None else in_short(played.run),
        model=in_short(model),
        differs=played.differs,
        claims=claims,
    )


def replay_deployed(
    player: Player, connection: Connection, scenario: Scenario, oracle: Oracle
) -> PlayedOnEndpoint:
    """Play one scenario with the function deployed, and its messages without faults before it.

    Raises:
        UsageError: the scenario cannot be played so, or says nothing about the handler there.
    """
    reason = why_not(scenario)
    if reason is not None:
        raise UsageError(f"replay: the scenario cannot be played with --deployed: {reason}")
    plain = Deployed(scenario=dataclasses.replace(scenario, faults=()))
    first, played = play_side_by_side(
        connection, player, [plain, Deployed(scenario=scenario)], seconds_max=math.inf
    )
    assert first is not None, "there is time for both"
    assert played is not None, "there is time for both"
    if first.run is not None and first.differs is None:
        tally = Tally(oracle, ())
        if not shows_effects(tally.analyse(first.run)):
            first = dataclasses.replace(first, differs=UNSEEN)
    if first.differs is not None:
        played = first
    return PlayedOnEndpoint(
        run=played.run if played.differs is None else None,
        differs=played.differs,
        remarks=(),
        skipped_ms=played.skipped_ms,
        timeout_s=played.timeout_s,
    )


def shows_effects(analysis: Analysis) -> bool:
    """Whether a plain run there left what a plain run leaves here."""
    return any(analysis.acknowledged <= done for done in analysis.final_explanations)


_FATES: Final = {Fate.FILTERED: "filtered out", Fate.DEDUPLICATED: "taken for a duplicate"}


def in_short(run: Run) -> str:
    """Where the messages of a run ended, and at which receive."""
    receives: Counter[str] = Counter()
    for event in run.events:
        if isinstance(event, Invoked):
            for record in event.records:
                receives[record.message] = max(receives[record.message], record.receive_count)
    groups: dict[str, list[str]] = {}
    for message in run.scenario.messages:
        fate = run.fates.get(message.name, Fate.WAITING)
        told = _FATES.get(fate, f"{fate.value} at receive {receives[message.name]}")
        groups.setdefault(told, []).append(message.name)
    return ", ".join(f"{' '.join(names)} {told}" for told, names in groups.items())
