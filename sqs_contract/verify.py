"""Verifying a contract: explore, play, judge, and put the report together.

Bounded by counts, so that the same seed gives the same report on any machine;
only a budget bounds it by time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqs_contract.backends.run import Run
from sqs_contract.bodies.source import Bodies
from sqs_contract.clauses import CLAUSES
from sqs_contract.clauses.verdict import PoisonPolicy
from sqs_contract.endpoints.connection import Connection
from sqs_contract.errors import UsageError
from sqs_contract.examining import Examiner
from sqs_contract.explore import systematic
from sqs_contract.explore.cases import Cases, find_poison, prepare_cases
from sqs_contract.explore.drawing import search
from sqs_contract.explore.full_batch import full_batch
from sqs_contract.explore.pairs import PAIRS_MAX, Call, Played, all_pairs, calls_in
from sqs_contract.explore.plans import Pool
from sqs_contract.explore.rivals import rival_of
from sqs_contract.on_deployed import play_found
from sqs_contract.on_endpoint import Setup
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Plays
from sqs_contract.playing import playing, reaching
from sqs_contract.remarks import notes_on_bodies, notes_on_run
from sqs_contract.request import Request
from sqs_contract.results import (
    Coverage,
    EndpointReport,
    Report,
)
from sqs_contract.scenario import CALL_FAULTS, FaultKind, Scenario, ScenarioMessage
from sqs_contract.settings_clause import Watch
from sqs_contract.sharing import choose_sharing
from sqs_contract.world.clock import real_monotonic

SEARCHES_MAX: Final = 6
"""Searches after the first: each ends at a bug not known before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a verification stands: what it does, how far it is, what it has found."""

    phase: str
    done: int
    total: int | None
    found: tuple[str, ...] = ()


Listener = Callable[[Progress], None]


def verify(request: Request, listener: Listener | None = None) -> Report:
    """Verify a handler.

    Raises:
        UsageError: something the user gave is wrong.
    """
    watch = Watch()
    try:
        # The endpoint comes first: if it does not answer, nothing is explored in vain.
        with reaching(request) as connection, playing(request) as player:
            bodies = player.load_bodies(request.bodies)
            listener = listener or _nobody
            return _Verification(request, player, bodies, watch, listener, connection).report()
    except UsageError as error:
        # What a template leaves open may be why the handler cannot be imported.
        detail = "\n".join([*error.detail.splitlines(), *request.notes])
        raise UsageError(str(error), detail=detail) from None


def _nobody(_: Progress) -> None: ...


class _Verification:
    """One verification under way."""

    def __init__(
        self,
        request: Request,
        player: Plays,
        bodies: Bodies,
        watch: Watch,
        listener: Listener,
        connection: Connection | None = None,
    ) -> None:
        self._started = real_monotonic()
        self._request = request
        self._connection = connection
        self._player = player
        self._bodies = bodies
        self._listener = listener
        self._watch = watch
        self._clauses = [
            clause
            for clause in CLAUSES.values()
            if clause.is_due(request.clauses, fifo=request.deployment.queue.fifo)
        ]
        # What is shared decides what golden runs come to.
        choose_sharing(player, request.deployment, bodies.examples, request.seed)
        self._oracle = Oracle(Golden(player, request.deployment, request.seed))
        self._examiner = Examiner(request, player, self._oracle, self._clauses, watch)
        self._explored = 0
        self._usual: dict[str, frozenset[Call]] = {}
        self._singles: list[Played] = []
        self._copies: list[Played] = []

    def report(self) -> Report:
        request = self._request
        self._tell("trying the bodies", 0, None)
        cases = prepare_cases(self._oracle, self._bodies, request.seed, self._out_of_time)
        coverage = self._explore_systematically(cases)
        coverage = self._explore_pairs(coverage)
        coverage = self._explore_at_random(cases, coverage)
        golden, bodies, late = self._oracle.golden, self._bodies.examples, self._out_of_time()
        return Report(
            target=str(request.program.handler),
            request=request,
            deployment=request.deployment,
            seed=request.seed,
            clauses=(
                *(self._examiner.result(clause, cases) for clause in self._clauses),
                *self._watch.judge(request, self._player, golden, cases, bodies, late=late),
            ),
            coverage=coverage,
            notes=tuple(self._notes(cases)),
            endpoint=self._on_endpoint(cases),
            seconds=real_monotonic() - self._started,
        )

    def _on_endpoint(self, cases: Cases) -> EndpointReport | None:
        """What was found, played on an endpoint too."""
        if self._connection is None:
            return None
        setup = Setup(
            player=self._player,
            connection=self._connection,
            oracle=self._oracle,
            clauses=self._clauses,
            listener=partial(self._tell, f"on {self._connection.name}"),
        )
        explored = None if self._gave_up else cases
        return play_found(setup, explored, self._examiner.findings, self._request)

    def _explore_systematically(self, cases: Cases) -> Coverage:
        """Every single fault, the likeliest to be a bug first; poison is tried in between."""
        planned = list(self._faults_without_poison(cases))
        explored = self._examine_all(planned)
        cases.poison += find_poison(self._oracle, cases) if not self._out_of_time() else ()
        rest = list(self._poison_and_calls(cases))
        planned += rest
        explored += self._examine_all(rest)
        single = [scenario for scenario in planned if scenario.faults]
        return Coverage(
            scenarios=explored,
            single_faults=len(single),
            single_faults_explored=sum(bool(item.faults) for item in planned[:explored]),
        )

    def _faults_without_poison(self, cases: Cases) -> Iterator[Scenario]:
        deployment, seed = self._request.deployment, self._request.seed
        yield from systematic.plain_scenarios(cases, deployment, seed)
        if self._player.warm_only is None:
            yield from systematic.sandbox_scenarios(cases, deployment, seed)
        yield from systematic.delivery_scenarios(cases, deployment, seed)
        for group in cases.groups:
            plain = self._plain_run(group[:1])
            self._usual[group[0].name] = calls_in(plain.events)
            yield from systematic.call_scenarios(group[:1], plain, deployment, seed)
            if group is cases.groups[0]:
                yield from systematic.failing_at_the_last_receive(
                    group[:1], plain, deployment, seed
                )
            if self._overlaps:
                rival = rival_of(self._oracle, group)
                yield from systematic.overlap_scenarios(group[0], rival, plain, deployment, seed)

    def _poison_and_calls(self, cases: Cases) -> Iterator[Scenario]:
        deployment, seed = self._request.deployment, self._request.seed
        if full := full_batch(self._oracle, cases.healthy, deployment.mapping.batch_size):
            yield Scenario(messages=full, deployment=deployment, seed=seed)
        yield from systematic.poison_scenarios(cases, deployment, seed)
        for messages in self._behind_poison(cases):
            plain = self._plain_run(messages)
            yield from systematic.failing_beside_poison(messages, plain, deployment, seed)
        for group in cases.groups:
            if len(group) > 1:
                plain = self._plain_run(group)
                yield from systematic.call_scenarios(group, plain, deployment, seed)
        if self._player.asks_for_time or any(clause.id == "deadline" for clause in self._clauses):
            for group in cases.groups:
                first = self._oracle.golden.solo(group[0]).calls
                yield from systematic.deadline_scenarios(
                    group, first, self._plain_run(group), deployment, seed
                )

    def _behind_poison(self, cases: Cases) -> Iterator[tuple[ScenarioMessage, ...]]:
        """Healthy messages behind one that is refused, and behind one that is dropped."""
        if self._request.deployment.mapping.batch_size == 1:
            return
        solo = self._oracle.golden.solo
        ways = {solo(message).accepted: message for message in reversed(cases.poison)}
        for group in cases.groups[:1]:
            for poison in ways.values():
                yield (poison, *group[:2])

    def _plain_run(self, messages: Sequence[ScenarioMessage]) -> Run:
        deployment, seed = self._request.deployment, self._request.seed
        plain = Scenario(messages=tuple(messages), deployment=deployment, seed=seed)
        return self._player.play(plain, observing=False)

    @property
    def _overlaps(self) -> bool:
        """Whether two invocations may run at once, and can here."""
        reserved = self._request.deployment.function.reserved_concurrency
        return reserved != 1 and self._player.can_overlap

    def _examine_all(self, scenarios: Sequence[Scenario], phase: str = "single faults") -> int:
        """Examine scenarios in turn; returns how many the budget allowed."""
        for number, scenario in enumerate(scenarios):
            if self._out_of_time():
                return number
            self._tell(phase, number, len(scenarios))
            run = self._examiner.examine(scenario)
            struck = [fault.kind in CALL_FAULTS for fault in scenario.faults]
            if len(scenario.messages) == 1 and len(struck) == 1:
                if struck == [True]:
                    self._singles.append((scenario, run.events))
                elif scenario.faults[0].kind is FaultKind.OVERLAPPED:
                    self._copies.append((scenario, run.events))
        return len(scenarios)

    def _explore_pairs(self, coverage: Coverage) -> Coverage:
        """A second fault where the first one led to, for the first message of each group."""
        planned = list(all_pairs(self._copies, self._singles, self._usual))
        explored = self._examine_all(planned[:PAIRS_MAX], "pairs of faults")
        return coverage.with_pairs(len(planned), explored)

    def _explore_at_random(self, cases: Cases, coverage: Coverage) -> Coverage:
        request = self._request
        if not cases.healthy and not cases.poison:
            return coverage
        pool = Pool(
            healthy=cases.healthy,
            poison=cases.poison,
            sites=self._sites(cases),
            overlaps=self._overlaps,
        )
        self._explored = 0
        left = request.max_examples
        for round_number in range(SEARCHES_MAX + 1):
            if left <= 0 or self._out_of_time():
                break
            before = self._explored
            found = search(
                self._breaks_something_new,
                pool,
                request.deployment,
                bodies=self._bodies.strategy,
                seed=request.seed + round_number,
                max_examples=left,
                reaches=self._oracle.golden.reaches_the_handler,
                out_of_time=self._out_of_time,
            )
            left -= self._explored - before
            if found is None:
                break
            self._examiner.examine(found)
        return coverage.with_drawn(self._explored)

    def _breaks_something_new(self, scenario: Scenario) -> bool:
        self._explored += 1
        self._tell("several faults", self._explored, None)
        return bool(self._examiner.suspects(scenario)[1])

    def _sites(self, cases: Cases) -> Sequence[str]:
        labels = {
            label: None
            for message in cases.healthy
            for label in self._oracle.golden.solo(message).calls
        }
        return tuple(labels)

    def _notes(self, cases: Cases) -> Iterator[str]:
        if self._bodies.found:
            yield f"bodies: {self._bodies.found}"
        yield from self._request.notes
        if self._request.poison is PoisonPolicy.NONE:
            cases = replace(cases, refused=0)  # told as violations
        yield from notes_on_run(self._player, cases, self._oracle.golden.looks.ignored)
        if not self._out_of_time():
            yield from notes_on_bodies(self._oracle, cases, self._bodies.examples)

    def _out_of_time(self) -> bool:
        if self._gave_up:
            return True
        budget = self._request.budget_s
        return budget is not None and real_monotonic() - self._started > budget

    @property
    def _gave_up(self) -> bool:
        return self._player.has_had_enough

    def _tell(self, phase: str, done: int, total: int | None) -> None:
        found = tuple(dict.fromkeys(item.violation.clause for item in self._examiner.findings))
        self._listener(Progress(phase=phase, done=done, total=total, found=found))
